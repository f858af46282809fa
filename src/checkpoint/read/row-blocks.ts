import { throwIfCancelled } from "../../core/cancel.js";
import { bitsOf } from "../../formats/dtype.js";
import { type PartReader, type RegionReader, readRegion } from "./read-region.js";
import { type Region, wholeRegion } from "./region.js";
import type { GlobalTensor } from "./tensor-index.js";

/** Consecutive elements of a tensor in row-major order. */
export interface RowBlock {
  readonly bytes: Uint8Array;
  /** Position in the tensor's data, in bytes. */
  readonly at: number;
}

export interface BlockOptions {
  /** Most bytes of a block; default 2 MB. Rows that are larger are cut, but those of packed types (F4, F6). */
  readonly blockBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The whole tensor, block by block of rows or of parts of one; the next block is read while the caller works on one.
 * The bytes of a block are valid until the next one is asked for. Blocks of equal tensors have equal limits, so that
 * two tensors can be walked side by side.
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
  /** Undefined: the whole tensor. */
  readonly region: Region | undefined;
  readonly at: number;
  readonly bytes: number;
}

function blockRanges({ shape, dtype }: GlobalTensor, blockBytes: number): BlockRange[] {
  const size = bitsOf(dtype) / 8;
  const total = shape.reduce((product, count) => product * count, size);
  if (total <= blockBytes || shape.length === 0) return [{ region: undefined, at: 0, bytes: total }];
  const axis = blockAxis(shape, size, blockBytes);
  const [outer, inner] = [shape.slice(0, axis), shape.slice(axis + 1)];
  const rowBytes = inner.reduce((product, count) => product * count, size);
  const count = shape[axis] as number;
  const rows = Math.max(1, Math.floor(blockBytes / rowBytes));
  const ranges: BlockRange[] = [];
  let at = 0;
  for (const place of places(outer)) {
    for (let row = 0; row < count; row += rows) {
      const to = Math.min(count, row + rows);
      const begin = [...place, row, ...inner.map(() => 0)];
      const region = { begin, end: [...place.map((index) => index + 1), to, ...inner] };
      const bytes = (to - row) * rowBytes;
      ranges.push({ region, at, bytes });
      at += bytes;
    }
  }
  return ranges;
}

/**
 * The first dimension of which one index fits into a block. Of packed types (F4, F6) a row need not end with a byte.
 */
function blockAxis(shape: readonly number[], size: number, blockBytes: number): number {
  if (size < 1) return 0;
  let bytes = shape.reduce((product, count) => product * count, size);
  for (const [axis, count] of shape.entries()) {
    bytes /= count;
    if (bytes <= blockBytes) return axis;
  }
  return shape.length - 1;
}

/** All indices of the leading dimensions, in order; one empty one if there are none. */
function* places(outer: readonly number[]): Generator<readonly number[]> {
  const count = outer.reduce((product, size) => product * size, 1);
  for (let index = 0; index < count; index++) {
    let rest = index;
    const place = outer.map(() => 0);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const size = outer[axis] as number;
      place[axis] = rest % size;
      rest = Math.floor(rest / size);
    }
    yield place;
  }
}

async function readRange(
  tensor: GlobalTensor,
  { region, at, bytes }: BlockRange,
  to: RegionReader,
): Promise<Uint8Array> {
  const { shape, parts } = tensor;
  const [part] = parts;
  const whole = part?.entry.shape.length === shape.length && part.entry.shape.every((count, i) => count === shape[i]);
  if (part && whole) {
    return to.reader.read(part, { from: at, to: at + bytes, target: to.memory?.subarray(0, bytes) });
  }
  return readRegion(tensor, region ?? wholeRegion(shape), to);
}
