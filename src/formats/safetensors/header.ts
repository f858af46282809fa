import type { ByteSource } from "../../core/bytes.js";
import { FormatError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import { bitsOf, elementTypeNames, isElementType } from "../dtype.js";
import type { TensorEntry } from "../tensor-entry.js";
import { duplicateKey } from "./duplicate-key.js";

/**
 * The safetensors format (its README, "Format"): u64 little-endian length of the header, the header as a JSON object
 * padded with spaces,
 * then the data of all tensors back to back. The header has `name: { dtype, shape, data_offsets: [begin, end] }`,
 * offsets counted from the
 * end of the header, and optionally `__metadata__`, a map of strings. No gaps, no overlaps, nothing behind the last
 * tensor.
 */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their data. */
  readonly tensors: readonly TensorEntry[];
  /** Position in the file where the data begin. */
  readonly dataStart: number;
}

/** The format's own readers accept no larger header; it is checked before a byte of the header is read. */
const maximumHeaderBytes = 100_000_000;

/**
 * Reads and checks a header; no tensor data are read.
 * @throws FormatError SAFETENSORS_INVALID with file and offset for anything that the format forbids.
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const size = source.byteLength;
  if (size < 8)
    throw invalid({ source, offset: 0 }, `expected at least the 8 bytes of the header's length, found ${size} bytes`);
  const prefix = await source.slice(0, 8);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(size - 8)) {
    const found = `8 bytes + a header of ${length} bytes = ${8n + length}, found a file of ${size} bytes`;
    throw invalid({ source, offset: 0 }, `expected room for ${found}`);
  }
  if (length > BigInt(maximumHeaderBytes)) {
    throw invalid({ source, offset: 0 }, `expected a header of at most ${maximumHeaderBytes} bytes, found ${length}`);
  }
  const dataStart = 8 + Number(length);
  const { metadata, entries } = parseHeader(source, await source.slice(8, dataStart));
  const tensors = entries.map(([name, value]) => checkEntry({ source, dataStart, name, value }));
  tensors.sort((a, b) => a.start - b.start || a.bytes - b.bytes);
  checkContiguous(source, tensors, dataStart);
  return { metadata, tensors, dataStart };
}

function parseHeader(source: ByteSource, bytes: Uint8Array) {
  const root = parseJson(source, bytes);
  if (!isRecord(root)) throw invalid({ source, offset: 8 }, `header: expected a JSON object, found ${show(root)}`);
  const { __metadata__: metadata, ...rest } = root;
  const strings = metadata ?? {};
  if (!isRecord(strings) || Object.values(strings).some((value) => typeof value !== "string")) {
    throw invalid(
      { source, offset: 8 },
      `header, __metadata__: expected an object of strings, found ${show(metadata)}`,
    );
  }
  return { metadata: strings as Record<string, string>, entries: Object.entries(rest) };
}

function parseJson(source: ByteSource, bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw invalid(
      { source, offset: 8, cause: error },
      "header: expected JSON in UTF-8, found bytes that are not UTF-8",
    );
  }
  if (!text.startsWith("{"))
    throw invalid({ source, offset: 8 }, `header: expected JSON that begins with {, found ${show(text)}`);
  try {
    const value: unknown = JSON.parse(text);
    const twice = duplicateKey(text, value);
    if (twice === undefined) return value;
    throw invalid({ source, offset: 8 }, `header: expected each name once, found ${show(twice)} twice`);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    throw invalid(
      { source, offset: 8, cause: error },
      `header: expected JSON, found ${error instanceof Error ? error.message : error}`,
    );
  }
}

interface RawEntry {
  readonly source: ByteSource;
  readonly dataStart: number;
  readonly name: string;
  readonly value: unknown;
}

function checkEntry({ source, dataStart, name, value }: RawEntry): TensorEntry {
  const fail = (what: string, offset = 8) => invalid({ source, offset }, `tensor ${show(name)}${what}`);
  if (!isRecord(value)) throw fail(`: expected an object with dtype, shape, and data_offsets, found ${show(value)}`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !isElementType(dtype)) {
    throw fail(`, dtype: expected one of ${elementTypeNames().join(", ")}, found ${show(dtype)}`);
  }
  if (!isNumberList(shape)) throw fail(`, shape: expected a list of whole numbers from 0 on, found ${show(shape)}`);
  if (!isNumberList(offsets) || offsets.length !== 2) {
    throw fail(`, data_offsets: expected two whole numbers from 0 on, found ${show(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const dataBytes = source.byteLength - dataStart;
  if (begin > end) throw fail(`, data_offsets: expected begin ≤ end, found ${begin} and ${end}`);
  if (end > dataBytes) {
    throw fail(`, data_offsets: expected an end of at most ${dataBytes} (bytes of data in the file), found ${end}`);
  }
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  const bits = bitsOf(dtype) * elements;
  // The largest partial product must be exact too: a zero at the end would hide it.
  const largest = shape.reduce((product, dimension) => product * Math.max(1, dimension), 1);
  if (!Number.isSafeInteger(largest * 64) || bits !== 8 * (end - begin)) {
    const sum = `${shape.join(" × ") || "1"} × ${bitsOf(dtype)} bits = ${formatCount(bits / 8)} bytes`;
    const found = `${formatCount(end - begin)} (data_offsets)`;
    throw fail(`: expected ${sum} (shape and dtype), found ${found}`, dataStart + begin);
  }
  return { name, dtype, shape, elements, bytes: end - begin, start: dataStart + begin };
}

function checkContiguous(source: ByteSource, tensors: readonly TensorEntry[], dataStart: number): void {
  let position = dataStart;
  let before: string | undefined;
  const place = () => (before === undefined ? "the header" : show(before));
  for (const { name, start, bytes } of tensors) {
    if (start !== position) {
      const kind = start < position ? "overlap" : "gap";
      const message =
        `tensor ${show(name)}: expected to begin at byte ${position - dataStart} of the data, ` +
        `right after ${place()}, found ${start - dataStart}`;
      throw invalid(
        { source, offset: Math.min(start, position) },
        `${message} (${kind} of ${Math.abs(start - position)} bytes)`,
      );
    }
    position += bytes;
    before = name;
  }
  if (position !== source.byteLength) {
    const message = `expected the file to end after ${place()} at byte ${position}, found ${source.byteLength} bytes`;
    throw invalid({ source, offset: position }, message);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumberList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

interface Place {
  readonly source: ByteSource;
  readonly offset: number;
  readonly cause?: unknown;
}

function invalid({ source, offset, cause }: Place, what: string): FormatError {
  return new FormatError("SAFETENSORS_INVALID", `${source.name}: not a safetensors file: ${what}`, {
    file: source.name,
    offset,
    hint: "copy the file again from its source; if it was being written, use an older checkpoint",
    ...(cause === undefined ? {} : { cause }),
  });
}
