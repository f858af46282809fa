import { throwIfCancelled } from "../../core/cancel.js";
import { bitsOf } from "../../formats/dtype.js";
import { type PartReader, type RegionReader, readRegion } from "./read-region.js";
import { wholeRegion } from "./region.js";
import type { GlobalTensor } from "./tensor-index.js";

/** Consecutive elements of a tensor in row-major order. */
export interface RowBlock {
  readonly bytes: Uint8Array;
  /** Position in the tensor's data, in bytes. */
  readonly at: number;
}

export interface BlockOptions {
  /** Most bytes of a block, unless one row is larger; default 2 MB. */
  readonly blockBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The whole tensor, block by block of rows; the next block is read while the caller works on one. The bytes of a
 * block are valid until the next one is asked for. Blocks of equal tensors have equal limits, so that two tensors can
 * be walked side by side.
 */
export async function* rowBlocks(
  tensor: GlobalTensor,
  reader: PartReader,
  { blockBytes = 2 * 1024 * 1024, signal }: BlockOptions = {},
): AsyncGenerator<RowBlock> {
  const ranges = blockRanges(tensor, blockBytes);
  const largest = ranges.reduce((most, { bytes }) => Math.max(most, Math.ceil(bytes)), 0);
  const memories = [0, 1].slice(0, ranges.length).map(() => new Uint8Array(new ArrayBuffer(largest)));
  const read = (index: number) =>
    ranges[index] && readRange(tensor, ranges[index], { reader, memory: memories[index % 2] });
  let ahead = read(0);
  for (const [index, range] of ranges.entries()) {
    const bytes = (await ahead) as Uint8Array;
    throwIfCancelled(signal, "reading the checkpoint");
    ahead = read(index + 1);
    // A failure is thrown when this read is awaited; until then it must not count as unhandled.
    ahead?.catch(() => undefined);
    yield { bytes, at: range.at };
  }
}

interface BlockRange {
  /** Rows of the first dimension; undefined: the whole tensor. */
  readonly rows: readonly [from: number, to: number] | undefined;
  readonly at: number;
  readonly bytes: number;
}

function blockRanges({ shape, dtype }: GlobalTensor, blockBytes: number): BlockRange[] {
  const size = bitsOf(dtype) / 8;
  const total = shape.reduce((product, count) => product * count, size);
  const [count = 1] = shape;
  const rowBytes = total / Math.max(1, count);
  const rows = Math.max(1, Math.floor(blockBytes / rowBytes));
  if (total <= blockBytes || shape.length === 0 || count <= rows) return [{ rows: undefined, at: 0, bytes: total }];
  const ranges: BlockRange[] = [];
  for (let row = 0; row < count; row += rows) {
    const to = Math.min(count, row + rows);
    ranges.push({ rows: [row, to], at: row * rowBytes, bytes: (to - row) * rowBytes });
  }
  return ranges;
}

async function readRange(tensor: GlobalTensor, { rows, at, bytes }: BlockRange, to: RegionReader): Promise<Uint8Array> {
  const { shape, parts } = tensor;
  const [part] = parts;
  const whole = part?.entry.shape.length === shape.length && part.entry.shape.every((count, i) => count === shape[i]);
  if (part && whole) {
    return to.reader.read(part, { from: at, to: at + bytes, target: to.memory?.subarray(0, bytes) });
  }
  if (rows === undefined) return readRegion(tensor, wholeRegion(shape), to);
  const [from, end] = rows;
  return readRegion(tensor, { begin: shape.map((_, i) => (i ? 0 : from)), end: [end, ...shape.slice(1)] }, to);
}
