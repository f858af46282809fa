import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import * as zlib from "node:zlib";
import { DataError } from "../../../core/error.js";
import type { InputFile } from "./files.js";
import { otherThanText } from "./other-content.js";
import { parquetLines } from "./parquet.js";
import { throughTransform } from "./transform.js";
import type { EncodingPolicy } from "./utf8-repair.js";
import { LargeWindow, zstandard } from "./zstd.js";

const blockBytes = 1024 * 1024;
const smallBytes = 32 * 1024;

export interface StreamOptions {
  /** Gets the bytes of the file as they lie on the disk. */
  readonly onRaw?: (block: Buffer) => void;
  /** Bytes of the text that are not wanted. */
  readonly skip?: number;
  /** Column of a Parquet file. */
  readonly key: string;
  readonly encodingErrors: EncodingPolicy;
}

/**
 * The text of a file, decompressed, block by block. Parquet gives JSON lines. Throws INPUT_UNREADABLE for damaged
 * files.
 */
export async function* textStream(file: InputFile, options: StreamOptions): AsyncGenerator<Buffer> {
  const { skip = 0 } = options;
  const plain = file.compression === undefined && file.format !== "parquet";
  let left = plain ? 0 : skip;
  for await (const block of blocksOf(file, options, plain ? skip : 0)) {
    if (block.length <= left) left -= block.length;
    else {
      yield left === 0 ? block : block.subarray(left);
      left = 0;
    }
  }
}

async function* blocksOf(file: InputFile, options: StreamOptions, start: number): AsyncGenerator<Buffer> {
  const { onRaw, key, encodingErrors } = options;
  if (file.format === "parquet") {
    if (onRaw) for await (const block of rawBlocks(file, 0, onRaw)) void block;
    yield* readable(file, parquetLines(file.path, { key, encodingErrors, check: onRaw !== undefined }));
    return;
  }
  const raw = rawBlocks(file, start, onRaw);
  if (file.compression === "gz")
    yield* readable(file, throughTransform(raw, zlib.createGunzip({ chunkSize: 256 * 1024 })));
  else if (file.compression === "zst") yield* readable(file, zstandard(raw));
  else yield* raw;
}

async function* rawBlocks(file: InputFile, start: number, onRaw?: (block: Buffer) => void): AsyncGenerator<Buffer> {
  const whole = file.bytes <= smallBytes ? readSmall(file.path) : undefined;
  if (whole) {
    onRaw?.(whole);
    if (whole.length > start) yield whole.subarray(start);
    return;
  }
  for await (const block of createReadStream(file.path, { highWaterMark: blockBytes, start })) {
    onRaw?.(block as Buffer);
    yield block as Buffer;
  }
}

/**
 * At once: with thousands of small files, waiting for each call of the system takes several times as long as reading.
 * Undefined if it has grown.
 */
function readSmall(path: string): Buffer | undefined {
  const file = openSync(path, "r");
  try {
    const block = Buffer.allocUnsafe(smallBytes + 1);
    let filled = 0;
    for (let count = -1; count !== 0; filled += count)
      count = readSync(file, block, filled, block.length - filled, filled);
    return filled > smallBytes ? undefined : Buffer.from(block.subarray(0, filled));
  } finally {
    closeSync(file);
  }
}

/** How `otherThanText` names what a file should hold. */
const contents = { gz: "gzip data", zst: "Zstandard data", parquet: "a Parquet file" } as const;

const copyAgain = "copy the file again from its source, or exclude it";

function renamed(path: string): string {
  const name = JSON.stringify(path.replace(/\.[^.]+$/, ""));
  return `if it was unpacked already, remove the ending: mv ${JSON.stringify(path)} ${name}`;
}

function beginningOf(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(512);
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

async function* readable(file: InputFile, blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* blocks;
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const { path } = file;
    const what = file.format === "parquet" ? "a Parquet file" : `.${file.compression} data`;
    const beginning = beginningOf(path);
    const other = otherThanText(beginning);
    const isExpected = other?.what === contents[file.format === "parquet" ? "parquet" : (file.compression ?? "gz")];
    if (other && !isExpected)
      throw new DataError("INPUT_UNREADABLE", `input ${path}: expected ${what}, found ${other.what}`, {
        hint: other.hint(JSON.stringify(path), undefined),
        details: { path },
        cause,
      });
    const text = cause instanceof Error ? cause.message : String(cause);
    const isPacked = isExpected || file.format === "parquet" || beginning.length < 4;
    const found = isPacked ? text : `bytes that begin no .${file.compression} data`;
    throw new DataError("INPUT_UNREADABLE", `input ${path}: expected ${what}, found ${found}`, {
      hint: cause instanceof LargeWindow ? cause.hint(path) : isPacked ? copyAgain : `${copyAgain}; ${renamed(path)}`,
      details: { path },
      cause,
    });
  }
}
