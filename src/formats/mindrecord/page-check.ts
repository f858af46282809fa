import type { ByteSource } from "../../core/bytes.js";
import { invalid } from "./failure.js";
import type { HeaderFault, MindRecordHeader, MindRecordPage } from "./pages.js";

/** The rows of a blob page and where their raw parts begin. */
export interface RowGroup {
  readonly id: number;
  readonly startRow: number;
  readonly endRow: number;
  /** Bytes of the file. */
  readonly blobStart: number;
  readonly blobEnd: number;
  readonly rawStart: number;
  /** End of the raw page's used part, or begin of the next group in it. */
  readonly rawEnd: number;
  readonly blobPage: number;
  readonly rawPage: number;
}

/** Rows in the shard. */
export function rowsOf({ pages }: Pick<MindRecordHeader, "pages">): number {
  return pages.reduce((rows, page) => Math.max(rows, page.endRow), 0);
}

/** Where the file of a shard ends: after the last page's used part (without pages: after the header's JSON). */
function pageStart({ headerSize, pageSize }: MindRecordHeader, page: MindRecordPage): number {
  return headerSize + page.id * pageSize;
}

/**
 * Checks that ids are those of a list, that pages lie in the file, that rows and groups follow each other without gaps.
 */
export function checkPages(
  header: MindRecordHeader,
  { source, fail }: { readonly source: ByteSource; readonly fail: HeaderFault },
): void {
  for (const [i, page] of header.pages.entries()) {
    if (page.id !== i) throw fail(`page ${i}: expected page_id ${i}, found ${page.id}`);
    if (page.used > header.pageSize)
      throw fail(`page ${i}: expected at most page_size ${header.pageSize} bytes, found ${page.used}`);
    const end = pageStart(header, page) + page.used;
    if (end > source.byteLength) {
      const sum = `${header.headerSize} + ${i} × ${header.pageSize} + ${page.used} = ${end}`;
      throw invalid(
        { source, offset: source.byteLength },
        `page ${i}: expected ${sum} bytes or more, found ${source.byteLength}`,
      );
    }
  }
  rowGroups(header, fail);
}

/** The row groups in their order. */
export function rowGroups(header: MindRecordHeader, fail: HeaderFault = (found) => new Error(found)): RowGroup[] {
  const blobs = header.pages.filter(({ type }) => type === "BLOB_DATA");
  const raws = rawPlaces(header, fail);
  if (raws.size !== blobs.length) throw fail(`expected ${blobs.length} row groups in raw pages, found ${raws.size}`);
  let row = 0;
  return blobs.map((page, id): RowGroup => {
    const raw = raws.get(id);
    if (!raw) throw fail(`row group ${id}: expected it in a raw page, found it in none`);
    if (page.typeId !== id) throw fail(`page ${page.id}: expected page_type_id ${id}, found ${page.typeId}`);
    if (page.startRow !== row || page.endRow < row)
      throw fail(`page ${page.id}: expected rows from ${row} on, found ${page.startRow} to ${page.endRow}`);
    // A row takes its length of 8 bytes at least.
    if (8 * (page.endRow - row) > page.used)
      throw fail(`page ${page.id}: expected ${page.endRow - row} rows, found ${page.used} bytes for them`);
    row = page.endRow;
    const blobStart = pageStart(header, page);
    return {
      id,
      startRow: page.startRow,
      endRow: page.endRow,
      blobStart,
      blobEnd: blobStart + page.used,
      ...raw,
      blobPage: page.id,
    };
  });
}

type RawPlace = Pick<RowGroup, "rawStart" | "rawEnd" | "rawPage">;

function rawPlaces(header: MindRecordHeader, fail: HeaderFault): Map<number, RawPlace> {
  const places = new Map<number, RawPlace>();
  for (const page of header.pages) {
    if (page.type !== "RAW_DATA") continue;
    const start = pageStart(header, page);
    page.groups.forEach(({ id, offset }, i) => {
      const end = page.groups[i + 1]?.offset ?? page.used;
      if (offset > end || end > page.used || (i === 0 && offset !== 0))
        throw fail(`page ${page.id}: row group ${id}: expected bytes from ${offset} to ${end} within ${page.used}`);
      if (places.has(id)) throw fail(`page ${page.id}: row group ${id}: found in two raw pages`);
      places.set(id, { rawStart: start + offset, rawEnd: start + end, rawPage: page.id });
    });
  }
  return places;
}
