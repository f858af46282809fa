import type { ByteSource } from "../../core/bytes.js";
import { invalid, viewOf } from "./failure.js";
import { decodeRecord, decodeVarint, type SqlValue } from "./sqlite-record.js";

/** An SQLite database, as far as reading rows of its tables goes. */
export interface SqlDatabase {
  readonly source: ByteSource;
  readonly pageBytes: number;
  /** Bytes of a page that are used: without the reserved end. */
  readonly usable: number;
  readonly pages: number;
  /** Root page of each table. */
  readonly tables: ReadonlyMap<string, number>;
}

export interface SqlRow {
  readonly id: number;
  readonly values: readonly SqlValue[];
  /** Position of the row's cell in the file. */
  readonly offset: number;
}

const deepest = 40;

/** Reads the head and the list of tables. Source: SQLite's "Database File Format". */
export async function openSql(source: ByteSource): Promise<SqlDatabase> {
  const size = source.byteLength;
  if (size < 512) throw invalid({ source, offset: size }, `expected an SQLite database, found ${size} bytes`);
  const head = await source.slice(0, 100);
  const data = viewOf(head);
  const magic = new TextDecoder("latin1").decode(head.subarray(0, 16));
  if (magic !== "SQLite format 3\0")
    throw invalid({ source, offset: 0 }, `expected "SQLite format 3", found ${JSON.stringify(magic)}`);
  const stored = data.getUint16(16);
  const pageBytes = stored === 1 ? 65536 : stored;
  const usable = pageBytes - data.getUint8(20);
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0 || usable < 480)
    throw invalid({ source, offset: 16 }, `expected a page size that is a power of 2 from 512 on, found ${pageBytes}`);
  if (data.getUint32(56) !== 1)
    throw invalid({ source, offset: 56 }, `expected UTF-8 (1), found ${data.getUint32(56)}`);
  const bare = { source, pageBytes, usable, pages: Math.floor(size / pageBytes), tables: new Map<string, number>() };
  for await (const { values } of sqlRows(bare, 1)) {
    const [type, name, , root] = values;
    if (type === "table" && typeof name === "string" && typeof root === "number") bare.tables.set(name, root);
  }
  return bare;
}

/** The root of a table. */
export function tableRoot({ source, tables }: SqlDatabase, name: string): number {
  const root = tables.get(name);
  if (root !== undefined) return root;
  throw invalid({ source, offset: 100 }, `expected a table ${name}, found ${[...tables.keys()].join(", ") || "none"}`);
}

/** All rows of a table in the order of their ids. A database with a circle in its pages is refused. */
export async function* sqlRows(database: SqlDatabase, root: number): AsyncGenerator<SqlRow> {
  const visit = { left: database.pages };
  yield* rowsBelow(database, { number: root, depth: 0, visit });
}

interface Position {
  readonly number: number;
  readonly depth: number;
  /** Pages that may still be visited: in a tree each is there once. */
  readonly visit: { left: number };
}

async function* rowsBelow(database: SqlDatabase, { number, depth, visit }: Position): AsyncGenerator<SqlRow> {
  const page = await readPage(database, number);
  visit.left -= 1;
  if (visit.left < 0 || depth > deepest)
    throw invalid({ source: database.source, offset: page.start }, "expected a tree of pages, found a circle");
  if (page.kind === 13) {
    for (let i = 0; i < page.cells; i++) yield await readRow(database, page, i);
    return;
  }
  for (let i = 0; i <= page.cells; i++)
    yield* rowsBelow(database, { number: childOf(database, page, i), depth: depth + 1, visit });
}

/** The row with that id; undefined if there is none. */
export async function findSqlRow(database: SqlDatabase, root: number, id: number): Promise<SqlRow | undefined> {
  let page = await readPage(database, root);
  for (let depth = 0; page.kind === 5; depth++) {
    if (depth > deepest)
      throw invalid({ source: database.source, offset: page.start }, "expected a tree, found a circle");
    let [low, high] = [0, page.cells];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (innerKey(database, page, middle) < id) low = middle + 1;
      else high = middle;
    }
    page = await readPage(database, childOf(database, page, low));
  }
  let [low, high] = [0, page.cells];
  while (low < high) {
    const middle = (low + high) >> 1;
    const row = leafCell(database, page, middle);
    if (row.id === id) return readRow(database, page, middle);
    if (row.id < id) low = middle + 1;
    else high = middle;
  }
  return undefined;
}

interface Page {
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly kind: number;
  readonly cells: number;
  /** Where the cell pointers begin in the page. */
  readonly pointers: number;
}

async function readPage(database: SqlDatabase, number: number): Promise<Page> {
  const { source, pageBytes, pages } = database;
  if (!Number.isInteger(number) || number < 1 || number > pages)
    throw invalid({ source, offset: 0 }, `expected a page from 1 to ${pages}, found a pointer to page ${number}`);
  const start = (number - 1) * pageBytes;
  const bytes = await source.slice(start, start + pageBytes);
  const head = number === 1 ? 100 : 0;
  const data = viewOf(bytes);
  const kind = data.getUint8(head);
  if (kind !== 13 && kind !== 5)
    throw invalid({ source, offset: start + head }, `expected a page of a table (5 or 13), found ${kind}`);
  const cells = data.getUint16(head + 3);
  const pointers = head + (kind === 13 ? 8 : 12);
  if (pointers + 2 * cells > database.usable)
    throw invalid({ source, offset: start + head + 3 }, `expected cells that fit into the page, found ${cells}`);
  return { start, bytes, kind, cells, pointers };
}

/** Position of cell `i` in its page, with at least `least` bytes behind it. */
function cellAt({ source, usable }: SqlDatabase, page: Page, i: number): number {
  const at = viewOf(page.bytes).getUint16(page.pointers + 2 * i);
  if (at >= page.pointers + 2 * page.cells && at + 4 <= usable) return at;
  throw invalid({ source, offset: page.start + page.pointers + 2 * i }, `expected a cell within the page, found ${at}`);
}

function childOf(database: SqlDatabase, page: Page, i: number): number {
  const at = i === page.cells ? page.pointers - 4 : cellAt(database, page, i);
  return viewOf(page.bytes).getUint32(at);
}

function innerKey(database: SqlDatabase, page: Page, i: number): number {
  const at = cellAt(database, page, i) + 4;
  const key = decodeVarint(page.bytes, at);
  if (key) return key.value;
  throw invalid({ source: database.source, offset: page.start + at }, "expected a row id, found the page's end");
}

interface LeafCell {
  readonly id: number;
  readonly length: number;
  /** Where the record begins in the page. */
  readonly at: number;
}

function leafCell(database: SqlDatabase, page: Page, i: number): LeafCell {
  const at = cellAt(database, page, i);
  const length = decodeVarint(page.bytes, at);
  const id = length && decodeVarint(page.bytes, length.next);
  if (length && id && length.value <= database.source.byteLength)
    return { id: id.value, length: length.value, at: id.next };
  throw invalid(
    { source: database.source, offset: page.start + at },
    "expected a record and its row id, found neither",
  );
}

async function readRow(database: SqlDatabase, page: Page, i: number): Promise<SqlRow> {
  const cell = leafCell(database, page, i);
  const offset = page.start + cell.at;
  const values = decodeRecord(await readPayload(database, page, cell));
  if (typeof values === "string") throw invalid({ source: database.source, offset }, values);
  return { id: cell.id, values, offset };
}

async function readPayload(database: SqlDatabase, page: Page, { length, at }: LeafCell): Promise<Uint8Array> {
  const { source, usable } = database;
  const largest = usable - 35;
  const fault = () => invalid({ source, offset: page.start + at }, `expected a record of ${length} bytes, found less`);
  if (length <= largest) {
    if (at + length > usable) throw fault();
    return page.bytes.subarray(at, at + length);
  }
  const smallest = Math.floor(((usable - 12) * 32) / 255) - 23;
  const kept = smallest + ((length - smallest) % (usable - 4));
  const local = kept <= largest ? kept : smallest;
  if (at + local + 4 > usable) throw fault();
  const out = new Uint8Array(length);
  out.set(page.bytes.subarray(at, at + local));
  let done = local;
  let next = viewOf(page.bytes).getUint32(at + local);
  while (done < length) {
    if (next < 1 || next > database.pages) throw fault();
    const start = (next - 1) * database.pageBytes;
    const count = Math.min(usable - 4, length - done);
    const bytes = await source.slice(start, start + 4 + count);
    out.set(bytes.subarray(4), done);
    done += count;
    next = viewOf(bytes).getUint32(0);
  }
  return out;
}
