import type { ElementType } from "../../formats/dtype.js";
import { type Kernel, largestInput, lazyKernel } from "../kernels/kernel.js";
import { scanKernel, scanResultBytes } from "../kernels/value-kernels.js";

/** What the bit patterns of elements show. */
export interface NotFinite {
  nan: number;
  infinite: number;
  /** Values below the smallest normal one, without zero. */
  denormal: number;
  /** Largest finite magnitude. */
  largest: number;
}

/**
 * Counts NaN, infinities, and denormals in little-endian elements by their bit patterns; whole-number types and the
 * packed F4 and F6 (which have no such values) count nothing. `bytes` must hold whole elements.
 */
export function countNotFinite(bytes: Uint8Array, type: ElementType): NotFinite {
  if (type === "F32" || type === "C64") return countWords(aligned(bytes, 4));
  if (type === "F64") return countDoubles(aligned(bytes, 8));
  if (type === "BF16") return countHalves(aligned(bytes, 2), brainFloat);
  if (type === "F16") return countHalves(aligned(bytes, 2), halfFloat);
  if (type === "F8_E5M2") return countBytes(bytes, (byte) => ((byte & 0x7c) !== 0x7c ? 0 : byte & 3 ? 1 : 2));
  if (type === "F8_E4M3") return countBytes(bytes, (byte) => ((byte & 0x7f) === 0x7f ? 1 : 0));
  if (type === "F8_E8M0") return countBytes(bytes, (byte) => (byte === 0xff ? 1 : 0));
  if (type === "F8_E4M3FNUZ" || type === "F8_E5M2FNUZ") return countBytes(bytes, (byte) => (byte === 0x80 ? 1 : 0));
  return { nan: 0, infinite: 0, denormal: 0, largest: 0 };
}

/** Adds the counts of another part of the same tensor. */
export function addNotFinite(sum: NotFinite, part: NotFinite): void {
  sum.nan += part.nan;
  sum.infinite += part.infinite;
  sum.denormal += part.denormal;
  if (part.largest > sum.largest) sum.largest = part.largest;
}

export function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
}

const scans = {
  4: lazyKernel(() => scanKernel({ size: 4, smallest: 0x00800000 }), scanResultBytes),
  BF16: lazyKernel(() => scanKernel({ size: 2, smallest: 0x0080 }), scanResultBytes),
  F16: lazyKernel(() => scanKernel({ size: 2, smallest: 0x0400 }), scanResultBytes),
};
/** Below, the call of a kernel costs more than it saves. */
const fewestBytes = 4096;

/** Largest magnitude (as bits) and denormal values of a block; undefined if it is left to the plain loop. */
function scanByKernel(bytes: Uint8Array, scan: () => Kernel | undefined) {
  const { byteLength } = bytes;
  if (byteLength < fewestBytes || byteLength % 16 !== 0 || byteLength > largestInput) return undefined;
  const view = scan()?.run([bytes], [byteLength]);
  return view && { largest: view.getUint32(0, true), denormal: view.getUint32(4, true) };
}

// Typed arrays have the machine's byte order; every machine that Node runs on today is little-endian, as the files are.
function countWords(bytes: Uint8Array): NotFinite {
  const scanned = scanByKernel(bytes, scans[4]);
  if (scanned && scanned.largest < 0x7f800000) {
    const normal = scanned.largest >= 0x00800000 ? scanned.largest : 0;
    return { nan: 0, infinite: 0, denormal: scanned.denormal, largest: floatOfBits(normal) };
  }
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  let [nan, infinite, denormal, largest] = [0, 0, 0, 0];
  for (let i = 0; i < words.length; i++) {
    const size = (words[i] as number) & 0x7fffffff;
    if (size >= 0x7f800000) {
      if (size > 0x7f800000) nan += 1;
      else infinite += 1;
    } else if (size < 0x00800000) {
      if (size !== 0) denormal += 1;
    } else if (size > largest) largest = size;
  }
  return { nan, infinite, denormal, largest: floatOfBits(largest) };
}

function floatOfBits(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, bits);
  return view.getFloat32(0);
}

interface HalfLayout {
  readonly scan: () => Kernel | undefined;
  readonly exponent: number;
  readonly mantissaBits: number;
  readonly bias: number;
}

const brainFloat: HalfLayout = { scan: scans.BF16, exponent: 0x7f80, mantissaBits: 7, bias: 127 };
const halfFloat: HalfLayout = { scan: scans.F16, exponent: 0x7c00, mantissaBits: 10, bias: 15 };

function countHalves(bytes: Uint8Array, layout: HalfLayout): NotFinite {
  const { exponent, mantissaBits, bias } = layout;
  const smallest = 1 << mantissaBits;
  const floatOf = (pattern: number) => {
    if (pattern < smallest) return 0;
    return (1 + (pattern & (smallest - 1)) / smallest) * 2 ** ((pattern >> mantissaBits) - bias);
  };
  const scanned = scanByKernel(bytes, layout.scan);
  if (scanned && scanned.largest < exponent) {
    return { nan: 0, infinite: 0, denormal: scanned.denormal, largest: floatOf(scanned.largest) };
  }
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
  let [nan, infinite, denormal, largest] = [0, 0, 0, 0];
  for (let i = 0; i < halves.length; i++) {
    const size = (halves[i] as number) & 0x7fff;
    if (size >= exponent) {
      if (size > exponent) nan += 1;
      else infinite += 1;
    } else if (size < smallest) {
      if (size !== 0) denormal += 1;
    } else if (size > largest) largest = size;
  }
  return { nan, infinite, denormal, largest: floatOf(largest) };
}

function countDoubles(bytes: Uint8Array): NotFinite {
  const values = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 3);
  let [nan, infinite, denormal, largest] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i] as number);
    if (Number.isNaN(size)) nan += 1;
    else if (size === Number.POSITIVE_INFINITY) infinite += 1;
    else if (size < 2.2250738585072014e-308) {
      if (size !== 0) denormal += 1;
    } else if (size > largest) largest = size;
  }
  return { nan, infinite, denormal, largest };
}

function countBytes(bytes: Uint8Array, classify: (byte: number) => 0 | 1 | 2): NotFinite {
  const kinds = Uint8Array.from({ length: 256 }, (_, byte) => classify(byte));
  let [nan, infinite] = [0, 0];
  for (let i = 0; i < bytes.length; i++) {
    const kind = kinds[bytes[i] as number];
    if (kind === 1) nan += 1;
    else if (kind === 2) infinite += 1;
  }
  return { nan, infinite, denormal: 0, largest: 0 };
}
