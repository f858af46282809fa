/** Types of a MindRecord field. The four numeric ones may have a shape and are then arrays. */
export type MindRecordType = "int32" | "int64" | "float32" | "float64" | "string" | "bytes";

/** One column. `shape` makes it an array, `[-1]` of any length; values are flat in row-major order. */
export interface MindRecordField {
  readonly type: MindRecordType;
  readonly shape?: readonly number[];
}

/** Column name (letters, digits, underscores) → column. */
export type MindRecordSchema = Readonly<Record<string, MindRecordField>>;

/**
 * int32, float32, float64: number; int64: number where it is exact, else bigint; string; bytes: Uint8Array; arrays:
 * Int32Array, BigInt64Array, Float32Array, Float64Array.
 */
export type MindRecordValue =
  | number
  | bigint
  | string
  | Uint8Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Column name → value. */
export type MindRecordRow = Readonly<Record<string, MindRecordValue>>;

export const mindRecordTypes: readonly MindRecordType[] = ["int32", "int64", "float32", "float64", "string", "bytes"];

/** Bytes and arrays; they lie in blob pages, in the order of their names. */
export function blobFields(schema: MindRecordSchema): string[] {
  return Object.keys(schema)
    .filter((name) => isBlob(schema[name] as MindRecordField))
    .sort();
}

/** Single numbers and strings; they lie in raw pages as one map, in the order of their names. */
export function rawFields(schema: MindRecordSchema): string[] {
  return Object.keys(schema)
    .filter((name) => !isBlob(schema[name] as MindRecordField))
    .sort();
}

function isBlob(field: MindRecordField): boolean {
  return field.type === "bytes" || field.shape !== undefined;
}

/** What is wrong with a schema, in words; undefined if nothing is. The rules are FileWriter's. */
export function schemaFault(schema: unknown): string | undefined {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return "expected an object of fields";
  const entries = Object.entries(schema);
  if (entries.length === 0) return "expected at least one field, found none";
  for (const [name, field] of entries) {
    if (!/^[0-9a-zA-Z_]+$/.test(name))
      return `field ${JSON.stringify(name)}: expected letters, digits, and underscores only`;
    const fault = fieldFault(field);
    if (fault !== undefined) return `field ${name}: ${fault}`;
  }
  return undefined;
}

function fieldFault(field: unknown): string | undefined {
  if (typeof field !== "object" || field === null) return `expected { type }, found ${JSON.stringify(field)}`;
  const { type, shape, ...more } = field as { readonly type?: unknown; readonly shape?: unknown };
  if (!mindRecordTypes.includes(type as MindRecordType))
    return `expected a type of ${mindRecordTypes.join(", ")}, found ${JSON.stringify(type)}`;
  const other = Object.keys(more);
  if (other.length > 0) return `expected type and shape only, found ${other.join(", ")}`;
  if (shape === undefined) return undefined;
  if (type === "string" || type === "bytes") return `${type} has no shape, found ${JSON.stringify(shape)}`;
  const sizes = Array.isArray(shape) ? (shape as unknown[]) : [];
  const good = sizes.every((size) => Number.isSafeInteger(size) && ((size as number) > 0 || size === -1));
  if (sizes.length === 0 || !good || sizes.filter((size) => size === -1).length > 1)
    return `expected a shape such as [-1] or [2, 3], found ${JSON.stringify(shape)}`;
  return undefined;
}

/** True if `count` elements can have the shape. */
export function fitsShape(count: number, shape: readonly number[]): boolean {
  const fixed = shape.filter((size) => size !== -1).reduce((product, size) => product * size, 1);
  return shape.includes(-1) ? count % fixed === 0 : count === fixed;
}
