import type { ByteSource } from "../../core/bytes.js";
import { invalid, viewOf } from "./failure.js";
import { readHeader } from "./header.js";
import { placeOf, type RowPlace } from "./index-table.js";
import { type RowGroup, rowGroups, rowsOf } from "./page-check.js";
import type { MindRecordHeader } from "./pages.js";
import { RowDecoder } from "./row.js";
import type { MindRecordRow } from "./schema.js";
import { findSqlRow, openSql, type SqlDatabase, sqlRows, tableRoot } from "./sqlite-read.js";

/** Bytes that are read at a time while streaming. */
const windowBytes = 1024 * 1024;

/** One shard: its data, and its index if that is there. */
export class MindRecordShard {
  readonly source: ByteSource;
  readonly header: MindRecordHeader;
  readonly rows: number;
  readonly groups: readonly RowGroup[];

  private constructor(source: ByteSource, header: MindRecordHeader) {
    this.source = source;
    this.header = header;
    this.rows = rowsOf(header);
    this.groups = rowGroups(header);
  }

  /** Reads and checks the header; no rows are read. */
  static async open(source: ByteSource): Promise<MindRecordShard> {
    return new MindRecordShard(source, await readHeader(source));
  }

  /** The rows from number `from` of the shard on, in order, read in windows; needs no index. */
  async *read(from = 0, columns?: readonly string[]): AsyncGenerator<MindRecordRow> {
    const decoder = new RowDecoder(this.header.schema, columns);
    for await (const { blob, raw, blobAt } of this.#encoded(from)) {
      const row = decoder.decode(blob, raw);
      if (typeof row === "string") throw invalid({ source: this.source, offset: blobAt }, row);
      yield row;
    }
  }

  /** The places of all rows, from the pages themselves. */
  async *places(): AsyncGenerator<RowPlace> {
    const { headerSize, pageSize } = this.header;
    for await (const { row, group, blob, raw, blobAt, rawAt } of this.#encoded(0)) {
      const blobStart = blobAt - headerSize - group.blobPage * pageSize;
      const rawStart = rawAt - headerSize - group.rawPage * pageSize;
      yield {
        row,
        rawPage: group.rawPage,
        rawStart,
        rawEnd: rawStart + 8 + raw.byteLength,
        group: group.id,
        blobPage: group.blobPage,
        blobStart,
        blobEnd: blobStart + 8 + blob.byteLength,
      };
    }
  }

  /** Row `row` of the shard through its index: four small reads, whatever the size of the file. */
  async row(row: number, index: MindRecordIndex, columns?: readonly string[]): Promise<MindRecordRow> {
    const place = await index.place(row);
    const blob = await this.#part(place.blobPage, [place.blobStart, place.blobEnd], index);
    const raw = await this.#part(place.rawPage, [place.rawStart, place.rawEnd], index);
    const decoded = new RowDecoder(this.header.schema, columns).decode(blob.bytes, raw.bytes);
    if (typeof decoded === "string") throw invalid({ source: this.source, offset: blob.offset }, decoded);
    return decoded;
  }

  async #part(
    pageId: number,
    [start, end]: readonly [number, number],
    index: MindRecordIndex,
  ): Promise<{ readonly bytes: Uint8Array; readonly offset: number }> {
    const page = this.header.pages[pageId];
    if (!page || start + 8 > end || end > page.used) {
      const found = `bytes ${start} to ${end} of page ${pageId}`;
      throw invalid({ source: index.source, offset: 0 }, `expected a row within the pages of the data, found ${found}`);
    }
    const offset = this.header.headerSize + pageId * this.header.pageSize + start;
    const bytes = await this.source.slice(offset, offset + end - start);
    const length = viewOf(bytes).getBigUint64(0, true);
    if (length !== BigInt(end - start - 8))
      throw invalid({ source: this.source, offset }, `expected a row of ${end - start - 8} bytes, found ${length}`);
    return { bytes: bytes.subarray(8), offset };
  }

  async *#encoded(from: number): AsyncGenerator<EncodedPair> {
    for (const group of this.groups) {
      if (group.endRow <= from) continue;
      const blobs = new LengthPrefixed(this.source, group.blobStart, group.blobEnd);
      const raws = new LengthPrefixed(this.source, group.rawStart, group.rawEnd);
      for (let row = group.startRow; row < group.endRow; row++) {
        const blobAt = blobs.at;
        const rawAt = raws.at;
        const blob = await blobs.next();
        const raw = await raws.next();
        if (row >= from) yield { row, group, blob, raw, blobAt, rawAt };
      }
      blobs.expectEnd();
      raws.expectEnd();
    }
  }
}

interface EncodedPair {
  readonly row: number;
  readonly group: RowGroup;
  readonly blob: Uint8Array;
  readonly raw: Uint8Array;
  readonly blobAt: number;
  readonly rawAt: number;
}

/** Pieces with a u64 little-endian length before each, in a stretch of a file. */
class LengthPrefixed {
  readonly #source: ByteSource;
  readonly #end: number;
  #at: number;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  constructor(source: ByteSource, start: number, end: number) {
    this.#source = source;
    this.#at = start;
    this.#end = end;
  }

  /** Where the next piece's length begins. */
  get at(): number {
    return this.#at;
  }

  async next(): Promise<Uint8Array> {
    const start = this.#at;
    const length = viewOf(await this.#take(8)).getBigUint64(0, true);
    if (length > BigInt(this.#end - this.#at))
      throw invalid(
        { source: this.#source, offset: start },
        `expected a row of at most ${this.#end - this.#at} bytes to the page's end, found a length of ${length}`,
      );
    return this.#take(Number(length));
  }

  expectEnd(): void {
    if (this.#at !== this.#end)
      throw invalid(
        { source: this.#source, offset: this.#at },
        `expected the end of the rows, found ${this.#end - this.#at} bytes more`,
      );
  }

  async #take(bytes: number): Promise<Uint8Array> {
    const start = this.#at;
    if (start + bytes > this.#end)
      throw invalid(
        { source: this.#source, offset: start },
        `expected ${bytes} bytes, found ${this.#end - start} to the page's end`,
      );
    if (start < this.#windowAt || start + bytes > this.#windowAt + this.#window.byteLength) {
      const end = Math.min(this.#end, start + Math.max(bytes, windowBytes));
      this.#window = await this.#source.slice(start, end);
      this.#windowAt = start;
    }
    this.#at += bytes;
    return this.#window.subarray(start - this.#windowAt, start - this.#windowAt + bytes);
  }
}

/** The SQLite database beside a shard: where each row lies. */
export class MindRecordIndex {
  readonly source: ByteSource;
  readonly #database: SqlDatabase;
  readonly #root: number;
  /** The name that the shard had when it was written. */
  readonly shardName: string;

  private constructor(database: SqlDatabase, root: number, shardName: string) {
    this.source = database.source;
    this.#database = database;
    this.#root = root;
    this.shardName = shardName;
  }

  static async open(source: ByteSource): Promise<MindRecordIndex> {
    const database = await openSql(source);
    const names: unknown[] = [];
    for await (const { values } of sqlRows(database, tableRoot(database, "SHARD_NAME"))) names.push(values[0]);
    const [name] = names;
    if (names.length !== 1 || typeof name !== "string")
      throw invalid({ source, offset: 100 }, `SHARD_NAME: expected one name, found ${names.length} rows`);
    return new MindRecordIndex(database, tableRoot(database, "INDEXES"), name);
  }

  /** Where a row lies. Rows are numbered as they were inserted, so that their SQLite row id is one more. */
  async place(row: number): Promise<RowPlace> {
    const found = await findSqlRow(this.#database, this.#root, row + 1);
    const place = found && placeOf(found, this.source);
    if (place?.row === row) return place;
    throw invalid(
      { source: this.source, offset: found?.offset ?? 0 },
      `expected an entry for row ${row}, found ${place ? `one for row ${place.row}` : "none"}`,
    );
  }

  /** All entries, with the values of the index fields behind the place. */
  async *entries(): AsyncGenerator<{ readonly place: RowPlace; readonly offset: number }> {
    for await (const found of sqlRows(this.#database, this.#root))
      yield { place: placeOf(found, this.source), offset: found.offset };
  }
}
