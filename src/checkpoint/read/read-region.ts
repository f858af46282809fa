import { CheckpointError } from "../../core/error.js";
import { bitsOf } from "../../formats/dtype.js";
import { copyRegion, elementsIn, intersection, type Region, regionShape, shift } from "./region.js";
import { type GlobalTensor, slicesOf, type TensorPart } from "./tensor-index.js";

/** Gives bytes of a piece; `FilePool` is one. */
export interface PartReader {
  read(part: TensorPart, range?: readonly [from: number, to: number]): Promise<Uint8Array>;
}

const blockBytes = 32 * 1024 * 1024;

/**
 * Puts a box of the whole tensor together from the pieces that hold it: little-endian elements, row-major. Reads each
 * slice from the first
 * file that holds it.
 * @throws CheckpointError CHECKPOINT_SLICE_MISSING if no file holds a part of the box.
 */
export async function readRegion(tensor: GlobalTensor, region: Region, reader: PartReader): Promise<Uint8Array> {
  const size = bitsOf(tensor.dtype) / 8;
  const shape = regionShape(region);
  const elements = elementsIn(region);
  const direct = wholePiece(tensor, region);
  if (direct) return reader.read(direct);
  const bytes = new Uint8Array(new ArrayBuffer(Math.ceil(elements * size)));
  let copied = 0;
  for (const [part] of slicesOf(tensor)) {
    if (part === undefined) continue;
    const offset = part.offset ?? part.entry.shape.map(() => 0);
    const end = offset.map((at, axis) => at + (part.entry.shape[axis] ?? 0));
    const common = intersection(region, { begin: offset, end });
    if (common === undefined) continue;
    const local = shift(common, offset, -1);
    const at = shift(common, region.begin, -1).begin;
    await copyPart({ part, local, at }, { bytes, shape }, reader);
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
  target: { readonly bytes: Uint8Array; readonly shape: readonly number[] },
  reader: PartReader,
): Promise<void> {
  const { shape, dtype } = part.entry;
  const size = bitsOf(dtype) / 8;
  const rowBytes = shape.slice(1).reduce((product, count) => product * count, size);
  const rows = Math.max(1, Math.floor(blockBytes / Math.max(1, rowBytes)));
  const [first = 0, last = 1] = [local.begin[0], local.end[0]];
  for (let row = first; row < last; row += rows) {
    const until = Math.min(last, row + rows);
    const bytes = await reader.read(part, [row * rowBytes, until * rowBytes]);
    const region =
      shape.length === 0 ? local : { begin: [0, ...local.begin.slice(1)], end: [until - row, ...local.end.slice(1)] };
    const blockShape = shape.length === 0 ? shape : [until - row, ...shape.slice(1)];
    const place = at.map((index, axis) => (axis === 0 ? index + row - first : index));
    copyRegion({ bytes, shape: blockShape, region }, { ...target, at: place }, size);
  }
}
