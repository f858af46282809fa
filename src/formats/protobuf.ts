import type { ByteSource } from "../core/bytes.js";

/** A field of a protobuf message: its number, its value or length, and where its content stands. */
export interface ProtobufField {
  readonly number: number;
  /** 0: a number in `value`; 2: `value` bytes from `start` on. Other types are skipped content of `value` bytes. */
  readonly wireType: number;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Why bytes are no protobuf message; the caller makes a FormatError of it. */
export class ProtobufProblem extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

const windowBytes = 64 * 1024;

/**
 * Reads protobuf fields from a source of any size through a window of 64 KiB; content that nobody asks for is not
 * read.
 */
export class ProtobufReader {
  readonly source: ByteSource;
  #window: Uint8Array = new Uint8Array(0);
  #windowStart = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** The field that begins at `position`, in a message that ends at `end`. */
  async field(position: number, end: number): Promise<ProtobufField> {
    if (position + 20 > this.#windowStart + this.#window.byteLength || position < this.#windowStart) {
      await this.#load(position);
    }
    const [key, afterKey] = this.#varint(position, end);
    const number = Math.floor(key / 8);
    const wireType = key % 8;
    if (wireType === 0) {
      const [value, after] = this.#varint(afterKey, end);
      return { number, wireType, value, start: afterKey, end: after };
    }
    const fixed = wireType === 1 ? 8 : wireType === 5 ? 4 : undefined;
    const [length, start] = fixed !== undefined ? [fixed, afterKey] : this.#varint(afterKey, end);
    if (fixed === undefined && wireType !== 2) {
      throw new ProtobufProblem(position, `expected a field of wire type 0, 1, 2 or 5, found ${wireType}`);
    }
    if (number === 0) throw new ProtobufProblem(position, "expected a field number from 1 on, found 0");
    if (length > end - start) {
      throw new ProtobufProblem(position, `expected a field of at most ${end - start} bytes, found ${length}`);
    }
    return { number, wireType, value: length, start, end: start + length };
  }

  /** The content of a field of at most `limit` bytes. */
  async bytes({ start, end }: ProtobufField, limit: number): Promise<Uint8Array> {
    if (end - start > limit) {
      throw new ProtobufProblem(start, `expected at most ${limit} bytes here, found ${end - start}`);
    }
    if (start >= this.#windowStart && end <= this.#windowStart + this.#window.byteLength) {
      return this.#window.slice(start - this.#windowStart, end - this.#windowStart);
    }
    return this.source.slice(start, end);
  }

  async #load(position: number): Promise<void> {
    const end = Math.min(this.source.byteLength, position + windowBytes);
    this.#window = await this.source.slice(position, end);
    this.#windowStart = position;
  }

  /** A varint whose value is a safe whole number; negative 64-bit values (ten bytes) are returned as they are. */
  #varint(position: number, end: number): readonly [value: number, next: number] {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      const at = position + i;
      const byte = at < end ? this.#window[at - this.#windowStart] : undefined;
      if (byte === undefined) throw new ProtobufProblem(position, "expected a number, found the end of the message");
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) {
        const signed = BigInt.asIntN(64, value);
        if (signed > BigInt(Number.MAX_SAFE_INTEGER) || signed < BigInt(Number.MIN_SAFE_INTEGER)) {
          throw new ProtobufProblem(position, `expected a number below 2^53, found ${signed}`);
        }
        return [Number(signed), at + 1];
      }
    }
    throw new ProtobufProblem(position, "expected a number of at most 10 bytes, found a longer one");
  }
}

/** Whole numbers of a packed repeated field. */
export function packedNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte < 0x80) {
      numbers.push(Number(BigInt.asIntN(64, value)));
      value = 0n;
      shift = 0n;
    } else if (shift > 63n) throw new ProtobufProblem(0, "expected a number of at most 10 bytes, found a longer one");
  }
  if (shift !== 0n) throw new ProtobufProblem(0, "expected whole numbers, found a cut one");
  return numbers;
}

/** A whole number as a varint. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** A field that holds bytes, text, or a message. */
export function lengthField(number: number, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.byteLength), bytes]);
}

/** A field that holds a whole number. */
export function numberField(number: number, value: number): Uint8Array {
  return Buffer.concat([varint(number * 8), varint(value)]);
}
