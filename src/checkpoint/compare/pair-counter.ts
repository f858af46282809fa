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

/** Adds a block of both tensors; `onDifference` gets each row's changed share where the caller wants rows. */
export function addPairs(
  sums: PairSums,
  before: { readonly bytes: Uint8Array; readonly dtype: ElementType },
  after: { readonly bytes: Uint8Array; readonly dtype: ElementType },
): void {
  addNumbers(sums, numbers(before.bytes, before.dtype), numbers(after.bytes, after.dtype));
}

/** Elements as 32- or 64-bit floats; 32-bit ones as they are, without a copy where they are aligned. */
export function numbers(bytes: Uint8Array, dtype: ElementType): Float32Array | Float64Array {
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

function addNumbers(sums: PairSums, before: Float32Array | Float64Array, after: Float32Array | Float64Array): void {
  if (before instanceof Float32Array && after instanceof Float32Array) addFloats(sums, before, after);
  else addDoubles(sums, Float64Array.from(before), Float64Array.from(after));
}

function addFloats(sums: PairSums, before: Float32Array, after: Float32Array): void {
  let [first, second, difference, product, largest] = [0, 0, 0, 0, sums.largest];
  let [unchanged, notFinite] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    const a = before[i] as number;
    const b = after[i] as number;
    const change = b - a;
    if (a === b) unchanged += 1;
    const size = change < 0 ? -change : change;
    // False for NaN and infinities of either side.
    if (size < Number.POSITIVE_INFINITY) {
      first += a * a;
      second += b * b;
      product += a * b;
      difference += change * change;
      if (size > largest) largest = size;
    } else notFinite += 1;
  }
  sums.elements += before.length;
  sums.unchanged += unchanged;
  sums.before += first;
  sums.after += second;
  sums.product += product;
  sums.difference += difference;
  sums.notFinite += notFinite;
  sums.largest = largest;
}

function addDoubles(sums: PairSums, before: Float64Array, after: Float64Array): void {
  for (let i = 0; i < before.length; i++) {
    const a = before[i] as number;
    const b = after[i] as number;
    if (a === b) sums.unchanged += 1;
    const size = Math.abs(b - a);
    if (size < Number.POSITIVE_INFINITY) {
      sums.before += a * a;
      sums.after += b * b;
      sums.product += a * b;
      sums.difference += size * size;
      if (size > sums.largest) sums.largest = size;
    } else sums.notFinite += 1;
  }
  sums.elements += before.length;
}
