import { decodeInts, encodeInts } from "./compressed-ints.js";
import { viewOf } from "./failure.js";
import { concat, decodeMap, encodeMap, type RawEntry } from "./message-pack.js";
import {
  blobFields,
  fitsShape,
  type MindRecordField,
  type MindRecordRow,
  type MindRecordSchema,
  type MindRecordValue,
  rawFields,
} from "./schema.js";

/** A row as it lies in the pages, without the 8 bytes of its length. */
export interface EncodedRow {
  readonly blob: Uint8Array;
  readonly raw: Uint8Array;
  /** Bytes by which the integer arrays became smaller; the header adds them up. */
  readonly saved: number;
}

/** Encodes rows of one schema. */
export class RowEncoder {
  readonly #schema: MindRecordSchema;
  readonly #blobs: readonly string[];
  readonly #raws: readonly string[];
  readonly #indexed: ReadonlySet<string>;

  /** `indexFields`: those that go into the index as well, where a float has to be finite. */
  constructor(schema: MindRecordSchema, indexFields: readonly string[]) {
    this.#schema = schema;
    this.#blobs = blobFields(schema);
    this.#raws = rawFields(schema);
    this.#indexed = new Set(indexFields);
  }

  /** The row's bytes, or in words which value does not fit its field. */
  encode(row: MindRecordRow): EncodedRow | string {
    for (const name of [...this.#blobs, ...this.#raws]) {
      const fault = valueFault(this.#schema[name] as MindRecordField, row[name]);
      if (fault !== undefined) return `field ${name}: ${fault}`;
      // FileWriter ends the process on these: they have no JSON.
      if (this.#indexed.has(name) && typeof row[name] === "number" && !Number.isFinite(row[name]))
        return `field ${name}: expected a finite number in an index field, found ${row[name]}`;
    }
    const payloads = this.#blobs.map((name) => payload(row[name] as MindRecordValue));
    const plain = this.#blobs.map((name) => (row[name] as Uint8Array).byteLength);
    const saved = payloads.reduce((sum, bytes, i) => sum + (plain[i] as number) - bytes.byteLength, 0);
    const entries = this.#raws.map((name) => this.#rawEntry(name, row[name] as number | bigint | string));
    const raw = encodeMap(entries.length > 0 ? entries : [{ name: "id", value: 0, float: false }]);
    return { blob: joinPayloads(payloads), raw, saved };
  }

  #rawEntry(name: string, value: number | bigint | string): RawEntry {
    const { type } = this.#schema[name] as MindRecordField;
    const float = type === "float32" || type === "float64";
    return { name, float, value: type === "float32" ? Math.fround(Number(value)) : value };
  }
}

function payload(value: MindRecordValue): Uint8Array {
  if (value instanceof Int32Array || value instanceof BigInt64Array) return encodeInts(value);
  const { buffer, byteOffset, byteLength } = value as Uint8Array;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** One field stands alone; several have their lengths before them; none is four zero bytes. */
function joinPayloads(payloads: readonly Uint8Array[]): Uint8Array {
  if (payloads.length === 0) return new Uint8Array(4);
  if (payloads.length === 1) return payloads[0] as Uint8Array;
  return concat(
    payloads.flatMap((bytes) => {
      const length = new Uint8Array(8);
      viewOf(length).setBigUint64(0, BigInt(bytes.byteLength));
      return [length, bytes];
    }),
  );
}

const arrays = { int32: Int32Array, int64: BigInt64Array, float32: Float32Array, float64: Float64Array } as const;

function valueFault({ type, shape }: MindRecordField, value: unknown): string | undefined {
  if (value === undefined) return "expected a value, found none";
  if (type === "string") return textFault(value);
  if (type === "bytes")
    return value instanceof Uint8Array ? undefined : `expected a Uint8Array, found ${nameOf(value)}`;
  if (shape !== undefined) {
    if (!(value instanceof arrays[type])) return `expected a ${arrays[type].name}, found ${nameOf(value)}`;
    if (!fitsShape(value.length, shape))
      return `expected the shape [${shape.join(", ")}], found ${value.length} elements`;
    return undefined;
  }
  return numberFault(type, value);
}

function textFault(value: unknown): string | undefined {
  if (typeof value !== "string") return `expected a string, found ${typeof value}`;
  // Half a character has no UTF-8 and would be written as another one.
  return /\p{Surrogate}/u.test(value) ? "expected whole characters, found a lone surrogate" : undefined;
}

function nameOf(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor.name : typeof value;
}

function numberFault(type: "int32" | "int64" | "float32" | "float64", value: unknown): string | undefined {
  if (type === "float32" || type === "float64") {
    return typeof value === "number" ? undefined : `expected a number, found ${nameOf(value)}`;
  }
  const integer = typeof value === "bigint" || Number.isSafeInteger(value);
  const isLarge = typeof value === "number" && Number.isInteger(value);
  if (!integer) {
    const expected = `expected a whole number${isLarge ? ", as a bigint beyond 2^53 − 1" : ""}`;
    return `${expected}, found ${typeof value === "number" ? value : nameOf(value)}`;
  }
  const bits = type === "int32" ? 32n : 64n;
  const limit = 1n << (bits - 1n);
  const big = BigInt(value as number | bigint);
  return big >= -limit && big < limit ? undefined : `expected an ${type}, found ${big}`;
}

/** Decodes rows of one schema. */
export class RowDecoder {
  readonly #schema: MindRecordSchema;
  readonly #blobs: readonly string[];
  readonly #raws: readonly string[];
  readonly #wanted: ReadonlySet<string> | undefined;

  /** `columns`: the ones to decode; default all. */
  constructor(schema: MindRecordSchema, columns?: readonly string[]) {
    this.#schema = schema;
    this.#blobs = blobFields(schema);
    this.#raws = rawFields(schema);
    this.#wanted = columns && new Set(columns);
  }

  /** The row, or in words what is wrong with its bytes. */
  decode(blob: Uint8Array, raw: Uint8Array): MindRecordRow | string {
    const row: Record<string, MindRecordValue> = {};
    return this.#decodeRaw(raw, row) ?? this.#decodeBlob(blob, row) ?? row;
  }

  #decodeRaw(raw: Uint8Array, row: Record<string, MindRecordValue>): string | undefined {
    const map = decodeMap(raw);
    if (typeof map === "string") return map;
    for (const name of this.#raws) {
      const value = map.get(name);
      const fault = valueFault(this.#schema[name] as MindRecordField, value);
      if (fault !== undefined) return `field ${name}: ${fault}`;
      if (this.#isWanted(name))
        row[name] = this.#schema[name]?.type === "float32" ? Math.fround(value as number) : (value as MindRecordValue);
    }
    return undefined;
  }

  #decodeBlob(blob: Uint8Array, row: Record<string, MindRecordValue>): string | undefined {
    let at = 0;
    for (const name of this.#blobs) {
      const alone = this.#blobs.length === 1;
      if (!alone && at + 8 > blob.byteLength) return `field ${name}: expected 8 bytes of length, found the row's end`;
      const length = alone ? BigInt(blob.byteLength) : viewOf(blob).getBigUint64(at);
      if (!alone) at += 8;
      if (length > BigInt(blob.byteLength - at))
        return `field ${name}: expected ${length} bytes, found ${blob.byteLength - at} to the row's end`;
      const bytes = blob.subarray(at, at + Number(length));
      at += bytes.byteLength;
      if (!this.#isWanted(name)) continue;
      const value = decodeBlobValue(this.#schema[name] as MindRecordField, bytes);
      if (typeof value === "string") return `field ${name}: ${value}`;
      row[name] = value;
    }
    if (this.#blobs.length > 0 && at !== blob.byteLength)
      return `expected a row of ${at} bytes, found ${blob.byteLength}`;
    return undefined;
  }

  #isWanted(name: string): boolean {
    return this.#wanted?.has(name) ?? true;
  }
}

function decodeBlobValue({ type, shape }: MindRecordField, bytes: Uint8Array): Exclude<MindRecordValue, number> {
  if (type === "bytes" || type === "string") return new Uint8Array(bytes);
  const values = type === "int32" || type === "int64" ? decodeInts(bytes, type) : decodeFloats(bytes, type);
  if (typeof values === "string" || shape === undefined || fitsShape(values.length, shape)) return values;
  return `expected the shape [${shape.join(", ")}], found ${values.length} elements`;
}

function decodeFloats(bytes: Uint8Array, type: "float32" | "float64"): Float32Array | Float64Array | string {
  const { BYTES_PER_ELEMENT: size } = arrays[type];
  if (bytes.byteLength % size !== 0) return `expected a multiple of ${size} bytes, found ${bytes.byteLength}`;
  // a Buffer's own slice is no copy; little-endian, as every machine that Node runs on
  const copy = new Uint8Array(bytes).buffer;
  return type === "float32" ? new Float32Array(copy) : new Float64Array(copy);
}
