import type { MindRecordSchema } from "./schema.js";

/** A page: `pageSize` bytes of the file at headerSize + pageSize × id, of which `used` hold rows. */
export interface MindRecordPage {
  readonly id: number;
  readonly type: "BLOB_DATA" | "RAW_DATA";
  /** Blob pages: their number among the blob pages, which is the number of their row group. */
  readonly typeId: number;
  readonly used: number;
  /** Blob pages: rows of the shard from `startRow` (inclusive) to `endRow` (exclusive); raw pages: 0. */
  readonly startRow: number;
  readonly endRow: number;
  /** Raw pages: the row groups in them, each with the byte where it begins. */
  readonly groups: readonly { readonly id: number; readonly offset: number }[];
}

/**
 * The beginning of a shard: u64 little-endian length, then JSON, then zeros up to `headerSize`.
 * Source of the layout: files written by MindSpore 2.9's FileWriter.
 */
export interface MindRecordHeader {
  readonly headerSize: number;
  readonly pageSize: number;
  readonly schema: MindRecordSchema;
  readonly description: string;
  readonly indexFields: readonly string[];
  /** In the order of their ids. */
  readonly pages: readonly MindRecordPage[];
  /** File names of all shards, without folder. */
  readonly shards: readonly string[];
  readonly shard: number;
  /** Bytes saved by the packing of integers, in all shards together; for information only. */
  readonly saved: number;
}

/** Makes the error for something that is wrong in the header. */
export type HeaderFault = (found: string) => Error;
