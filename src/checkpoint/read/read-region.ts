import { CheckpointError } from "../../core/error.js";
import { bitsOf } from "../../formats/dtype.js";
import type { TensorRange } from "../../formats/tensor-entry.js";
import { copyRegion, elementsIn, intersection, type Region, regionShape, type ShapedBytes, shift } from "./region.js";
import { type GlobalTensor, slicesOf, type TensorPart } from "./tensor-index.js";

/** Gives bytes of a piece; `FilePool` is one. */
export interface PartReader {
  read(part: TensorPart, range?: TensorRange): Promise<Uint8Array>;
}

export interface RegionReader {
  readonly reader: PartReader;
  readonly memory?: Uint8Array | undefined;
}

const blockBytes = 8 * 1024 * 1024;

/**
 * Puts a box of the whole tensor together from the pieces that hold it: little-endian elements, row-major. Reads each
 * slice from the first file that holds it. `memory`, where it is given, holds the box then; it must be large enough.
 * What it has beyond the box is used for reading.
 * @throws CheckpointError CHECKPOINT_SLICE_MISSING if no file holds a part of the box.
 */
export async function readRegion(
  tensor: GlobalTensor,
  region: Region,
  { reader, memory }: RegionReader,
): Promise<Uint8Array> {
  const size = bitsOf(tensor.dtype) / 8;
  const shape = regionShape(region);
  const elements = elementsIn(region);
  const length = Math.ceil(elements * size);
  const target = memory?.subarray(0, length);
  const scratch = memory?.subarray(length);
  const direct = wholePiece(tensor, region);
  if (direct) return reader.read(direct, { target });
  const bytes = target ?? new Uint8Array(new ArrayBuffer(length));
  let copied = 0;
  for (const [part] of slicesOf(tensor)) {
    if (part === undefined) continue;
    const offset = part.offset ?? part.entry.shape.map(() => 0);
    const end = offset.map((at, axis) => at + (part.entry.shape[axis] ?? 0));
    const common = intersection(region, { begin: offset, end });
    if (common === undefined) continue;
    const local = shift(common, offset, -1);
    const at = shift(common, region.begin, -1).begin;
    await copyPart({ part, local, at }, { bytes, shape, scratch }, reader);
    copied += elementsIn(common);
  }
  if (copied >= elements) return bytes;
  const message = `tensor ${JSON.stringify(tensor.name)}: expected slices of all ${elements} elements, found ${copied}`;
  throw new CheckpointError("CHECKPOINT_SLICE_MISSING", message, {
    hint: "a rank's file is missing or can't be read: await checkpoint.verify() names it",
  });
}

/** The piece that is the whole box, without copying. */
function wholePiece({ parts, dtype, placed }: GlobalTensor, { begin, end }: Region): TensorPart | undefined {
  const [part] = parts;
  if (part === undefined) return undefined;
  const zero = begin.every((from) => from === 0) && (part.offset?.every((at) => at === 0) ?? true);
  const same = part.entry.shape.length === end.length && part.entry.shape.every((count, axis) => count === end[axis]);
  const packed = bitsOf(dtype) < 8;
  return zero && same && (placed || packed || parts.length > 0) ? part : undefined;
}

async function copyPart(
  { part, local, at }: { readonly part: TensorPart; readonly local: Region; readonly at: readonly number[] },
  target: ShapedBytes & { readonly scratch: Uint8Array | undefined },
  reader: PartReader,
): Promise<void> {
  const { shape, dtype } = part.entry;
  const size = bitsOf(dtype) / 8;
  const rowBytes = shape.slice(1).reduce((product, count) => product * count, size);
  const room = target.scratch?.byteLength ?? 0;
  const rows = Math.max(1, Math.floor((room < rowBytes ? blockBytes : room) / Math.max(1, rowBytes)));
  const [first = 0, last = 1] = [local.begin[0], local.end[0]];
  const inner = shape.slice(1).every((count, axis) => {
    return local.begin[axis + 1] === 0 && local.end[axis + 1] === count && target.shape[axis + 1] === count;
  });
  if (inner && shape.length > 0) {
    // Whole rows lie one behind the other on both sides.
    const place = (at[0] ?? 0) * rowBytes;
    const rowsOfTarget = target.bytes.subarray(place, place + (last - first) * rowBytes);
    await reader.read(part, { from: first * rowBytes, to: last * rowBytes, target: rowsOfTarget });
    return;
  }
  for (let row = first; row < last; row += rows) {
    const until = Math.min(last, row + rows);
    const [from, to] = [row * rowBytes, until * rowBytes];
    const memory = to - from <= room ? target.scratch?.subarray(0, to - from) : undefined;
    const bytes = await reader.read(part, { from, to, target: memory });
    const region =
      shape.length === 0 ? local : { begin: [0, ...local.begin.slice(1)], end: [until - row, ...local.end.slice(1)] };
    const blockShape = shape.length === 0 ? shape : [until - row, ...shape.slice(1)];
    const place = at.map((index, axis) => (axis === 0 ? index + row - first : index));
    copyRegion({ bytes, shape: blockShape, region }, { ...target, at: place }, size);
  }
}
