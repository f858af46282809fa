import type { ByteSource } from "../../core/bytes.js";
import { encodeHeader } from "../../formats/mindrecord/header.js";
import { encodeIndexDatabase, type IndexEntry } from "../../formats/mindrecord/index-database.js";
import { concat, decodeMap } from "../../formats/mindrecord/message-pack.js";
import { rowGroups } from "../../formats/mindrecord/page-check.js";
import { PagePlanner } from "../../formats/mindrecord/page-plan.js";
import type { MindRecordHeader } from "../../formats/mindrecord/pages.js";
import type { EncodedRow } from "../../formats/mindrecord/row.js";
import { sqlPageBytes } from "../../formats/mindrecord/sqlite-write.js";
import { UnfinishedFile } from "../files/unfinished-file.js";

/** What all shards have in common. */
export type ShardSpec = Omit<MindRecordHeader, "pages" | "shard" | "saved">;

/** Bytes that a row's lengths take in the side file that remembers them for the index. */
const lengthBytes = 8;

/** A shard that is being written. */
export interface ShardSink {
  readonly rows: number;
  readonly saved: number;
  readonly files: readonly UnfinishedFile[];
  append(rows: readonly EncodedRow[]): Promise<void>;
  complete(saved: number): Promise<void>;
  publish(): Promise<void>;
  discard(): Promise<void>;
}

/** A shard that is only counted: when another one is made again. */
export class CountedShard implements ShardSink {
  rows = 0;
  saved = 0;
  readonly files: readonly UnfinishedFile[] = [];

  async append(rows: readonly EncodedRow[]): Promise<void> {
    this.rows += rows.length;
    for (const { saved } of rows) this.saved += saved;
  }

  async complete(): Promise<void> {}
  async publish(): Promise<void> {}
  async discard(): Promise<void> {}
}

/** Writes one shard and its index under temporary names. The files are sparse: pages have fixed places. */
export class MindRecordShardWriter implements ShardSink {
  readonly #spec: ShardSpec;
  readonly #shard: number;
  readonly #data: UnfinishedFile;
  readonly #index: UnfinishedFile;
  readonly #lengths: UnfinishedFile;
  readonly #planner: PagePlanner;
  /** Bytes that the packing of integers has saved in this shard. */
  saved = 0;
  #rows = 0;

  private constructor(spec: ShardSpec, shard: number, files: readonly UnfinishedFile[]) {
    this.#spec = spec;
    this.#shard = shard;
    [this.#data, this.#index, this.#lengths] = files as [UnfinishedFile, UnfinishedFile, UnfinishedFile];
    this.#planner = new PagePlanner(spec.pageSize);
  }

  /** Where the files are to be in the end, and the folder where they lie until then. */
  static async create(
    { path, folder }: { readonly path: string; readonly folder: string | undefined },
    spec: ShardSpec,
    shard: number,
  ): Promise<MindRecordShardWriter> {
    const files: UnfinishedFile[] = [];
    try {
      for (const name of [path, `${path}.db`, `${path}.lengths`]) files.push(await UnfinishedFile.create(name, folder));
    } catch (error) {
      for (const file of files) await file.discard();
      throw error;
    }
    return new MindRecordShardWriter(spec, shard, files);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Files of the shard: data, then index. */
  get files(): readonly UnfinishedFile[] {
    return [this.#data, this.#index];
  }

  /** One batch, as one call of `FileWriter.write_raw_data`. */
  async append(rows: readonly EncodedRow[]): Promise<void> {
    const sizes = rows.map(({ blob, raw }) => ({ blob: 8 + blob.byteLength, raw: 8 + raw.byteLength }));
    const { move, writes } = this.#planner.add(sizes);
    if (move) {
      const from = this.#pageStart(move.from.page) + move.from.offset;
      const bytes = await (await this.#data.source()).slice(from, from + move.from.bytes);
      await this.#data.write(bytes, this.#pageStart(move.toPage));
    }
    for (const { page, offset, part, first, end } of writes) {
      const parts = rows.slice(first, end).flatMap((row) => [prefix(row[part].byteLength), row[part]]);
      await this.#data.write(concat(parts), this.#pageStart(page) + offset);
    }
    const lengths = Uint32Array.from(sizes.flatMap(({ blob, raw }) => [blob, raw]));
    await this.#lengths.write(new Uint8Array(lengths.buffer), this.#rows * lengthBytes);
    this.#rows += rows.length;
    for (const { saved } of rows) this.saved += saved;
  }

  /** Writes the header and the index; `saved` counts all shards. Nothing has its final name yet. */
  async complete(saved: number): Promise<void> {
    const header: MindRecordHeader = { ...this.#spec, pages: this.#planner.pages, shard: this.#shard, saved };
    const bytes = encodeHeader(header);
    if (bytes.byteLength > header.headerSize)
      throw new RangeError(`the header takes ${bytes.byteLength} bytes, headerSize is ${header.headerSize}`);
    await this.#data.write(bytes, 0);
    const { schema, indexFields, shards } = this.#spec;
    const spec = { shardName: shards[this.#shard] as string, schema, indexFields };
    for await (const page of encodeIndexDatabase(spec, this.#entries(header)))
      await this.#index.write(page.bytes, (page.number - 1) * sqlPageBytes);
    await this.#lengths.discard();
    for (const file of this.files) await file.close();
  }

  async publish(): Promise<void> {
    for (const file of this.files) await file.publish();
  }

  async discard(): Promise<void> {
    for (const file of [this.#data, this.#index, this.#lengths]) await file.discard();
  }

  #pageStart(page: number): number {
    return this.#spec.headerSize + page * this.#spec.pageSize;
  }

  async *#entries(header: MindRecordHeader): AsyncGenerator<IndexEntry> {
    const lengths = await this.#lengths.source();
    const data = await this.#data.source();
    for (const group of rowGroups(header)) {
      const at = { blob: 0, raw: group.rawStart - this.#pageStart(group.rawPage) };
      for await (const { row, blob, raw } of lengthsBetween(lengths, group.startRow, group.endRow)) {
        const place = {
          row,
          rawPage: group.rawPage,
          rawStart: at.raw,
          rawEnd: at.raw + raw,
          group: group.id,
          blobPage: group.blobPage,
          blobStart: at.blob,
          blobEnd: at.blob + blob,
        };
        const rawAt = this.#pageStart(group.rawPage) + at.raw;
        yield { place, values: await this.#indexValues(data, rawAt + 8, rawAt + raw) };
        at.blob += blob;
        at.raw += raw;
      }
    }
  }

  async #indexValues(data: ByteSource, start: number, end: number): Promise<IndexEntry["values"]> {
    const { indexFields } = this.#spec;
    if (indexFields.length === 0) return [];
    const map = decodeMap(await data.slice(start, end));
    return typeof map === "string" ? [] : indexFields.map((name) => map.get(name) ?? 0);
  }
}

function prefix(length: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  return bytes;
}

async function* lengthsBetween(
  source: ByteSource,
  first: number,
  end: number,
): AsyncGenerator<{ readonly row: number; readonly blob: number; readonly raw: number }> {
  const block = 8192;
  for (let start = first; start < end; start += block) {
    const stop = Math.min(end, start + block);
    const bytes = await source.slice(start * lengthBytes, stop * lengthBytes);
    const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset, 2 * (stop - start));
    for (let row = start; row < stop; row++)
      yield { row, blob: numbers[2 * (row - start)] as number, raw: numbers[2 * (row - start) + 1] as number };
  }
}
