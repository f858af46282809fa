import { bitsOf } from "../../formats/dtype.js";
import { type PartReader, readRegion } from "../read/read-region.js";
import { elementsIn, type Region, regionShape, wholeRegion } from "../read/region.js";
import type { GlobalTensor } from "../read/tensor-index.js";
import type { OutputBlock, OutputTensor } from "./output-plan.js";

/** Small enough to stay in the processor's cache while a block is read, checksummed, and written. */
const blockBytes = 2 * 1024 * 1024;
/** Blocks that the writer has in memory. */
const blocksAtOnce = 6;

function bytesOf(tensor: Pick<GlobalTensor, "dtype">, shape: readonly number[]): number {
  return (shape.reduce((product, size) => product * size, 1) * bitsOf(tensor.dtype)) / 8;
}

/** The whole tensor under a name. */
export function wholeTensor(tensor: GlobalTensor, name = tensor.name): OutputTensor {
  const { dtype, shape } = tensor;
  const bytes = bytesOf(tensor, shape);
  // Of packed types (F4, F6) a row need not end with a byte.
  if (bitsOf(dtype) >= 8) return sliceOfTensor(tensor, wholeRegion(shape), name);
  const make: OutputBlock["make"] = (reader, memory) => readRegion(tensor, wholeRegion(shape), { reader, memory });
  return { name, dtype, shape, bytes, reads: bytes, memory: bytes, blocks: () => [{ bytes, make }] };
}

/** A box of a tensor under a name. */
export function sliceOfTensor(tensor: GlobalTensor, region: Region, name = tensor.name): OutputTensor {
  const shape = regionShape(region);
  const bytes = bytesOf(tensor, shape);
  const rowBytes = bytes / Math.max(1, shape[0] ?? 1);
  const rows = Math.max(1, Math.floor(blockBytes / Math.max(1, rowBytes)));
  return {
    name,
    dtype: tensor.dtype,
    shape,
    bytes,
    reads: bytes,
    memory: blocksAtOnce * Math.max(rowBytes, Math.min(bytes, blockBytes)),
    *blocks() {
      const [from = 0, to = 1] = [region.begin[0], region.end[0]];
      for (let row = from; row < to; row += rows) {
        const end = Math.min(to, row + rows);
        const part =
          shape.length === 0 ? region : { begin: [row, ...region.begin.slice(1)], end: [end, ...region.end.slice(1)] };
        yield {
          bytes: (end - row) * rowBytes,
          make: (reader, memory) => readRegion(tensor, part, { reader, memory }),
        };
      }
    },
  };
}

/** A run of a composed tensor's bytes. */
export interface TensorPiece {
  /** Bytes that have to be read for it. */
  readonly reads: number;
  readonly make: (reader: PartReader) => Promise<Uint8Array>;
}

/** A tensor that is made piece by piece; the pieces' bytes follow each other. */
export function composedTensor(
  look: Pick<OutputTensor, "name" | "dtype" | "shape">,
  pieces: readonly TensorPiece[],
): OutputTensor {
  return {
    ...look,
    bytes: bytesOf(look, look.shape),
    reads: pieces.reduce((sum, { reads }) => sum + reads, 0),
    memory: blocksAtOnce * pieces.reduce((most, { reads }) => Math.max(most, reads), 0),
    *blocks() {
      // A piece brings its own memory.
      for (const { make } of pieces) yield { bytes: 0, make };
    },
  };
}

type Transform = (bytes: Uint8Array, shape: readonly number[], size: number) => Uint8Array;

/** A box of a tensor as a piece, rearranged by `transform` if there is one. */
export function boxPiece(tensor: GlobalTensor, region: Region, transform?: Transform): TensorPiece {
  const size = bitsOf(tensor.dtype) / 8;
  return {
    reads: elementsIn(region) * size,
    async make(reader) {
      const bytes = await readRegion(tensor, region, { reader });
      return transform ? transform(bytes, regionShape(region), size) : bytes;
    },
  };
}

/** Rows `from` to `to` of a tensor. */
export function rowsOf({ shape }: GlobalTensor, from: number, to: number): Region {
  return { begin: shape.map((_, axis) => (axis === 0 ? from : 0)), end: [to, ...shape.slice(1)] };
}

/** Row counts of at most about 2 MB. */
export function rowBlocksOf(rows: number, rowBytes: number): readonly (readonly [from: number, to: number])[] {
  const step = Math.max(1, Math.floor(blockBytes / Math.max(1, rowBytes)));
  return Array.from({ length: Math.ceil(rows / step) }, (_, i) => [i * step, Math.min(rows, (i + 1) * step)] as const);
}

/** Exchanges rows and columns of a matrix. */
export function transposed(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const [rows = 1, columns = 1] = shape;
  const result = new Uint8Array(bytes.byteLength);
  if (size === 2 && bytes.byteOffset % 2 === 0)
    return transposedWords(new Uint16Array(bytes.buffer, bytes.byteOffset, rows * columns), shape);
  if (size === 4 && bytes.byteOffset % 4 === 0)
    return transposedWords(new Uint32Array(bytes.buffer, bytes.byteOffset, rows * columns), shape);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * size;
      result.set(bytes.subarray(from, from + size), (column * rows + row) * size);
    }
  }
  return result;
}

function transposedWords(words: Uint16Array | Uint32Array, shape: readonly number[]): Uint8Array {
  const [rows = 1, columns = 1] = shape;
  const result = words.slice();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * rows + row] = words[row * columns + column] as number;
    }
  }
  return new Uint8Array(result.buffer);
}
