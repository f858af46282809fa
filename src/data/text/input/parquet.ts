import { open } from "node:fs/promises";
import { DataError } from "../../../core/error.js";

/** Rows that are decoded at a time. */
const rowsAtOnce = 4096;

/**
 * One column of a Parquet file as JSON lines (`{"<key>": …}`), a few thousand rows at a time; the reader is hyparquet.
 * Throws INPUT_KEY_MISSING if there is no such column.
 */
export async function* parquetLines(path: string, key: string): AsyncGenerator<Buffer> {
  const [{ parquetMetadataAsync, parquetReadObjects, parquetSchema }, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet-compressors"),
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
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    if (!columns.includes(key)) throw noColumn(path, key, columns);
    const rows = Number(metadata.num_rows);
    for (let rowStart = 0; rowStart < rows; rowStart += rowsAtOnce) {
      const rowEnd = Math.min(rows, rowStart + rowsAtOnce);
      const found = await parquetReadObjects({ file, metadata, columns: [key], compressors, rowStart, rowEnd });
      yield Buffer.from(found.map((row) => `${JSON.stringify({ [key]: row[key] })}\n`).join(""));
    }
  } finally {
    await handle.close();
  }
}

function noColumn(path: string, key: string, columns: readonly string[]): DataError {
  return new DataError("INPUT_KEY_MISSING", `input ${path}: expected a column "${key}", found ${columns.join(", ")}`, {
    hint: `write jsonKeys: ["${columns[0] ?? "text"}"]`,
    details: { path, key },
  });
}
