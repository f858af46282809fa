import type { ByteSource } from "../../core/bytes.js";
import { FormatError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import { bitsOf, type ElementType } from "../dtype.js";
import { type ProtobufField, ProtobufProblem, ProtobufReader, packedNumbers } from "../protobuf.js";
import type { TensorEntry } from "../tensor-entry.js";
import { elementTypeOf, mindSporeTypeNames } from "./tensor-types.js";

/**
 * MindSpore's `.ckpt` (checkpoint.proto): a protobuf message `Checkpoint { repeated Value value = 1 }` with
 * `Value { string tag = 1; TensorProto tensor = 2; MapTensorProto maptensor = 3 }` and
 * `TensorProto { repeated int64 dims = 1; string tensor_type = 2; bytes tensor_content = 3 }`. Content is
 * little-endian and row-major.
 * A single value has the dimension 0. Tensors above 512 MiB are consecutive values of one tag. The file may end with
 * `crc_num` and the
 * CRC-32 of all bytes before as 10 big-endian bytes.
 */
export interface CkptHeader {
  /** Values of type `str`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the file. */
  readonly tensors: readonly TensorEntry[];
  /** The stored CRC-32 of the bytes before `dataEnd`; undefined if the file was saved without `crc_check`. */
  readonly crc: number | undefined;
  /** Position behind the last value. */
  readonly dataEnd: number;
}

const limits = { name: 65_536, type: 64, dimensions: 1024, text: 16 * 1024 * 1024, tensors: 20_000_000 };
const trailer = "crc_num";
const trailerBytes = 17;

interface Value {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly content: ProtobufField;
}

interface Growing {
  readonly value: Value;
  readonly pieces: [start: number, bytes: number][];
  bytes: number;
}

/**
 * Reads names, types, and places of all tensors; of their data nothing is read.
 * @throws FormatError CKPT_INVALID with file and offset if the bytes are no such message, or sizes and shapes disagree.
 */
export async function readCkptHeader(source: ByteSource): Promise<CkptHeader> {
  const { crc, dataEnd } = await readTrailer(source);
  const reader = new ProtobufReader(source);
  const found = new Map<string, Growing>();
  const texts = new Map<string, string>();
  try {
    let last: Growing | undefined;
    for (let position = 0; position < dataEnd; ) {
      const field = await reader.field(position, dataEnd);
      position = field.end;
      if (field.number !== 1 || field.wireType !== 2) {
        throw new ProtobufProblem(field.start, `expected field 1 (value), found field ${field.number}`);
      }
      const value = await readValue(reader, field);
      if (value.type === "str") texts.set(value.name, await readText(reader, value));
      else last = addValue(found, last, value);
      if (found.size > limits.tensors) throw new ProtobufProblem(position, `more than ${limits.tensors} tensors`);
    }
    return { metadata: Object.fromEntries(texts), tensors: [...found.values()].map(entryOf), crc, dataEnd };
  } catch (error) {
    if (!(error instanceof ProtobufProblem)) throw error;
    throw ckptInvalid(source, error.offset, error.message);
  }
}

/** An error about the bytes of a `.ckpt` file. */
export function ckptInvalid(source: ByteSource, offset: number, what: string): FormatError {
  return new FormatError("CKPT_INVALID", `${source.name}: not a MindSpore checkpoint (.ckpt): ${what}`, {
    file: source.name,
    offset,
    hint: "copy the file again from its source; if it was being written, use an older checkpoint",
  });
}

async function readTrailer(source: ByteSource): Promise<{ crc: number | undefined; dataEnd: number }> {
  const size = source.byteLength;
  if (size === 0) throw ckptInvalid(source, 0, "expected a message, found an empty file");
  if (size < trailerBytes) return { crc: undefined, dataEnd: size };
  const end = await source.slice(size - trailerBytes, size);
  if (Buffer.from(end.subarray(0, 7)).toString("latin1") !== trailer) return { crc: undefined, dataEnd: size };
  const crc = end.subarray(7).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  if (crc >= 2n ** 32n) {
    throw ckptInvalid(source, size - 10, `expected a CRC-32 below 2^32 behind ${trailer}, found ${crc}`);
  }
  return { crc: Number(crc), dataEnd: size - trailerBytes };
}

async function readValue(reader: ProtobufReader, outer: ProtobufField): Promise<Value> {
  let name: string | undefined;
  let tensor: Omit<Value, "name"> | undefined;
  for (let position = outer.start; position < outer.end; ) {
    const field = await reader.field(position, outer.end);
    position = field.end;
    if (field.number === 1 && field.wireType === 2) name = await readName(reader, field, limits.name);
    else if (field.number === 2 && field.wireType === 2) tensor = await readTensor(reader, field);
    else if (field.number === 3) {
      throw new ProtobufProblem(
        field.start,
        "expected a tensor, found a hash map (MapParameter), which is not supported",
      );
    } else throw new ProtobufProblem(field.start, `expected a tag or a tensor, found field ${field.number}`);
  }
  if (name === undefined || tensor === undefined) {
    throw new ProtobufProblem(
      outer.start,
      `expected a tag and a tensor, found no ${name === undefined ? "tag" : "tensor"}`,
    );
  }
  return { name, ...tensor };
}

async function readName(reader: ProtobufReader, field: ProtobufField, limit: number): Promise<string> {
  const bytes = await reader.bytes(field, limit);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtobufProblem(field.start, "expected text in UTF-8, found other bytes");
  }
}

async function readTensor(reader: ProtobufReader, outer: ProtobufField): Promise<Omit<Value, "name">> {
  const dims: number[] = [];
  let type: string | undefined;
  let content: ProtobufField | undefined;
  for (let position = outer.start; position < outer.end; ) {
    const field = await reader.field(position, outer.end);
    position = field.end;
    if (field.number === 1 && field.wireType === 0) dims.push(field.value);
    else if (field.number === 1 && field.wireType === 2) {
      for (const dim of packedNumbers(await reader.bytes(field, 10 * limits.dimensions))) dims.push(dim);
    } else if (field.number === 2 && field.wireType === 2) type = await readName(reader, field, limits.type);
    else if (field.number === 3 && field.wireType === 2) content = field;
    else
      throw new ProtobufProblem(
        field.start,
        `expected dims, tensor_type, or tensor_content, found field ${field.number}`,
      );
    if (dims.length > limits.dimensions) {
      throw new ProtobufProblem(outer.start, `expected at most ${limits.dimensions} dimensions, found more`);
    }
  }
  if (type === undefined || content === undefined) {
    const missing = type === undefined ? "tensor_type" : "tensor_content";
    throw new ProtobufProblem(outer.start, `expected a ${missing}, found none`);
  }
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0)) {
    throw new ProtobufProblem(outer.start, `expected dimensions from 0 on, found ${dims.join(", ")}`);
  }
  return { type, dims, content };
}

/** `str` values are UTF-32 code points, little-endian. */
async function readText(reader: ProtobufReader, { content, name }: Value): Promise<string> {
  const bytes = await reader.bytes(content, limits.text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength % 4 !== 0) {
    throw new ProtobufProblem(content.start, `text ${JSON.stringify(name)}: expected 4 bytes a character`);
  }
  const parts: string[] = [];
  for (let i = 0; i < bytes.byteLength; i += 4) {
    const point = view.getUint32(i, true);
    if (point > 0x10ffff) throw new ProtobufProblem(content.start + i, `expected a code point, found ${point}`);
    parts.push(String.fromCodePoint(point));
  }
  return parts.join("");
}

function addValue(found: Map<string, Growing>, last: Growing | undefined, value: Value): Growing {
  const { name, type, dims, content } = value;
  const piece: [number, number] = [content.start, content.value];
  const before = found.get(name);
  if (before === undefined) {
    const growing = { value, pieces: [piece], bytes: content.value };
    found.set(name, growing);
    return growing;
  }
  const same = before.value.type === type && before.value.dims.join() === dims.join();
  if (before !== last || !same) {
    throw new ProtobufProblem(content.start, `expected each name once, found ${JSON.stringify(name)} twice`);
  }
  before.pieces.push(piece);
  before.bytes += content.value;
  return before;
}

function entryOf({ value, pieces, bytes }: Growing): TensorEntry {
  const { name, type, dims, content } = value;
  const dtype = elementTypeOf(type);
  if (dtype === undefined) {
    const known = [...mindSporeTypeNames(), "str"].join(", ");
    throw new ProtobufProblem(
      content.start,
      `tensor ${JSON.stringify(name)}: expected one of ${known}, found ${JSON.stringify(type)}`,
    );
  }
  const { shape, elements } = shapeOf(dims, dtype, bytes);
  const expected = (elements * bitsOf(dtype)) / 8;
  const largest = shape.reduce((product, dimension) => product * Math.max(1, dimension), 1);
  if (expected !== bytes || !Number.isSafeInteger(largest * 64)) {
    const sum = `${shape.join(" × ") || "1"} × ${bitsOf(dtype) / 8} bytes = ${formatCount(expected)}`;
    throw new ProtobufProblem(
      content.start,
      `tensor ${JSON.stringify(name)}: expected ${sum} bytes, found ${formatCount(bytes)}`,
    );
  }
  const entry = { name, dtype, shape, elements, bytes, start: pieces[0]?.[0] ?? 0 };
  return pieces.length > 1 ? { ...entry, pieces } : entry;
}

function shapeOf(dims: readonly number[], dtype: ElementType, bytes: number) {
  const single = dims.length === 0 || (dims.length === 1 && dims[0] === 0 && bytes === bitsOf(dtype) / 8);
  const shape = single ? [] : dims;
  return { shape, elements: shape.reduce((product, dimension) => product * dimension, 1) };
}
