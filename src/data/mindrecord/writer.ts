import { rm } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { requireArgument, requireList, shownValue } from "../../core/arguments.js";
import { throwIfCancelled } from "../../core/cancel.js";
import { DataError } from "../../core/error.js";
import { ensureWritableFolder } from "../../core/files.js";
import { removeAbandoned } from "../../core/liveness/temporary-files.js";
import { requireKnownNames } from "../../core/options/option-names.js";
import { formatCount } from "../../core/units.js";
import { mindRecordLimits } from "../../formats/mindrecord/header.js";
import { indexFits } from "../../formats/mindrecord/index-database.js";
import { type EncodedRow, RowEncoder } from "../../formats/mindrecord/row.js";
import { type MindRecordRow, type MindRecordSchema, rawFields, schemaFault } from "../../formats/mindrecord/schema.js";
import type { UnfinishedFile } from "../files/unfinished-file.js";
import { shardsOfOldDataset } from "./files.js";
import { argument, checkShards, isOfDataset, shardPaths } from "./names.js";
import { CountedShard, MindRecordShardWriter, type ShardSink, type ShardSpec } from "./shard-writer.js";

/** Where and how MindRecord files are written. */
export interface MindRecordOptions {
  /**
   * Path of the file; with several shards a number is added to the name. MindFormers finds names that end in
   * `mindrecord` and digits.
   */
  readonly output: string;
  readonly schema: MindRecordSchema;
  /** Files, 1 to 1000; default 1. */
  readonly shards?: number;
  /** Text that is kept in the header; default empty. */
  readonly description?: string;
  /** Numbers and strings that go into the `.db` index as well. Default: all of them, as with FileWriter. */
  readonly indexFields?: readonly string[];
  /** Bytes of a page, which is the most that a row may take; 32 KB to 256 MB, default 32 MB. */
  readonly pageSize?: number;
  /** Bytes reserved for the header; 16 KB to 128 MB, default 16 MB. */
  readonly headerSize?: number;
}

/** What is written where. */
export interface WritingPlace {
  /** Numbers of the shards to write; the others are counted and stay as they are. Default: all. */
  readonly only?: ReadonlySet<number> | undefined;
  /** Where files lie until they get their names, on the same file system; default: beside them. */
  readonly folder?: string | undefined;
}

/**
 * Writes MindRecord files that FileReader and MindDataset of MindSpore 2.9 read. Nothing has its final name before
 * `publish`.
 */
export class MindRecordWriter {
  readonly #encoder: RowEncoder;
  /** Undefined if only some shards are written, so that no old file goes. */
  readonly #path: string | undefined;
  readonly #spec: ShardSpec;
  readonly #shards: readonly ShardSink[];
  #rows = 0;

  private constructor(path: string | undefined, spec: ShardSpec, shards: readonly ShardSink[]) {
    this.#path = path;
    this.#spec = spec;
    this.#encoder = new RowEncoder(spec.schema, spec.indexFields);
    this.#shards = shards;
  }

  static async create(
    call: string,
    options: MindRecordOptions,
    { only, folder }: WritingPlace = {},
  ): Promise<MindRecordWriter> {
    const { paths, spec } = checkOptions(call, options);
    const path = resolve(options.output);
    await ensureWritableFolder(dirname(path));
    await removeAbandoned(dirname(path), (name) => isOfDataset(name, path));
    const shards: ShardSink[] = [];
    try {
      for (const [i, shard] of paths.entries()) {
        const place = { path: shard, folder };
        shards.push(only?.has(i) === false ? new CountedShard() : await MindRecordShardWriter.create(place, spec, i));
      }
    } catch (error) {
      for (const shard of shards) await shard.discard();
      throw error;
    }
    return new MindRecordWriter(only ? undefined : path, spec, shards);
  }

  get rows(): number {
    return this.#rows;
  }

  get shards(): number {
    return this.#shards.length;
  }

  /**
   * A batch, divided among the shards as FileWriter divides one call of `write_raw_data`: each gets a stretch of
   * consecutive rows. Where the division leaves a remainder, FileWriter draws the shards that get one row more; here
   * they are the first ones.
   */
  async write(rows: readonly MindRecordRow[]): Promise<void> {
    const count = this.#shards.length;
    const each = Math.floor(rows.length / count);
    let first = 0;
    for (let shard = 0; shard < count; shard++) {
      const end = first + each + (shard < rows.length % count ? 1 : 0);
      await this.append(shard, rows.slice(first, end));
      first = end;
    }
  }

  /** Rows for one shard. */
  async append(shard: number, rows: readonly MindRecordRow[]): Promise<void> {
    if (rows.length === 0) return;
    const encoded = rows.map((row, i) => this.#encode(row, this.#rows + i));
    await (this.#shards[shard] as ShardSink).append(encoded);
    this.#rows += rows.length;
  }

  #encode(row: MindRecordRow, number: number): EncodedRow {
    const encoded = this.#encoder.encode(row);
    if (typeof encoded === "string") throw rowInvalid(number, encoded, "correct the row, or the schema");
    const { pageSize } = this.#spec;
    for (const part of ["blob", "raw"] as const) {
      const bytes = 8 + encoded[part].byteLength;
      if (bytes <= pageSize) continue;
      const what = part === "blob" ? "its arrays and bytes" : "its numbers and strings";
      const found = `${what}: expected at most ${formatCount(pageSize)} bytes (a page), found ${formatCount(bytes)}`;
      throw rowInvalid(number, found, `write pageSize: ${2 ** Math.ceil(Math.log2(bytes))}, or divide the row`);
    }
    return encoded;
  }

  async complete(): Promise<void> {
    const saved = this.#shards.reduce((sum, shard) => sum + shard.saved, 0);
    for (const shard of this.#shards) await shard.complete(saved);
  }

  /** Data and index of each shard in turn. */
  get files(): readonly UnfinishedFile[] {
    return this.#shards.flatMap((shard) => shard.files);
  }

  /**
   * Gives all files their names. What the name stood for before goes first, indices before data: whoever comes in
   * between finds no dataset rather than a wrong one, and no shard of another division stays.
   */
  async publish(): Promise<void> {
    const files = this.files.map(({ path }) => path);
    const old = this.#path === undefined ? [] : await shardsOfOldDataset(this.#path);
    for (const path of [...new Set([...old, ...files])].reverse()) await rm(path, { force: true });
    for (const shard of this.#shards) await shard.publish();
  }

  /** Removes what has not been published. */
  async discard(): Promise<void> {
    for (const shard of this.#shards) await shard.discard();
  }
}

function checkOptions(call: string, options: MindRecordOptions): { paths: readonly string[]; spec: ShardSpec } {
  const { output, schema, shards = 1, description = "" } = options;
  if (typeof output !== "string" || output === "")
    throw argument(
      `${call} option output: expected a path, found ${JSON.stringify(output)}`,
      'write for example output: "tokens.mindrecord"',
    );
  checkShards(call, output, shards);
  const fault = schemaFault(schema);
  if (fault !== undefined)
    throw argument(
      `${call} option schema: ${fault}`,
      'write for example schema: { input_ids: { type: "int32", shape: [-1] } }',
    );
  const paths = shardPaths(resolve(output), shards);
  const known = rawFields(schema);
  const indexFields = options.indexFields ?? known;
  requireList(indexFields, `${call} option indexFields`, `indexFields: ${JSON.stringify(known)}`);
  const unknown = indexFields.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw argument(
      `${call} option indexFields: expected some of ${known.join(", ") || "(none)"}, found ${unknown}`,
      "name only single numbers and strings",
    );
  const names = paths.map((path) => basename(path));
  if (!indexFits({ shardName: names.at(-1) as string, schema, indexFields }))
    throw argument(
      `${call} option indexFields: expected fewer or shorter names than ${indexFields.length}`,
      "write for example indexFields: []",
    );
  const { headerBytes, pageBytes } = mindRecordLimits;
  const headerSize = size(call, { name: "headerSize", value: options.headerSize, ...headerBytes });
  const pageSize = size(call, { name: "pageSize", value: options.pageSize, ...pageBytes });
  return { paths, spec: { schema, description, indexFields, headerSize, pageSize, shards: names } };
}

interface SizeOption {
  readonly name: string;
  readonly value: number | undefined;
  readonly default: number;
  readonly least: number;
  readonly most: number;
}

function size(call: string, { name, value, least, most, ...option }: SizeOption): number {
  const found = value ?? option.default;
  if (Number.isInteger(found) && found >= least && found <= most && found % 1024 === 0) return found;
  throw argument(
    `${call} option ${name}: expected a multiple of 1024 from ${least} to ${most}, found ${shownValue(found)}`,
    `write for example ${name}: ${option.default}`,
  );
}

function rowInvalid(row: number, found: string, hint: string): DataError {
  return new DataError("MINDRECORD_ROW_INVALID", `row ${formatCount(row)}: ${found}`, { hint, details: { row } });
}

/** Rows per call of `write`: bounds the memory. */
const batchRows = 256;

/** Options of `writeMindRecord`. */
export interface WriteMindRecordOptions extends MindRecordOptions {
  readonly rows: Iterable<MindRecordRow> | AsyncIterable<MindRecordRow>;
  /** Rows that are divided among the shards at a time; default 256, for an array: all of them. */
  readonly batchRows?: number;
  readonly signal?: AbortSignal;
}

const writerNames = ["output", "schema", "rows", "shards", "description", "indexFields", "pageSize", "headerSize"];

function hasIterator(rows: unknown): boolean {
  return typeof rows === "object" && rows !== null && (Symbol.asyncIterator in rows || Symbol.iterator in rows);
}

/** Feeds rows to a writer in batches and publishes. */
export async function writeRows(call: string, options: WriteMindRecordOptions): Promise<void> {
  requireKnownNames(options, call, [...writerNames, "batchRows", "signal"]);
  const { rows, signal } = options;
  const isIterable = Array.isArray(rows) || hasIterator(rows);
  const example = "rows: [{ input_ids: Int32Array.of(1, 2) }]";
  requireArgument(isIterable, { call: `${call} option rows`, expected: "a list of rows", found: rows, example });
  const writer = await MindRecordWriter.create(call, options);
  const most = options.batchRows ?? (Array.isArray(rows) ? Math.max(1, rows.length) : batchRows);
  try {
    let batch: MindRecordRow[] = [];
    for await (const row of rows) {
      throwIfCancelled(signal, call);
      batch.push(row);
      if (batch.length < most) continue;
      await writer.write(batch);
      batch = [];
    }
    if (batch.length > 0) await writer.write(batch);
    await writer.complete();
    await writer.publish();
  } finally {
    await writer.discard();
  }
}
