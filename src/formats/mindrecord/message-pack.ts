import { viewOf } from "./failure.js";

/** What a raw page's map may hold. */
export type RawValue = number | bigint | string;

/** Which numbers of a map are integers and which are not; strings say so themselves. */
export interface RawEntry {
  readonly name: string;
  readonly value: RawValue;
  readonly float: boolean;
}

const text = new TextEncoder();

/**
 * A MessagePack map of text keys, as the C++ JSON library in MindSpore writes it: integers in the smallest type
 * (unsigned ones where they are not negative), floats with 32 bits if that is exact.
 */
export function encodeMap(entries: readonly RawEntry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const count = entries.length;
  parts.push(count < 16 ? Uint8Array.of(0x80 | count) : Uint8Array.of(0xde, count >> 8, count & 255));
  for (const { name, value, float } of entries) {
    parts.push(...encodeText(name));
    if (typeof value === "string") parts.push(...encodeText(value));
    else parts.push(float ? encodeFloat(Number(value)) : encodeInteger(BigInt(value)));
  }
  return concat(parts);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

function encodeText(value: string): Uint8Array[] {
  const bytes = text.encode(value);
  const n = bytes.byteLength;
  if (n < 32) return [Uint8Array.of(0xa0 | n), bytes];
  if (n < 256) return [Uint8Array.of(0xd9, n), bytes];
  return n < 65536
    ? [Uint8Array.of(0xda, n >> 8, n & 255), bytes]
    : [Uint8Array.of(0xdb, n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255), bytes];
}

function tagged(tag: number, bytes: number, write: (data: DataView) => void): Uint8Array {
  const out = new Uint8Array(1 + bytes);
  out[0] = tag;
  write(viewOf(out));
  return out;
}

function encodeFloat(value: number): Uint8Array {
  // NaN is never equal to itself and so takes 64 bits, as in the original.
  if (Math.fround(value) === value && Math.abs(value) <= 3.4028234663852886e38)
    return tagged(0xca, 4, (data) => data.setFloat32(1, value));
  return tagged(0xcb, 8, (data) => data.setFloat64(1, value));
}

function encodeInteger(value: bigint): Uint8Array {
  if (value >= 0n) {
    if (value < 128n) return Uint8Array.of(Number(value));
    if (value < 256n) return Uint8Array.of(0xcc, Number(value));
    if (value < 65536n) return tagged(0xcd, 2, (data) => data.setUint16(1, Number(value)));
    if (value < 4294967296n) return tagged(0xce, 4, (data) => data.setUint32(1, Number(value)));
    return tagged(0xcf, 8, (data) => data.setBigUint64(1, value));
  }
  if (value >= -32n) return Uint8Array.of(Number(value) & 255);
  if (value >= -128n) return tagged(0xd0, 1, (data) => data.setInt8(1, Number(value)));
  if (value >= -32768n) return tagged(0xd1, 2, (data) => data.setInt16(1, Number(value)));
  if (value >= -2147483648n) return tagged(0xd2, 4, (data) => data.setInt32(1, Number(value)));
  return tagged(0xd3, 8, (data) => data.setBigInt64(1, value));
}

/** The map in the bytes, or in words what is wrong with them. Nested values are not allowed. */
export function decodeMap(bytes: Uint8Array): ReadonlyMap<string, RawValue> | string {
  const reader = new Reader(bytes);
  try {
    const count = reader.mapSize();
    // A key and a value take a byte each.
    if (2 * count > bytes.byteLength) return `expected a map of ${count} entries, found ${bytes.byteLength} bytes`;
    const map = new Map<string, RawValue>();
    for (let i = 0; i < count; i++) {
      const key = reader.value();
      if (typeof key !== "string") return `entry ${i}: expected a text key, found a number`;
      map.set(key, reader.value());
    }
    return reader.at === bytes.byteLength ? map : `expected a map of ${reader.at} bytes, found ${bytes.byteLength}`;
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return `expected a map, found ${error.message}`;
    throw error;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads values one after the other; throws RangeError where the bytes end early, TypeError for what is not allowed. */
class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #data: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#data = viewOf(bytes);
  }

  mapSize(): number {
    const tag = this.#take(1, (at) => this.#data.getUint8(at));
    if ((tag & 0xf0) === 0x80) return tag & 15;
    if (tag === 0xde) return this.#take(2, (at) => this.#data.getUint16(at));
    throw new TypeError(`the tag ${tag}`);
  }

  value(): RawValue {
    const tag = this.#take(1, (at) => this.#data.getUint8(at));
    if (tag < 0x80) return tag;
    if (tag >= 0xe0) return tag - 256;
    if ((tag & 0xe0) === 0xa0) return this.#text(tag & 31);
    return this.#tagged(tag);
  }

  #tagged(tag: number): RawValue {
    const data = this.#data;
    switch (tag) {
      case 0xca:
        return this.#take(4, (at) => data.getFloat32(at));
      case 0xcb:
        return this.#take(8, (at) => data.getFloat64(at));
      case 0xcc:
        return this.#take(1, (at) => data.getUint8(at));
      case 0xcd:
        return this.#take(2, (at) => data.getUint16(at));
      case 0xce:
        return this.#take(4, (at) => data.getUint32(at));
      case 0xcf:
        return short(this.#take(8, (at) => data.getBigUint64(at)));
      case 0xd0:
        return this.#take(1, (at) => data.getInt8(at));
      case 0xd1:
        return this.#take(2, (at) => data.getInt16(at));
      case 0xd2:
        return this.#take(4, (at) => data.getInt32(at));
      case 0xd3:
        return short(this.#take(8, (at) => data.getBigInt64(at)));
      case 0xd9:
        return this.#text(this.#take(1, (at) => data.getUint8(at)));
      case 0xda:
        return this.#text(this.#take(2, (at) => data.getUint16(at)));
      case 0xdb:
        return this.#text(this.#take(4, (at) => data.getUint32(at)));
      default:
        throw new TypeError(`a value with the tag ${tag}`);
    }
  }

  #text(bytes: number): string {
    return this.#take(bytes, (at) => utf8.decode(this.#bytes.subarray(at, at + bytes)));
  }

  #take<T>(bytes: number, read: (at: number) => T): T {
    const { at } = this;
    if (at + bytes > this.#bytes.byteLength)
      throw new RangeError(`its end at byte ${this.#bytes.byteLength} where ${at + bytes} are needed`);
    this.at += bytes;
    return read(at);
  }
}

function short(value: bigint): number | bigint {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value;
}
