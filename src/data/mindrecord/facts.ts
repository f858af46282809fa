import type { MindRecordRow, MindRecordSchema } from "../../formats/mindrecord/schema.js";
import type { DatasetManifest } from "../files/manifest.js";

/** One shard as its header describes it. */
export interface MindRecordShardFacts {
  /** Absolute; the index is `<path>.db`. */
  readonly path: string;
  readonly rows: number;
  /** Size of the file; the disk holds less, since the file has holes. */
  readonly bytes: number;
  readonly pages: number;
}

/** Which rows, and which columns of them. */
export interface ReadRowsOptions {
  /** First row; default 0. */
  readonly from?: number;
  /** Default: to the end. */
  readonly count?: number;
  /** Default: all. */
  readonly columns?: readonly string[];
}

/** What is known of opened MindRecord files, and how their rows are read. */
export interface MindRecordFacts {
  /** The common name of the shards, absolute. */
  readonly path: string;
  readonly shards: readonly MindRecordShardFacts[];
  readonly schema: MindRecordSchema;
  readonly rows: number;
  readonly description: string;
  readonly indexFields: readonly string[];
  readonly manifest: DatasetManifest | undefined;
  readonly notes: readonly string[];
  readonly columns: readonly string[];
  /** Bytes of the data files together. */
  readonly bytes: number;
  readonly tokens: number | undefined;
  row(number: number, columns?: readonly string[]): Promise<MindRecordRow>;
  read(options?: ReadRowsOptions): AsyncGenerator<MindRecordRow>;
}
