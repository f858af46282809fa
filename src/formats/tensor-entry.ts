import type { ByteSource } from "../core/bytes.js";
import { FormatError } from "../core/error.js";
import { formatBytes, formatCount } from "../core/units.js";
import { decodeElements, type ElementType, type TensorValues } from "./dtype.js";

/** One tensor inside a file of any format, as the file's header describes it. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: ElementType;
  /** Row-major; empty for a single value. */
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
  /** Position of the first byte in the file. */
  readonly start: number;
  /**
   * Set if the data are not in one piece: start and length of each piece, in order. `.ckpt` cuts tensors above 512
   * MiB.
   */
  readonly pieces?: readonly (readonly [start: number, bytes: number])[];
}

/**
 * Bytes `from` to `to` of a tensor's data, little-endian and row-major; default: all of them. `range.target` takes
 * them if it is given: exactly as many bytes, so that a long scan needs no new memory for each part.
 */
export async function readTensorBytes(
  source: ByteSource,
  entry: TensorEntry,
  { from = 0, to = entry.bytes, target }: TensorRange = {},
): Promise<Uint8Array> {
  if (target !== undefined) return readIntoTarget(source, entry, { from, to, target });
  if (entry.pieces === undefined) return source.slice(entry.start + from, entry.start + to);
  const parts: Uint8Array[] = [];
  let position = 0;
  for (const [start, bytes] of entry.pieces) {
    const begin = Math.max(from, position);
    const end = Math.min(to, position + bytes);
    if (begin < end) parts.push(await source.slice(start + begin - position, start + end - position));
    position += bytes;
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Uint8Array.from(Buffer.concat(parts));
}

export interface TensorRange {
  readonly from?: number;
  readonly to?: number;
  readonly target?: Uint8Array | undefined;
}

async function readIntoTarget(
  source: ByteSource,
  entry: TensorEntry,
  place: { readonly from: number; readonly to: number; readonly target: Uint8Array },
): Promise<Uint8Array> {
  const { start, bytes, pieces = [[start, bytes]] } = entry;
  const { from, to, target } = place;
  let position = 0;
  for (const [pieceStart, pieceBytes] of pieces) {
    const begin = Math.max(from, position);
    const end = Math.min(to, position + pieceBytes);
    if (begin < end) {
      const at = pieceStart + begin - position;
      const part = target.subarray(begin - from, end - from);
      if (source.readInto) await source.readInto(part, at);
      else part.set(await source.slice(at, at + end - begin));
    }
    position += pieceBytes;
  }
  return target;
}

/**
 * Reads one tensor's values. `limit`: most elements (default 2^20), so that a slip does not fill the memory.
 * @throws FormatError TENSOR_UNREADABLE if it has more elements or a packed type (F4, F6).
 */
export async function readTensorValues(
  source: ByteSource,
  entry: TensorEntry,
  { limit = 2 ** 20 }: { readonly limit?: number } = {},
): Promise<TensorValues> {
  requireFewElements({ file: source.name, offset: entry.start }, entry, limit);
  return decodeTensor({ file: source.name, offset: entry.start }, entry, await readTensorBytes(source, entry));
}

interface Place {
  readonly file: string;
  readonly offset: number;
}

/** @throws FormatError TENSOR_UNREADABLE if there are more elements than the limit. */
export function requireFewElements(
  place: Place,
  { name, elements }: { readonly name: string; readonly elements: number },
  limit: number,
): void {
  if (elements <= limit) return;
  const found = `expected at most ${formatCount(limit)} elements, found ${formatCount(elements)}`;
  throw new FormatError("TENSOR_UNREADABLE", `${place.file}: tensor ${JSON.stringify(name)}: ${found}`, {
    ...place,
    hint: `pass { limit: ${elements} } if ${formatBytes(8 * elements)} of memory are fine`,
  });
}

/** @throws FormatError TENSOR_UNREADABLE for the packed types, which have no agreed order of bits in a byte. */
export function decodeTensor(
  place: Place,
  { name, dtype }: { readonly name: string; readonly dtype: ElementType },
  bytes: Uint8Array,
): TensorValues {
  const values = decodeElements(bytes, dtype);
  if (values) return values;
  const found = `expected a type of whole bytes, found ${dtype}`;
  throw new FormatError("TENSOR_UNREADABLE", `${place.file}: tensor ${JSON.stringify(name)}: ${found}`, {
    ...place,
    hint: "convert the tensor to BF16 where it was made",
  });
}
