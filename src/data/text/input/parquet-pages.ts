import * as zlib from "node:zlib";
import type { AsyncBuffer, Compressors, RowGroup } from "hyparquet";
import { zstandardBytes } from "./zstd.js";

/** Decompressors for all of Parquet's compressions; those that have checksums compare them. */
export async function checkedCompressors(): Promise<Compressors> {
  const { compressors } = await import("hyparquet-compressors");
  const { Decompress } = await import("fzstd");
  return {
    ...compressors,
    GZIP: (input: Uint8Array) => zlib.gunzipSync(input),
    ZSTD: (input: Uint8Array) => zstandardBytes(input, Decompress),
  };
}

/**
 * Compares the checksums of a column's pages in a row group. Writers may leave them out.
 * Source of the layout: https://github.com/apache/parquet-format, PageHeader. Throws an Error for one that differs.
 */
export async function checkPages(file: AsyncBuffer, group: RowGroup, column: string): Promise<void> {
  const { deserializeTCompactProtocol } = await import("hyparquet/src/thrift.js");
  for (const { meta_data: about } of group.columns) {
    if (about === undefined || about.path_in_schema[0] !== column) continue;
    const start = Number(about.dictionary_page_offset || about.data_page_offset);
    const bytes = new Uint8Array(await file.slice(start, start + Number(about.total_compressed_size)));
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
    while (reader.offset < bytes.length - 1) {
      const header = deserializeTCompactProtocol(reader) as { readonly field_3?: number; readonly field_4?: number };
      const { field_3: size = 0, field_4: crc } = header;
      const page = bytes.subarray(reader.offset, reader.offset + size);
      if (crc !== undefined && zlib.crc32(page) !== crc >>> 0)
        throw new Error(`a page at offset ${start + reader.offset} whose checksum doesn't match its data`);
      reader.offset += size;
    }
  }
}
