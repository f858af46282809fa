import { decodeElements, type ElementType } from "../../formats/dtype.js";

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
export function addPairs(sums: PairSums, [before, after]: readonly [PairBlock, PairBlock], columns: number): number {
  const [a, b] = [numbers(before.bytes, before.dtype), numbers(after.bytes, after.dtype)];
  const floats = a instanceof Float32Array && b instanceof Float32Array;
  const [c, d] = floats ? [a, b] : [Float64Array.from(a), Float64Array.from(b)];
  let dead = 0;
  for (let start = 0; start < a.length; start += columns) {
    const range = { start, end: Math.min(a.length, start + columns) };
    const unchanged = floats ? addFloats(sums, [a, b], range) : addDoubles(sums, [c, d], range);
    if (unchanged === range.end - start) dead += 1;
  }
  sums.elements += a.length;
  return dead;
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

// Locals that begin with a value of this array are floating-point numbers from the first element on; with a literal 0
// they are not.
const zeros = new Float64Array(1);

/** Two elements at a time, with sums of their own: additions then do not wait for each other. */
function addFloats(sums: PairSums, pair: readonly [Float32Array, Float32Array], { start, end }: Range): number {
  const [before, after] = pair;
  const zero = zeros[0] as number;
  let first = zero;
  let second = zero;
  let difference = zero;
  let product = zero;
  let first2 = zero;
  let second2 = zero;
  let difference2 = zero;
  let product2 = zero;
  let largest = zero;
  let unchanged = 0;
  const even = end - ((end - start) & 1);
  let i = start;
  for (; i < even; i += 2) {
    const a = before[i] as number;
    const b = after[i] as number;
    const a2 = before[i + 1] as number;
    const b2 = after[i + 1] as number;
    const change = b - a;
    const change2 = b2 - a2;
    const size = Math.abs(change);
    const size2 = Math.abs(change2);
    // False for NaN and infinities of either side.
    if (!(size + size2 < Number.POSITIVE_INFINITY)) break;
    first += a * a;
    first2 += a2 * a2;
    second += b * b;
    second2 += b2 * b2;
    product += a * b;
    product2 += a2 * b2;
    difference += change * change;
    difference2 += change2 * change2;
    if (a === b) unchanged += 1;
    if (a2 === b2) unchanged += 1;
    if (size > largest) largest = size;
    if (size2 > largest) largest = size2;
  }
  sums.before += first + first2;
  sums.after += second + second2;
  sums.product += product + product2;
  sums.difference += difference + difference2;
  sums.unchanged += unchanged;
  sums.largest = Math.max(sums.largest, largest);
  if (i >= end) return unchanged;
  // The rest of a row with a value that is not finite, or its last element.
  return unchanged + addDoubles(sums, pair, { start: i, end });
}

type Floats = Float32Array | Float64Array;

function addDoubles(sums: PairSums, [before, after]: readonly [Floats, Floats], { start, end }: Range): number {
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
