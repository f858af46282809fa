import { viewOf } from "./failure.js";
import { concat } from "./message-pack.js";

/** The value of a column in an SQLite record. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** A number that is to be stored as REAL also where it is whole. */
export interface Real {
  readonly real: number;
}

/**
 * SQLite's variable-length integer: 7 bits a byte, highest first; the ninth byte has 8. Values here stay below 2^53.
 */
export function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.unshift((rest % 128) | (bytes.length > 0 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

/** Reads a varint below 2^53; undefined if the bytes end early or the value is larger. */
export function decodeVarint(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value = value * 128 + (byte & 127);
    if (value > Number.MAX_SAFE_INTEGER) return undefined;
    if (byte < 128) return { value, next: at + i + 1 };
  }
  return undefined;
}

const text = new TextEncoder();

/** A record: length of its head, the type of every column, then the values (SQLite file format, section 2.1). */
export function encodeRecord(values: readonly (SqlValue | Real)[]): Uint8Array {
  const columns = values.map(encodeValue);
  const types = concat(columns.map(({ type }) => encodeVarint(type)));
  let headLength = types.byteLength + 1;
  if (headLength > 127) headLength += 1;
  return concat([encodeVarint(headLength), types, ...columns.map(({ bytes }) => bytes)]);
}

interface EncodedValue {
  readonly type: number;
  readonly bytes: Uint8Array;
}

const empty = new Uint8Array(0);

function encodeValue(value: SqlValue | Real): EncodedValue {
  if (value === null) return { type: 0, bytes: empty };
  if (typeof value === "string") {
    const bytes = text.encode(value);
    return { type: 13 + 2 * bytes.byteLength, bytes };
  }
  if (value instanceof Uint8Array) return { type: 12 + 2 * value.byteLength, bytes: value };
  if (typeof value === "object") return { type: 7, bytes: fixed(8, (data) => data.setFloat64(0, value.real)) };
  return encodeWhole(BigInt(value));
}

function encodeWhole(value: bigint): EncodedValue {
  if (value === 0n || value === 1n) return { type: value === 0n ? 8 : 9, bytes: empty };
  const sizes = [1, 2, 3, 4, 6, 8];
  const type = sizes.findIndex((size) => BigInt.asIntN(8 * size, value) === value) + 1;
  const size = sizes[type - 1] as number;
  const all = fixed(8, (data) => data.setBigInt64(0, value));
  return { type, bytes: all.subarray(8 - size) };
}

function fixed(size: number, write: (data: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  write(viewOf(bytes));
  return bytes;
}

/** The columns of a record, or in words what is wrong with it. */
export function decodeRecord(bytes: Uint8Array): SqlValue[] | string {
  const head = decodeVarint(bytes, 0);
  if (!head || head.value < head.next || head.value > bytes.byteLength)
    return `expected a record's head within ${bytes.byteLength} bytes`;
  const values: SqlValue[] = [];
  let at = head.next;
  let data = head.value;
  while (at < head.value) {
    const type = decodeVarint(bytes, at);
    if (!type || type.next > head.value) return "expected column types within the record's head";
    const size = sizeOfType(type.value);
    if (size === undefined || data + size > bytes.byteLength)
      return `column ${values.length}: expected ${size ?? "a known number of"} bytes, found ${bytes.byteLength - data}`;
    values.push(decodeValue(type.value, bytes.subarray(data, data + size)));
    at = type.next;
    data += size;
  }
  return data === bytes.byteLength ? values : `expected a record of ${data} bytes, found ${bytes.byteLength}`;
}

function sizeOfType(type: number): number | undefined {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type];
}

function decodeValue(type: number, bytes: Uint8Array): SqlValue {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type >= 12)
    return type % 2 === 0 ? new Uint8Array(bytes) : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (type === 7) return viewOf(bytes).getFloat64(0);
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  value = BigInt.asIntN(8 * bytes.byteLength, value);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
