import type { ByteSource } from "../../core/bytes.js";
import { headerBytes, type MegatronIndex, type TokenType, tokenBytes } from "../../formats/megatron.js";
import type { MegatronSources } from "./megatron-files.js";

/** Token ids as they are stored. */
export type TokenArray = Int32Array | Uint16Array | Int16Array | Uint8Array | Int8Array | BigInt64Array;

/** Consecutive sequences with their tokens back to back. */
export interface TokenBlock {
  /** Number of the first sequence. */
  readonly first: number;
  /** Tokens of each sequence. */
  readonly lengths: Int32Array;
  readonly ids: TokenArray;
}

/** Tokens that can be gone through from the beginning to the end, in memory that does not grow with them. */
export interface TokenStream {
  readonly sequences: number;
  /** Sequences; a sequence that is longer than a block is a block of its own. */
  blocks(): AsyncGenerator<TokenBlock>;
  /** For each document in turn, how many sequences it and all before it hold; undefined if every sequence is one. */
  documentEnds?(): AsyncGenerator<BigInt64Array>;
}

const arrays = {
  int32: Int32Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int64: BigInt64Array,
} as const satisfies Record<TokenType, unknown>;

/**
 * The bytes as numbers, without a copy where they lie at a multiple of the number's size (little-endian machines, as
 * all that Node runs on).
 */
export function tokenArray(bytes: Uint8Array, type: TokenType): TokenArray {
  const aligned = bytes.byteOffset % tokenBytes(type) === 0 ? bytes : new Uint8Array(bytes);
  return new arrays[type](aligned.buffer as ArrayBuffer, aligned.byteOffset, bytes.byteLength / tokenBytes(type));
}

/** Bytes of `.bin` in a block. */
const blockBytes = 4 * 1024 * 1024;
/** Index entries that are read at a time. */
const indexEntries = 64 * 1024;

/** The sequences of a Megatron dataset whose index has been checked. */
export async function* megatronBlocks(
  { idx, bin }: MegatronSources,
  { sequences, dtype }: Pick<MegatronIndex, "sequences" | "dtype">,
): AsyncGenerator<TokenBlock> {
  const size = tokenBytes(dtype);
  let offset = 0;
  for (let start = 0; start < sequences; start += indexEntries) {
    const end = Math.min(sequences, start + indexEntries);
    const bytes = await idx.slice(headerBytes + 4 * start, headerBytes + 4 * end);
    const lengths = tokenArray(bytes, "int32") as Int32Array;
    let first = 0;
    while (first < lengths.length) {
      let last = first;
      let tokens = 0;
      while (last < lengths.length && (last === first || (tokens + (lengths[last] as number)) * size <= blockBytes))
        tokens += lengths[last++] as number;
      const ids = tokenArray(await bin.slice(offset, offset + tokens * size), dtype);
      yield { first: start + first, lengths: lengths.subarray(first, last), ids };
      offset += tokens * size;
      first = last;
    }
  }
}

/** The document ends of a checked index, without the 0 before them. */
export async function* megatronDocumentEnds(
  idx: ByteSource,
  { sequences, documents }: Pick<MegatronIndex, "sequences" | "documents">,
): AsyncGenerator<BigInt64Array> {
  const at = headerBytes + 12 * sequences + 8;
  for (let start = 0; start < documents; start += indexEntries) {
    const end = Math.min(documents, start + indexEntries);
    yield tokenArray(await idx.slice(at + 8 * start, at + 8 * end), "int64") as BigInt64Array;
  }
}

export function megatronStream(
  sources: MegatronSources,
  index: Pick<MegatronIndex, "sequences" | "documents" | "dtype">,
): TokenStream {
  return {
    sequences: index.sequences,
    blocks: () => megatronBlocks(sources, index),
    documentEnds: () => megatronDocumentEnds(sources.idx, index),
  };
}
