import type { ElementType } from "../../formats/dtype.js";

export interface NotFinite {
  nan: number;
  infinite: number;
}

/**
 * Counts NaN and infinities in little-endian elements by their bit patterns; whole-number types and the packed F4 and F6 (which have no
 * such values) count nothing. `bytes` must hold whole elements.
 */
export function countNotFinite(bytes: Uint8Array, type: ElementType): NotFinite {
  if (type === "F32" || type === "C64") return countWords(aligned(bytes, 4), 0x7f800000);
  if (type === "F64") return countDoubles(aligned(bytes, 8));
  if (type === "BF16") return countHalves(aligned(bytes, 2), 0x7f80);
  if (type === "F16") return countHalves(aligned(bytes, 2), 0x7c00);
  if (type === "F8_E5M2") return countBytes(bytes, (byte) => ((byte & 0x7c) !== 0x7c ? 0 : byte & 3 ? 1 : 2));
  if (type === "F8_E4M3") return countBytes(bytes, (byte) => ((byte & 0x7f) === 0x7f ? 1 : 0));
  if (type === "F8_E8M0") return countBytes(bytes, (byte) => (byte === 0xff ? 1 : 0));
  if (type === "F8_E4M3FNUZ" || type === "F8_E5M2FNUZ") return countBytes(bytes, (byte) => (byte === 0x80 ? 1 : 0));
  return { nan: 0, infinite: 0 };
}

function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
}

// Typed arrays have the machine's byte order; every machine that Node runs on today is little-endian, as the files are.
function countWords(bytes: Uint8Array, exponent: number): NotFinite {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const found = { nan: 0, infinite: 0 };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    if ((word & exponent) === exponent) found[word & ~exponent & 0x7fffffff ? "nan" : "infinite"] += 1;
  }
  return found;
}

function countHalves(bytes: Uint8Array, exponent: number): NotFinite {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  const found = { nan: 0, infinite: 0 };
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i] as number;
    if ((half & exponent) === exponent) found[half & ~exponent & 0x7fff ? "nan" : "infinite"] += 1;
  }
  return found;
}

function countDoubles(bytes: Uint8Array): NotFinite {
  const values = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  const found = { nan: 0, infinite: 0 };
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) found[Number.isNaN(value) ? "nan" : "infinite"] += 1;
  }
  return found;
}

function countBytes(bytes: Uint8Array, classify: (byte: number) => 0 | 1 | 2): NotFinite {
  const kinds = Uint8Array.from({ length: 256 }, (_, byte) => classify(byte));
  const found = { nan: 0, infinite: 0 };
  for (let i = 0; i < bytes.length; i++) {
    const kind = kinds[bytes[i] as number];
    if (kind) found[kind === 1 ? "nan" : "infinite"] += 1;
  }
  return found;
}
