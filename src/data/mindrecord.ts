import { stat } from "node:fs/promises";
import { hasAll, invalidArgument, isWhole, requireArgument } from "../core/arguments.js";
import { FileBytes } from "../core/bytes.js";
import { LabError } from "../core/error.js";
import { requireOptions } from "../core/options/option-names.js";
import { formatCount } from "../core/units.js";
import type { MindRecordHeader } from "../formats/mindrecord/pages.js";
import type { MindRecordRow, MindRecordSchema } from "../formats/mindrecord/schema.js";
import { MindRecordShard } from "../formats/mindrecord/shard-reader.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { datasetChanged } from "./files/dataset-changed.js";
import type { DatasetManifest } from "./files/manifest.js";
import { readManifest } from "./files/read-manifests.js";
import type { TokenStream } from "./files/token-blocks.js";
import type { DatasetVerification } from "./inspect/checks/verification.js";
import type { DocumentPeek } from "./inspect/document-peek.js";
import { countLengths, type LengthHistogram, streamLengths } from "./inspect/length-histogram.js";
import type { PeekOptions } from "./inspect/megatron.js";
import { countTokens, type TokenCounts } from "./inspect/token-counts.js";
import type { MindRecordShardFacts, ReadRowsOptions } from "./mindrecord/facts.js";
import { findShards, withIndexedShard } from "./mindrecord/files.js";
import { peekRow } from "./mindrecord/peek.js";
import { mindRecordStream, tokenColumn } from "./mindrecord/stream.js";
import { mindRecordBundle } from "./mindrecord/view.js";
import { type WriteMindRecordOptions, writeRows } from "./mindrecord/writer.js";
import type { Repair } from "./repair/report.js";
import { type RepairOptions, repairDataset } from "./repair.js";
import { openKnownTokenizer } from "./tokenize/known-tokenizer.js";
import { type VerifyOptions, verifyMindRecord } from "./verify.js";

/**
 * MindRecord files on disk: what MindSpore's FileWriter or `writeMindRecord` wrote. Rows are numbered through all
 * shards in their order. Reading throws DATASET_CHANGED if a shard has other rows than when it was opened.
 *
 * @example
 * const data = await openMindRecord("dataset/wiki.mindrecord");
 * await data.row(0);
 * await data.verify();
 */
export class MindRecord {
  readonly format = "mindrecord";
  /** The common name of the shards, absolute; with one shard the file itself. */
  readonly path: string;
  readonly shards: readonly MindRecordShardFacts[];
  readonly schema: MindRecordSchema;
  readonly rows: number;
  readonly description: string;
  /** Fields that the `.db` holds as well. */
  readonly indexFields: readonly string[];
  /** The manifest of `prepareData`; undefined for other files. */
  readonly manifest: DatasetManifest | undefined;
  /** What the call did, or found already done. */
  readonly notes: readonly string[];

  private constructor(about: OpenFacts) {
    this.path = about.path;
    this.shards = about.shards;
    this.schema = about.header.schema;
    this.rows = about.shards.reduce((sum, { rows }) => sum + rows, 0);
    this.description = about.header.description;
    this.indexFields = about.header.indexFields;
    this.manifest = about.manifest;
    this.notes = about.notes;
  }

  /** The work behind `openMindRecord`; `notes` are shown with the dataset. */
  static async open(path: string, notes: readonly string[] = []): Promise<MindRecord> {
    const found = await findShards(path);
    const shards: MindRecordShardFacts[] = [];
    let first: MindRecordHeader | undefined;
    for (const file of found.files) {
      const { size } = await stat(file);
      const { rows, header } = await withIndexedShard(file, async (shard) => shard);
      first ??= header;
      shards.push({ path: file, rows, bytes: size, pages: header.pages.length });
    }
    const manifest = await readManifest(found.path);
    return new MindRecord({ path: found.path, shards, header: first as MindRecordHeader, manifest, notes });
  }

  /** Names of the columns. */
  get columns(): readonly string[] {
    return Object.keys(this.schema).sort();
  }

  /** Paths of the shards: `dataset_files` of a MindFormers configuration. */
  get files(): readonly string[] {
    return this.shards.map(({ path }) => path);
  }

  /** Bytes of the data files together, holes included. */
  get bytes(): number {
    return this.shards.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The same as `rows`; Megatron datasets call them sequences. */
  get sequences(): number {
    return this.rows;
  }

  /** Tokens that the model sees in all rows; undefined without a manifest. */
  get tokens(): number | undefined {
    return this.seqLength === undefined ? undefined : this.rows * this.seqLength;
  }

  /** Tokens that the model sees per row; undefined without a manifest. */
  get seqLength(): number | undefined {
    return this.manifest?.options.seqLength;
  }

  /** Largest id + 1 of the tokenizer; undefined without a manifest. */
  get vocabSize(): number | undefined {
    return this.manifest?.tokenizer.vocabSize;
  }

  /** Id of the end-of-text token; undefined if the tokenizer has none or without a manifest. */
  get eod(): number | undefined {
    return this.manifest?.tokenizer.eosId;
  }

  /** Id that fills short rows; undefined if there is none. */
  get pad(): number | undefined {
    return this.manifest?.options.mode === "pad" ? this.manifest.tokenizer.padId : undefined;
  }

  /** One row through the index: a few small reads. Throws ARGUMENT_INVALID for an unknown row or column. */
  async row(number: number, columns?: readonly string[]): Promise<MindRecordRow> {
    this.#require(number, columns);
    let start = 0;
    for (const { path, rows } of this.shards) {
      if (number < start + rows)
        return withIndexedShard(path, (shard, index) => {
          this.#requireSame(shard, rows);
          return shard.row(number - start, index, columns);
        });
      start += rows;
    }
    throw new RangeError(`row ${number}`);
  }

  /** Rows in order, shard by shard, read in windows of 1 MB. Throws ARGUMENT_INVALID for an unknown row or column. */
  async *read(options: ReadRowsOptions = {}): AsyncGenerator<MindRecordRow> {
    requireOptions(options, "mindRecord.read", {
      names: ["from", "count", "columns"],
      example: "data.read({ from: 100, count: 10 })",
    });
    const { from = 0, count = this.rows - from, columns } = options;
    if (count === 0 && from === this.rows) return;
    this.#require(from, columns);
    let [start, left] = [0, count];
    for (const { path, rows } of this.shards) {
      if (left > 0 && from < start + rows) {
        for await (const row of this.#readShard({ path, rows }, Math.max(0, from - start), columns)) {
          yield row;
          left -= 1;
          if (left <= 0) break;
        }
      }
      start += rows;
    }
  }

  async *#readShard(
    { path, rows }: Pick<MindRecordShardFacts, "path" | "rows">,
    from: number,
    columns?: readonly string[],
  ): AsyncGenerator<MindRecordRow> {
    const bytes = await FileBytes.open(path, "MindRecord file");
    try {
      const shard = await MindRecordShard.open(bytes);
      this.#requireSame(shard, rows);
      yield* shard.read(from, columns);
    } finally {
      await bytes.close();
    }
  }

  /** How many tokens the rows have: a figure. Throws ARGUMENT_INVALID if no column holds tokens. */
  lengths(): Promise<LengthHistogram> {
    return countLengths("sequences", { lengths: streamLengths(this.#stream()) });
  }

  /** How often each token id occurs in `input_ids`: a figure. Throws ARGUMENT_INVALID if no column holds tokens. */
  async tokenCounts(): Promise<TokenCounts> {
    const { vocabSize, manifest } = this;
    const { tokenizer } = await openKnownTokenizer(manifest?.tokenizer);
    return countTokens(this.#stream(), { vocabSize, textOf: async (ids) => tokenizer?.decodeEach(ids) });
  }

  /**
   * A row with its text and where its tokens begin. Throws ARGUMENT_INVALID if the row does not exist, or if no
   * column holds tokens.
   */
  async peek(row: number, options: PeekOptions = {}): Promise<DocumentPeek> {
    requireOptions(options, "mindRecord.peek", {
      names: ["from", "count"],
      example: "await data.peek(0, { from: 0, count: 2048 })",
    });
    return peekRow(this, row, { ...options, column: this.#tokens() });
  }

  #tokens(): string {
    const column = tokenColumn(this);
    if (column !== undefined) return column;
    const found = this.columns.join(", ");
    throw new LabError("ARGUMENT_INVALID", `MindRecord ${this.path}: expected a column of tokens, found ${found}`, {
      hint: "name the column of tokens input_ids",
    });
  }

  #stream(): TokenStream {
    return mindRecordStream(this, this.#tokens());
  }

  /**
   * Reads every byte: every row, every entry of the indices, checksums, ids, duplicates; with `config` also checks
   * that both fit together.
   */
  verify(options: VerifyOptions = {}): Promise<DatasetVerification> {
    return verifyMindRecord(this, options);
  }

  /**
   * Rebuilds damaged shards from the source in the manifest, and proves them by checksum. Throws
   * REPAIR_IMPOSSIBLE.
   */
  repair(options: RepairOptions = {}): Promise<Repair> {
    return repairDataset(this.path, options);
  }

  #requireSame(shard: MindRecordShard, rows: number): void {
    if (shard.rows !== rows)
      throw datasetChanged(
        this.path,
        `a shard of ${formatCount(rows)} rows, found ${formatCount(shard.rows)}`,
        `open it again: data = await openMindRecord(${JSON.stringify(this.path)})`,
      );
  }

  #require(row: number, columns: readonly string[] = []): void {
    const example = `await data.row(0, [${JSON.stringify(this.columns[0])}])`;
    const isList = Array.isArray(columns);
    const unknown = isList ? columns.find((name) => !Object.hasOwn(this.schema, name)) : columns;
    const isKnown = isList && unknown === undefined;
    const expected = `columns of ${this.columns.join(", ")}`;
    requireArgument(isKnown, { call: `row of ${this.path}, columns`, expected, found: unknown, example });
    const rows = this.rows === 0 ? "a file with rows" : `rows from 0 to ${formatCount(this.rows - 1)}`;
    const isRow = isWhole(row, 0) && row < this.rows;
    requireArgument(isRow, { call: `row of ${this.path}`, expected: rows, found: row, example });
  }

  [displayKey](): MimeBundle {
    return mindRecordBundle(this);
  }
}

interface OpenFacts {
  readonly path: string;
  readonly shards: readonly MindRecordShardFacts[];
  readonly header: MindRecordHeader;
  readonly manifest: DatasetManifest | undefined;
  readonly notes: readonly string[];
}

/**
 * Opens MindRecord files and checks headers, page tables, and the names inside. `row` and `read` read rows on demand.
 *
 * `path`: one of the shards, or their common name.
 *
 * @example
 * const data = await openMindRecord("dataset/tokens.mindrecord");
 *
 * @throws FormatError MINDRECORD_INVALID with file and offset (also for renamed files); LabError FILE_MISSING,
 * ARGUMENT_INVALID.
 */
export async function openMindRecord(path: string): Promise<MindRecord> {
  if (typeof path === "string" && path !== "") return MindRecord.open(path.replace(/\.db$/, ""));
  const example = 'await openMindRecord("dataset/tokens.mindrecord")';
  throw invalidArgument({ call: "openMindRecord, path", expected: "a path", found: path, example });
}

/**
 * Writes rows to MindRecord files and their `.db` indices, which MindSpore 2.9's MindDataset and FileReader read. All
 * files get their names together at the end and replace an older dataset of that name. Memory holds one batch of
 * rows.
 *
 * @example
 * const schema = { input_ids: { type: "int32", shape: [-1] } } as const;
 * const data = await writeMindRecord({ output: "tokens.mindrecord", schema, rows: [{ input_ids: Int32Array.of(1, 2) }]
 * });
 *
 * @throws LabError ARGUMENT_INVALID (names, shards, schema), FILE_UNWRITABLE; DataError MINDRECORD_ROW_INVALID with
 * the row's number.
 */
export async function writeMindRecord(options: WriteMindRecordOptions): Promise<MindRecord> {
  const example = 'writeMindRecord({ output: "tokens.mindrecord", schema, rows })';
  requireArgument(hasAll(options), { call: "writeMindRecord", expected: "options", found: options, example });
  await writeRows("writeMindRecord", options);
  return MindRecord.open(options.output);
}
