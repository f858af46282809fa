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

/** The fields that are read here: sizes, checksum, and the headers of data pages (versions 1 and 2). */
interface PageHeader {
  readonly field_3?: number;
  readonly field_4?: number;
  readonly field_5?: { readonly field_1?: number };
  readonly field_8?: { readonly field_1?: number };
}

/**
 * Compares the number of values with the footer's, and the checksums of a column's pages in a row group. Writers may
 * leave checksums out. Source of the layout: https://github.com/apache/parquet-format, PageHeader. Throws an Error for
 * one that differs.
 */
export async function checkPages(file: AsyncBuffer, group: RowGroup, column: string): Promise<void> {
  const { deserializeTCompactProtocol } = await import("hyparquet/src/thrift.js");
  for (const { meta_data: about } of group.columns) {
    if (about === undefined || about.path_in_schema[0] !== column) continue;
    const start = Number(about.dictionary_page_offset || about.data_page_offset);
    let values = 0;
    const bytes = new Uint8Array(await file.slice(start, start + Number(about.total_compressed_size)));
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
    while (reader.offset < bytes.length - 1) {
      const header = deserializeTCompactProtocol(reader) as PageHeader;
      const { field_3: size = 0, field_4: crc } = header;
      const page = bytes.subarray(reader.offset, reader.offset + size);
      if (crc !== undefined && zlib.crc32(page) !== crc >>> 0)
        throw new Error(`a page at offset ${start + reader.offset} whose checksum doesn't match its data`);
      reader.offset += size;
      values += Number((header.field_5 ?? header.field_8)?.field_1 ?? 0);
    }
    const isFlat = about.path_in_schema.length === 1;
    const said = Number(about.num_values);
    if (values !== said || (isFlat && said !== Number(group.num_rows)))
      throw new Error(`pages of ${values} values where its footer says ${said} values in ${group.num_rows} rows`);
  }
}
