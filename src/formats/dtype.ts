/** Types of tensor elements by their names in safetensors files. */
export type ElementType =
  | "BOOL"
  | "F4"
  | "F6_E2M3"
  | "F6_E3M2"
  | "U8"
  | "I8"
  | "F8_E5M2"
  | "F8_E4M3"
  | "F8_E8M0"
  | "F8_E4M3FNUZ"
  | "F8_E5M2FNUZ"
  | "I16"
  | "U16"
  | "F16"
  | "BF16"
  | "I32"
  | "U32"
  | "F32"
  | "C64"
  | "F64"
  | "I64"
  | "U64";

const elementBits: Readonly<Record<ElementType, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

export function isElementType(name: string): name is ElementType {
  return Object.hasOwn(elementBits, name);
}

export function elementTypeNames(): string[] {
  return Object.keys(elementBits);
}

/** Bits that one element takes; 4 and 6 for the packed types. */
export function bitsOf(type: ElementType): number {
  return elementBits[type];
}

/**
 * Values of a tensor, row-major: whole numbers of 64 bits as bigint, all others as number; C64 as real, imaginary,
 * real, …
 */
export type TensorValues = Float64Array | BigInt64Array | BigUint64Array;

/** Layout of a floating-point type of at most 16 bits. `special`: what the highest exponent means. */
interface SmallFloat {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** ieee: infinities and NaN; fn: only all ones is NaN; fnuz: only the sign bit alone is NaN. */
  readonly special: "ieee" | "fn" | "fnuz";
}

// F16: IEEE 754. The 8-bit types: OCP "OFP8" specification (E5M2, E4M3); their FNUZ variants as in ONNX and MLIR.
const smallFloats: Partial<Record<ElementType, SmallFloat>> = {
  F16: { exponent: 5, mantissa: 10, bias: 15, special: "ieee" },
  BF16: { exponent: 8, mantissa: 7, bias: 127, special: "ieee" },
  F8_E5M2: { exponent: 5, mantissa: 2, bias: 15, special: "ieee" },
  F8_E4M3: { exponent: 4, mantissa: 3, bias: 7, special: "fn" },
  F8_E4M3FNUZ: { exponent: 4, mantissa: 3, bias: 8, special: "fnuz" },
  F8_E5M2FNUZ: { exponent: 5, mantissa: 2, bias: 16, special: "fnuz" },
};

function decodeSmallFloat(bits: number, layout: SmallFloat): number {
  const { exponent: exponentBits, mantissa: mantissaBits, bias, special } = layout;
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const magnitude = bits & ((1 << (exponentBits + mantissaBits)) - 1);
  const exponent = magnitude >> mantissaBits;
  const mantissa = magnitude & ((1 << mantissaBits) - 1);
  const top = (1 << exponentBits) - 1;
  if (special === "ieee" && exponent === top) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (special === "fn" && magnitude === (1 << (exponentBits + mantissaBits)) - 1) return Number.NaN;
  if (special === "fnuz" && sign < 0 && magnitude === 0) return Number.NaN;
  const fraction = mantissa / (1 << mantissaBits);
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

/**
 * Decodes little-endian elements. Undefined for the packed types F4 and F6, which have no agreed order of bits in a
 * byte.
 */
export function decodeElements(bytes: Uint8Array, type: ElementType): TensorValues | undefined {
  const size = bitsOf(type) / 8;
  if (size < 1) return undefined;
  const whole = bytes.byteOffset % size === 0 ? bytes : Uint8Array.from(bytes);
  const { buffer, byteOffset } = whole;
  const count = Math.floor(bytes.byteLength / size);
  if (type === "I64") return new BigInt64Array(buffer, byteOffset, count).slice();
  if (type === "U64") return new BigUint64Array(buffer, byteOffset, count).slice();
  if (type === "C64") return Float64Array.from(new Float32Array(buffer, byteOffset, 2 * count));
  return decodeNumbers(whole, type, count);
}

// Typed arrays have the machine's byte order; every machine that Node runs on today is little-endian, as the files are.
function decodeNumbers({ buffer, byteOffset }: Uint8Array, type: ElementType, count: number): Float64Array {
  switch (type) {
    case "F32":
      return Float64Array.from(new Float32Array(buffer, byteOffset, count));
    case "F64":
      return new Float64Array(buffer, byteOffset, count).slice();
    case "BF16":
      return decodeBrain(new Uint16Array(buffer, byteOffset, count));
    case "I8":
      return Float64Array.from(new Int8Array(buffer, byteOffset, count));
    case "I16":
      return Float64Array.from(new Int16Array(buffer, byteOffset, count));
    case "U16":
      return Float64Array.from(new Uint16Array(buffer, byteOffset, count));
    case "I32":
      return Float64Array.from(new Int32Array(buffer, byteOffset, count));
    case "U32":
      return Float64Array.from(new Uint32Array(buffer, byteOffset, count));
    case "F16":
      return decodeByTable(new Uint16Array(buffer, byteOffset, count), tableOf(type));
    case "U8":
    case "BOOL":
      return Float64Array.from(new Uint8Array(buffer, byteOffset, count));
    default:
      return decodeByTable(new Uint8Array(buffer, byteOffset, count), tableOf(type));
  }
}

/** BF16 is the upper half of a 32-bit float. */
function decodeBrain(halves: Uint16Array): Float64Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
  return Float64Array.from(new Float32Array(words.buffer));
}

function decodeByTable(patterns: Uint16Array | Uint8Array, table: Float64Array): Float64Array {
  const values = new Float64Array(patterns.length);
  for (let i = 0; i < patterns.length; i++) values[i] = table[patterns[i] as number] as number;
  return values;
}

const tables = new Map<ElementType, Float64Array>();

/** The value of every bit pattern of a type of at most 16 bits. */
function tableOf(type: ElementType): Float64Array {
  const known = tables.get(type);
  if (known) return known;
  const small = smallFloats[type];
  const table = Float64Array.from({ length: 2 ** bitsOf(type) }, (_, pattern) => {
    if (small) return decodeSmallFloat(pattern, small);
    return pattern === 255 ? Number.NaN : 2 ** (pattern - 127); // F8_E8M0
  });
  tables.set(type, table);
  return table;
}
