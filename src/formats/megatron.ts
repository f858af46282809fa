import type { ByteSource } from "../core/bytes.js";
import { FormatError } from "../core/error.js";

/**
 * The index (`.idx`) of a Megatron dataset, as mindformers/dataset/blended_datasets/indexed_dataset.py writes and
 * reads it.
 * Little-endian, no padding: magic (9 bytes), u64 version 1, u8 type of a token, u64 sequences S, u64 entries D,
 * then S × i32 lengths in tokens, S × i64 byte offsets into `.bin`, D × i64 document ends (0 first, S last), and for
 * multimodal data S × i8 modes. The `.bin` file holds the tokens back to back and nothing else.
 */
export type TokenType = "uint8" | "int8" | "int16" | "int32" | "int64" | "uint16";

export const headerBytes = 34;
const magic = [0x4d, 0x4d, 0x49, 0x44, 0x49, 0x44, 0x58, 0, 0];
/** Entries that are encoded or read at a time. */
const blockEntries = 64 * 1024;

// Codes 6 and 7 are floating-point numbers (and the two readers inside MindFormers disagree which is which): never
// tokens.
const tokenTypes: Readonly<Record<number, { readonly name: TokenType; readonly bytes: number }>> = {
  1: { name: "uint8", bytes: 1 },
  2: { name: "int8", bytes: 1 },
  3: { name: "int16", bytes: 2 },
  4: { name: "int32", bytes: 4 },
  5: { name: "int64", bytes: 8 },
  8: { name: "uint16", bytes: 2 },
};

/** Bytes of one token. */
export function tokenBytes(type: TokenType): number {
  return codeOf(type)[1].bytes;
}

function codeOf(type: TokenType): readonly [code: number, entry: { readonly name: TokenType; readonly bytes: number }] {
  const found = Object.entries(tokenTypes).find(([, { name }]) => name === type) as [
    string,
    { name: TokenType; bytes: number },
  ];
  return [Number(found[0]), found[1]];
}

/** What an index is to say; functions instead of arrays, so that 10^8 sequences need no memory. */
export interface IndexPlan {
  readonly dtype: TokenType;
  readonly sequences: number;
  readonly documents: number;
  /** Tokens of sequence `i`. */
  length(i: number): number;
  /** How many sequences the documents 0 to `i` hold together. */
  documentEnd(i: number): number;
}

/** The first bytes of an index. */
export function encodeMegatronHeader(plan: Pick<IndexPlan, "dtype" | "sequences" | "documents">): Uint8Array {
  const [code] = codeOf(plan.dtype);
  const header = new DataView(new ArrayBuffer(headerBytes));
  magic.forEach((byte, i) => {
    header.setUint8(i, byte);
  });
  header.setBigUint64(9, 1n, true);
  header.setUint8(17, code);
  header.setBigUint64(18, BigInt(plan.sequences), true);
  header.setBigUint64(26, BigInt(plan.documents + 1), true);
  return new Uint8Array(header.buffer);
}

/** The bytes of an index, block by block. */
export function* encodeMegatronIndex(plan: IndexPlan): Generator<Uint8Array> {
  const { bytes } = codeOf(plan.dtype)[1];
  yield encodeMegatronHeader(plan);
  yield* blocks(plan.sequences, 4, (view, at, i) => view.setInt32(at, plan.length(i), true));
  let pointer = 0;
  yield* blocks(plan.sequences, 8, (view, at, i) => {
    view.setBigInt64(at, BigInt(pointer), true);
    pointer += plan.length(i) * bytes;
  });
  yield* blocks(plan.documents + 1, 8, (view, at, i) =>
    view.setBigInt64(at, BigInt(i === 0 ? 0 : plan.documentEnd(i - 1)), true),
  );
}

type WriteEntry = (view: DataView, at: number, i: number) => void;

function* blocks(entries: number, bytes: number, write: WriteEntry): Generator<Uint8Array> {
  for (let start = 0; start < entries; start += blockEntries) {
    const count = Math.min(blockEntries, entries - start);
    const view = new DataView(new ArrayBuffer(count * bytes));
    for (let i = 0; i < count; i++) write(view, i * bytes, start + i);
    yield new Uint8Array(view.buffer);
  }
}

/** An index whose every entry has been checked. */
export interface MegatronIndex {
  readonly dtype: TokenType;
  readonly sequences: number;
  readonly documents: number;
  readonly tokens: number;
  /** Bytes that `.bin` must have. */
  readonly binBytes: number;
  /** Tokens of every sequence, if they all have the same number. */
  readonly uniformLength: number | undefined;
}

/**
 * Reads and checks a whole index in constant memory. Throws MEGATRON_INDEX_INVALID with the offset of the first thing
 * that is wrong.
 */
export async function readMegatronIndex(source: ByteSource): Promise<MegatronIndex> {
  const { dtype, sequences, documents } = await readHeader(source);
  const start = {
    lengths: headerBytes,
    pointers: headerBytes + 4 * sequences,
    documents: headerBytes + 12 * sequences,
  };
  const checked = await checkSequences(source, { sequences, start, bytes: tokenBytes(dtype) });
  await checkDocuments(source, { sequences, entries: documents + 1, start: start.documents });
  return { dtype, sequences, documents, ...checked };
}

/** One entry of a checked index: `length` in tokens, `offset` in bytes into `.bin`. */
export async function readIndexEntry(
  source: ByteSource,
  { sequences }: Pick<MegatronIndex, "sequences">,
  i: number,
): Promise<{ readonly length: number; readonly offset: number }> {
  const [lengthAt, pointerAt] = [headerBytes + 4 * i, headerBytes + 4 * sequences + 8 * i];
  const length = view(await source.slice(lengthAt, lengthAt + 4)).getInt32(0, true);
  return { length, offset: Number(view(await source.slice(pointerAt, pointerAt + 8)).getBigInt64(0, true)) };
}

/**
 * What is needed to find sequences: four bytes per sequence. Checks the header and the lengths; offsets and documents
 * are not read.
 */
export async function readMegatronLengths(
  source: ByteSource,
): Promise<Pick<MegatronIndex, "dtype" | "sequences"> & { readonly lengths: Int32Array }> {
  const { dtype, sequences } = await readHeader(source);
  const lengths = new Int32Array(sequences);
  for (let block = 0; block < sequences; block += 256 * blockEntries) {
    const end = Math.min(sequences, block + 256 * blockEntries);
    const part = view(await source.slice(headerBytes + 4 * block, headerBytes + 4 * end));
    for (let i = block; i < end; i++) {
      const length = part.getInt32(4 * (i - block), true);
      if (length < 0)
        throw invalid(source, headerBytes + 4 * i, `sequence ${i}: expected a length of 0 or more, found ${length}`);
      lengths[i] = length;
    }
  }
  return { dtype, sequences, lengths };
}

/** The ids in a stretch of `.bin`. */
export function decodeTokens(bytes: Uint8Array, type: TokenType): number[] {
  const data = view(bytes);
  const size = tokenBytes(type);
  const read: Readonly<Record<TokenType, (at: number) => number>> = {
    uint8: (at) => data.getUint8(at),
    int8: (at) => data.getInt8(at),
    int16: (at) => data.getInt16(at, true),
    uint16: (at) => data.getUint16(at, true),
    int32: (at) => data.getInt32(at, true),
    int64: (at) => Number(data.getBigInt64(at, true)),
  };
  return Array.from({ length: Math.floor(bytes.byteLength / size) }, (_, i) => read[type](i * size));
}

async function readHeader(source: ByteSource): Promise<{ dtype: TokenType; sequences: number; documents: number }> {
  const size = source.byteLength;
  if (size < headerBytes) throw invalid(source, size, `expected a header of ${headerBytes} bytes, found ${size} bytes`);
  const header = view(await source.slice(0, headerBytes));
  const wrong = magic.findIndex((byte, i) => header.getUint8(i) !== byte);
  if (wrong >= 0)
    throw invalid(source, wrong, `expected it to begin with "MMIDIDX" and two zero bytes, found ${hex(header, 9)}`);
  const version = header.getBigUint64(9, true);
  if (version !== 1n) throw invalid(source, 9, `expected version 1, found ${version}`);
  const code = header.getUint8(17);
  const type = tokenTypes[code];
  if (!type) throw invalid(source, 17, `expected a token type of ${Object.keys(tokenTypes).join(", ")}, found ${code}`);
  const sequences = header.getBigUint64(18, true);
  const entries = header.getBigUint64(26, true);
  if (entries === 0n) throw invalid(source, 26, "expected at least 1 document entry, found 0");
  const expected = BigInt(headerBytes) + 12n * sequences + 8n * entries;
  if (expected !== BigInt(size) && expected + sequences !== BigInt(size)) {
    const sum = `${headerBytes} + 12 × ${sequences} + 8 × ${entries} = ${expected}`;
    throw invalid(source, expected > BigInt(size) ? size : Number(expected), `expected ${sum} bytes, found ${size}`);
  }
  return { dtype: type.name, sequences: Number(sequences), documents: Number(entries) - 1 };
}

interface SequencePart {
  readonly sequences: number;
  readonly bytes: number;
  readonly start: { readonly lengths: number; readonly pointers: number };
}

type CheckedSequences = Pick<MegatronIndex, "tokens" | "binBytes" | "uniformLength">;

async function checkSequences(
  source: ByteSource,
  { sequences, bytes, start }: SequencePart,
): Promise<CheckedSequences> {
  let pointer = 0;
  let first: number | undefined;
  let uniform = true;
  for (let block = 0; block < sequences; block += blockEntries) {
    const end = Math.min(sequences, block + blockEntries);
    const lengths = view(await source.slice(start.lengths + 4 * block, start.lengths + 4 * end));
    const pointers = view(await source.slice(start.pointers + 8 * block, start.pointers + 8 * end));
    for (let i = block; i < end; i++) {
      const length = lengths.getInt32(4 * (i - block), true);
      const found = pointers.getBigInt64(8 * (i - block), true);
      if (length < 0)
        throw invalid(source, start.lengths + 4 * i, `sequence ${i}: expected a length of 0 or more, found ${length}`);
      if (found !== BigInt(pointer))
        throw invalid(
          source,
          start.pointers + 8 * i,
          `sequence ${i}: expected to start at byte ${pointer}, found ${found}`,
        );
      pointer += length * bytes;
      first ??= length;
      uniform &&= length === first;
    }
  }
  return { tokens: pointer / bytes, binBytes: pointer, uniformLength: uniform ? first : undefined };
}

async function checkDocuments(
  source: ByteSource,
  { sequences, entries, start }: { readonly sequences: number; readonly entries: number; readonly start: number },
): Promise<void> {
  let previous = 0n;
  for (let block = 0; block < entries; block += blockEntries) {
    const end = Math.min(entries, block + blockEntries);
    const part = view(await source.slice(start + 8 * block, start + 8 * end));
    for (let i = block; i < end; i++) {
      const found = part.getBigInt64(8 * (i - block), true);
      const last = i === entries - 1;
      const wanted = i === 0 ? "0" : last ? `${sequences}` : `${previous} to ${sequences}`;
      const good =
        found >= previous &&
        found <= BigInt(sequences) &&
        (i > 0 || found === 0n) &&
        (!last || found === BigInt(sequences));
      if (!good) throw invalid(source, start + 8 * i, `document entry ${i}: expected ${wanted}, found ${found}`);
      previous = found;
    }
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(data: DataView, count: number): string {
  return Array.from({ length: count }, (_, i) => data.getUint8(i).toString(16).padStart(2, "0")).join(" ");
}

function invalid(source: ByteSource, offset: number, found: string): FormatError {
  return new FormatError("MEGATRON_INDEX_INVALID", `index ${source.name}, offset ${offset}: ${found}`, {
    hint: "run prepareData again, or copy the file again from its source",
    file: source.name,
    offset,
  });
}
