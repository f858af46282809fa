import type { ElementType } from "../dtype.js";

/** MindSpore's names of element types (`tensor_type`) and ours. Int4 (`qint4x2`) stores two values in each byte. */
const byMindSporeName: Readonly<Record<string, ElementType>> = {
  Int8: "I8",
  UInt8: "U8",
  Int16: "I16",
  UInt16: "U16",
  Int32: "I32",
  UInt32: "U32",
  Int64: "I64",
  UInt64: "U64",
  Float16: "F16",
  Float32: "F32",
  Float64: "F64",
  BFloat16: "BF16",
  Bool: "BOOL",
  Int4: "I8",
  Float8E4M3FN: "F8_E4M3",
  Float8E5M2: "F8_E5M2",
  Complex64: "C64",
};

/** Type of the elements by MindSpore's name, or undefined. */
export function elementTypeOf(name: string): ElementType | undefined {
  return Object.hasOwn(byMindSporeName, name) ? byMindSporeName[name] : undefined;
}

export function mindSporeTypeNames(): string[] {
  return Object.keys(byMindSporeName);
}

/** MindSpore's name of a type, or undefined if a `.ckpt` file can't hold it. */
export function mindSporeNameOf(type: ElementType): string | undefined {
  return Object.keys(byMindSporeName).find((name) => byMindSporeName[name] === type);
}
