import { bitsOf, decodeElements, type ElementType } from "../../formats/dtype.js";
import { largestInput, lazyKernel } from "../kernels/kernel.js";
import { pairKernel, pairResult, pairResultBytes } from "../kernels/pair-kernel.js";

/** Sums over pairs of elements; NaN and infinities count, but do not enter the sums. */
export interface PairSums {
  elements: number;
  unchanged: number;
  /** Sums of squares of both and of the difference, and of the products. */
  before: number;
  after: number;
  difference: number;
  product: number;
  largest: number;
  notFinite: number;
}

export function noPairs(): PairSums {
  return { elements: 0, unchanged: 0, before: 0, after: 0, difference: 0, product: 0, largest: 0, notFinite: 0 };
}

/** A block of a tensor. */
export interface PairBlock {
  readonly bytes: Uint8Array;
  readonly dtype: ElementType;
}

/** Adds a block of both tensors, row by row; returns how many rows changed nowhere. A block holds whole rows. */
export function addPairs(sums: PairSums, pair: readonly [PairBlock, PairBlock], columns: number): number {
  const fast = addByKernel(sums, pair, columns);
  if (fast !== undefined) return fast;
  const [before, after] = pair;
  const [a, b] = [numbers(before.bytes, before.dtype), numbers(after.bytes, after.dtype)];
  let dead = 0;
  for (let start = 0; start < a.length; start += columns) {
    const range = { start, end: Math.min(a.length, start + columns) };
    if (addRange(sums, [a, b], range) === range.end - start) dead += 1;
  }
  sums.elements += a.length;
  return dead;
}

const kernels = {
  F32: lazyKernel(() => pairKernel("F32"), pairResultBytes),
  BF16: lazyKernel(() => pairKernel("BF16"), pairResultBytes),
};
/** Below, the call of a kernel costs more than it saves. */
const fewest = 256;

/** Undefined if the types, the size, or a value that is not finite leave the block to the plain loop. */
function addByKernel(sums: PairSums, [before, after]: readonly [PairBlock, PairBlock], columns: number) {
  const { dtype, bytes } = before;
  const elements = (bytes.byteLength * 8) / bitsOf(dtype);
  if (dtype !== after.dtype || (dtype !== "F32" && dtype !== "BF16") || elements < fewest) return undefined;
  if (bytes.byteLength > largestInput || bytes.byteLength !== after.bytes.byteLength) return undefined;
  const width = Math.min(columns, elements);
  if (!Number.isSafeInteger(elements / width)) return undefined;
  const view = kernels[dtype]()?.run([bytes, after.bytes], [elements / width, width]);
  const found = view && pairResult(view);
  if (found === undefined || !Number.isFinite(found.difference)) return undefined;
  sums.elements += elements;
  sums.before += found.before;
  sums.after += found.after;
  sums.difference += found.difference;
  sums.product += found.product;
  sums.unchanged += found.unchanged;
  sums.largest = Math.max(sums.largest, found.largest);
  return found.deadRows;
}

/** Elements as 32- or 64-bit floats; 32-bit ones as they are, without a copy where they are aligned. */
function numbers(bytes: Uint8Array, dtype: ElementType): Float32Array | Float64Array {
  if (dtype === "F32") {
    const whole = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
    return new Float32Array(whole.buffer, whole.byteOffset, whole.byteLength >> 2);
  }
  if (dtype === "BF16") {
    const whole = bytes.byteOffset % 2 === 0 ? bytes : Uint8Array.from(bytes);
    const halves = new Uint16Array(whole.buffer, whole.byteOffset, whole.byteLength >> 1);
    const words = new Uint32Array(halves.length);
    for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
    return new Float32Array(words.buffer);
  }
  const values = decodeElements(bytes, dtype);
  if (values === undefined) return new Float64Array(0);
  return values instanceof Float64Array ? values : Float64Array.from(values as Iterable<bigint>, Number);
}

interface Range {
  readonly start: number;
  readonly end: number;
}

type Floats = Float32Array | Float64Array;

function addRange(sums: PairSums, [before, after]: readonly [Floats, Floats], { start, end }: Range): number {
  let unchanged = 0;
  for (let i = start; i < end; i++) {
    const a = before[i] as number;
    const b = after[i] as number;
    if (a === b) unchanged += 1;
    const size = Math.abs(b - a);
    if (size < Number.POSITIVE_INFINITY) {
      sums.before += a * a;
      sums.after += b * b;
      sums.product += a * b;
      sums.difference += size * size;
      if (size > sums.largest) sums.largest = size;
    } else sums.notFinite += 1;
  }
  sums.unchanged += unchanged;
  return unchanged;
}
