import { bitsOf, decodeElements, type ElementType } from "../../formats/dtype.js";
import { type Kernel, largestInput, lazyKernel } from "../kernels/kernel.js";
import { histogramBytes, histogramKernel, sumKernel, sumResultBytes } from "../kernels/value-kernels.js";

/**
 * Elements by their value, to 8 significant bits: the upper 16 bits of a 32-bit float, or all bits of a smaller type.
 */
export interface ValueCounts {
  readonly counts: Float64Array;
  /** Value of each bucket's elements. */
  readonly numberOf: (bucket: number) => number;
}

export interface ValueSums {
  count: number;
  sum: number;
  squares: number;
  min: number;
  max: number;
  zeros: number;
  nan: number;
  infinite: number;
  denormal: number;
}

const buckets = 65_536;

/** Counts the values of one tensor in a single pass; `add` may be called for one block after the other. */
export class ValueCounter {
  readonly #type: ElementType;
  readonly #counts = new Uint32Array(buckets);
  readonly sums: ValueSums = {
    count: 0,
    sum: 0,
    squares: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    zeros: 0,
    nan: 0,
    infinite: 0,
    denormal: 0,
  };

  constructor(type: ElementType) {
    this.#type = type;
  }

  add(bytes: Uint8Array): void {
    const type = this.#type;
    const size = Math.max(1, bitsOf(type) / 8);
    const whole = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
    if (type === "F32") addFloats(this.#counts, this.sums, whole);
    else if (type === "BF16" || type === "F16") {
      if (worthKernel(whole) && addHistogram(this.#counts, whole, patterns[2])) return;
      countPatterns(this.#counts, new Uint16Array(whole.buffer, whole.byteOffset, whole.byteLength >> 1));
    } else if (bitsOf(type) === 8) countPatterns(this.#counts, whole);
    else addNumbers(this.#counts, this.sums, decodedNumbers(whole, type));
  }

  /** Sums and counts; for small types they are made of the counts here. Call once, at the end. */
  finish(): ValueSums & { readonly values: ValueCounts } {
    const type = this.#type;
    const small = bitsOf(type) <= 16 && !["I16", "U16"].includes(type);
    const numberOf = small ? smallValues(type) : floatBucket;
    const counts = Float64Array.from(this.#counts);
    if (small) sumPatterns(counts, { numberOf, smallestNormal: smallestNormals[type] ?? 0 }, this.sums);
    else if (type === "F32") this.sums.denormal = denormalsOf(counts) - this.sums.zeros;
    return { ...this.sums, values: { counts, numberOf } };
  }
}

const floatSums = lazyKernel(sumKernel, sumResultBytes);
const patterns = {
  2: lazyKernel(() => histogramKernel(2), histogramBytes),
  4: lazyKernel(() => histogramKernel(4), histogramBytes),
};
/** Below, adding up the histogram of a kernel costs more than it saves. */
const fewestBytes = 256 * 1024;

function worthKernel({ byteLength }: Uint8Array): boolean {
  return byteLength >= fewestBytes && byteLength <= largestInput && byteLength % 16 === 0;
}

/** False if a value is not finite: then nothing was added. */
function addFloatsByKernel(counts: Uint32Array, sums: ValueSums, bytes: Uint8Array): boolean {
  if (!worthKernel(bytes)) return false;
  const found = floatSums()?.run([bytes], [bytes.byteLength]);
  if (found === undefined || !Number.isFinite(found.getFloat64(8, true))) return false;
  sums.count += bytes.byteLength >> 2;
  sums.sum += found.getFloat64(0, true);
  sums.squares += found.getFloat64(8, true);
  sums.min = Math.min(sums.min, found.getFloat32(16, true));
  sums.max = Math.max(sums.max, found.getFloat32(20, true));
  sums.zeros += found.getUint32(24, true);
  return addHistogram(counts, bytes, patterns[4]);
}

function addHistogram(counts: Uint32Array, bytes: Uint8Array, kernel: () => Kernel | undefined): boolean {
  const view = kernel()?.run([bytes], [bytes.byteLength]);
  if (view === undefined) return false;
  const found = new Uint32Array(view.buffer, 0, buckets);
  for (let i = 0; i < buckets; i++) counts[i] = (counts[i] as number) + (found[i] as number);
  return true;
}

function addFloats(counts: Uint32Array, sums: ValueSums, bytes: Uint8Array): void {
  if (addFloatsByKernel(counts, sums, bytes)) return;
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  let { sum, squares, min, max, zeros } = sums;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    if ((word & 0x7f800000) === 0x7f800000) {
      if (word & 0x007fffff) sums.nan += 1;
      else sums.infinite += 1;
      continue;
    }
    const value = values[i] as number;
    sum += value;
    squares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value === 0) zeros += 1;
    counts[word >>> 16] = (counts[word >>> 16] as number) + 1;
  }
  sums.count += words.length;
  Object.assign(sums, { sum, squares, min, max, zeros });
}

function countPatterns(counts: Uint32Array, words: Uint16Array | Uint8Array): void {
  for (let i = 0; i < words.length; i++) {
    const pattern = words[i] as number;
    counts[pattern] = (counts[pattern] as number) + 1;
  }
}

function decodedNumbers(bytes: Uint8Array, type: ElementType): Float64Array {
  const values = decodeElements(bytes, type);
  if (values instanceof Float64Array) return values;
  return Float64Array.from((values ?? []) as Iterable<bigint>, Number);
}

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);
const largestFloat = 3.4028234663852886e38;

function addNumbers(counts: Uint32Array, sums: ValueSums, values: Float64Array): void {
  for (const value of values) {
    if (Number.isNaN(value)) sums.nan += 1;
    else if (!Number.isFinite(value)) sums.infinite += 1;
    else {
      sums.sum += value;
      sums.squares += value * value;
      sums.min = Math.min(sums.min, value);
      sums.max = Math.max(sums.max, value);
      if (value === 0) sums.zeros += 1;
      else if (Math.abs(value) < 2.2250738585072014e-308) sums.denormal += 1;
      one[0] = Math.max(-largestFloat, Math.min(largestFloat, value));
      const bucket = (oneBits[0] as number) >>> 16;
      counts[bucket] = (counts[bucket] as number) + 1;
    }
  }
  sums.count += values.length;
}

/** The float nearest to zero of those whose upper 16 bits are these; at most 0.8 % below each of them. */
function floatBucket(bucket: number): number {
  oneBits[0] = (bucket << 16) >>> 0;
  return one[0] as number;
}

function denormalsOf(counts: Float64Array): number {
  let sum = 0;
  for (let bucket = 0; bucket < 128; bucket++) {
    sum += (counts[bucket] as number) + (counts[0x8000 + bucket] as number);
  }
  return sum;
}

const tables = new Map<ElementType, Float64Array>();

/** Every value of a type of at most 16 bits, by its bits. */
function smallValues(type: ElementType): (bucket: number) => number {
  let table = tables.get(type);
  if (table === undefined) {
    const patterns = Uint16Array.from({ length: buckets }, (_, i) => i);
    const bytes = bitsOf(type) === 16 ? new Uint8Array(patterns.buffer) : Uint8Array.from(patterns.subarray(0, 256));
    table = decodeElements(bytes, type) as Float64Array;
    tables.set(type, table);
  }
  const values = table;
  return (bucket) => values[bucket] ?? 0;
}

const smallestNormals: Partial<Record<ElementType, number>> = {
  BF16: 2 ** -126,
  F16: 2 ** -14,
  F8_E4M3: 2 ** -6,
  F8_E5M2: 2 ** -14,
  F8_E4M3FNUZ: 2 ** -7,
  F8_E5M2FNUZ: 2 ** -15,
};

interface SmallTable {
  readonly numberOf: (bucket: number) => number;
  readonly smallestNormal: number;
}

function sumPatterns(counts: Float64Array, { numberOf, smallestNormal }: SmallTable, sums: ValueSums): void {
  for (let bucket = 0; bucket < buckets; bucket++) {
    const count = counts[bucket] as number;
    if (count === 0) continue;
    const value = numberOf(bucket);
    sums.count += count;
    if (Number.isNaN(value)) sums.nan += count;
    else if (!Number.isFinite(value)) sums.infinite += count;
    else {
      sums.sum += count * value;
      sums.squares += count * value * value;
      sums.min = Math.min(sums.min, value);
      sums.max = Math.max(sums.max, value);
      if (value === 0) sums.zeros += count;
      else if (Math.abs(value) < smallestNormal) sums.denormal += count;
    }
    if (!Number.isFinite(value)) counts[bucket] = 0;
  }
}
