import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import { DataError } from "../../../core/error.js";
import { formatCount } from "../../../core/units.js";
import { keyLines } from "./key-lines.js";
import { isText, type ParquetColumn, typeName } from "./parquet-columns.js";
import { checkedCompressors, checkPages } from "./parquet-pages.js";
import type { EncodingPolicy } from "./utf8-repair.js";

/** Rows that are decoded at a time. */
const rowsAtOnce = 4096;

export interface ParquetOptions {
  /** The column. */
  readonly key: string;
  readonly encodingErrors: EncodingPolicy;
  /** Compares the checksums of pages that have one. */
  readonly check: boolean;
}

/**
 * One column of a Parquet file as JSON lines (`{"<key>": …}`), a few thousand rows at a time; the reader is
 * hyparquet. Bytes of values that are not UTF-8 stay as they are, unless they are an error.
 * @throws DataError INPUT_KEY_MISSING for a column that is not there, INPUT_COLUMN_INVALID for one that holds no
 * text, INPUT_NOT_UTF8 with the row.
 */
export async function* parquetLines(path: string, options: ParquetOptions): AsyncGenerator<Buffer> {
  const { key, encodingErrors } = options;
  const [{ parquetMetadataAsync, parquetReadObjects, parquetSchema }, compressors] = await Promise.all([
    import("hyparquet"),
    checkedCompressors(),
  ]);
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const file = {
      byteLength: size,
      async slice(start: number, end = size): Promise<ArrayBuffer> {
        const data = new Uint8Array(end - start);
        const { bytesRead } = await handle.read(data, 0, data.length, start);
        if (bytesRead !== data.length)
          throw new Error(`${data.length} bytes at ${start}, only ${bytesRead} were there`);
        return data.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const rows = metadata.row_groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
    if (rows !== Number(metadata.num_rows))
      throw new Error(`row groups of ${rows} rows where its footer says ${metadata.num_rows}`);
    requireText(path, key, parquetSchema(metadata).children as readonly ParquetColumn[]);
    // Values that are UTF-8 become strings, others stay bytes.
    const parsers = { stringFromBytes: (bytes: Uint8Array) => textOrBytes(bytes) as string };
    const read = { file, metadata, columns: [key], compressors, parsers: parsers as never };
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      if (options.check) await checkPages(file, group, key);
      const groupEnd = rowStart + Number(group.num_rows);
      while (rowStart < groupEnd) {
        const rowEnd = Math.min(groupEnd, rowStart + rowsAtOnce);
        const found = await parquetReadObjects({ ...read, rowStart, rowEnd });
        yield Buffer.concat(
          found.map((row, i) => {
            const value: unknown = row[key];
            if (encodingErrors === "error") requireUtf8(value, { path, key, row: rowStart + i + 1 });
            return lineOf(key, value);
          }),
        );
        rowStart = rowEnd;
      }
    }
  } finally {
    await handle.close();
  }
}

function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer) ? buffer.toString("utf8") : Uint8Array.from(bytes);
}

/** Numbers and dates can't come here: the column holds text. */
function lineOf(key: string, value: unknown): Buffer {
  const parts = [Buffer.from(`{${JSON.stringify(key)}: `), jsonOf(value), Buffer.from("}\n")];
  return Buffer.concat(parts);
}

function jsonOf(value: unknown): Buffer {
  if (value instanceof Uint8Array) return quoted(value);
  if (!Array.isArray(value)) return Buffer.from(JSON.stringify(value) ?? "null");
  const items = value.flatMap((item: unknown, i) => (i === 0 ? [jsonOf(item)] : [Buffer.from(", "), jsonOf(item)]));
  return Buffer.concat([Buffer.from("["), ...items, Buffer.from("]")]);
}

/** The bytes as a JSON string; those that are not UTF-8 as they are. */
function quoted(bytes: Uint8Array): Buffer {
  // Latin-1 maps every byte to a character and back; JSON escapes only what is ASCII.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return Buffer.from(JSON.stringify(text), "latin1");
}

interface Place {
  readonly path: string;
  readonly key: string;
  /** From 1. */
  readonly row: number;
}

function requireUtf8(value: unknown, { path, key, row }: Place): void {
  const bad = (Array.isArray(value) ? value : [value]).some((item: unknown) => item instanceof Uint8Array);
  if (!bad) return;
  throw new DataError(
    "INPUT_NOT_UTF8",
    `input ${path}, row ${formatCount(row)}: expected "${key}" to be UTF-8 text, found another byte sequence`,
    { hint: 'pass encodingErrors: "replace" or "skip"', details: { path, key, row } },
  );
}

function requireText(path: string, key: string, columns: readonly ParquetColumn[]): void {
  const texts = columns.filter(isText).map(({ element }) => element.name);
  const hint =
    texts.length > 0
      ? `write ${keyLines(texts.slice(0, 5))}, ${texts.length === 1 ? "the column" : "columns"} of text`
      : "the file has no column of text: write one with the program that made the file";
  const column = columns.find(({ element }) => element.name === key);
  if (column === undefined) {
    const names = columns.map(({ element }) => element.name).join(", ") || "no column";
    throw new DataError("INPUT_KEY_MISSING", `input ${path}: expected a column "${key}", found ${names}`, {
      hint,
      details: { path, key },
    });
  }
  if (isText(column)) return;
  throw new DataError(
    "INPUT_COLUMN_INVALID",
    `input ${path}: expected the column "${key}" to hold text or lists of text, found ${typeName(column)}`,
    { hint, details: { path, key } },
  );
}
