import { viewOf } from "./failure.js";
import { concat } from "./message-pack.js";
import { encodeRecord, encodeVarint, type Real, type SqlValue } from "./sqlite-record.js";

/** Bytes of a page in the databases that are written here. */
export const sqlPageBytes = 4096;

/** A page of the database: number from 1 on. */
export interface SqlPage {
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** Gives out page numbers and takes finished pages until they are collected. */
export class SqlPages {
  #count = 1; // page 1 holds the list of tables and comes last
  #finished: SqlPage[] = [];

  get count(): number {
    return this.#count;
  }

  next(): number {
    this.#count += 1;
    return this.#count;
  }

  finish(number: number, bytes: Uint8Array): void {
    this.#finished.push({ number, bytes });
  }

  /** The pages that were finished since the last call. */
  take(): SqlPage[] {
    const pages = this.#finished;
    this.#finished = [];
    return pages;
  }
}

const kinds = { tableLeaf: 13, tableInner: 5, indexLeaf: 10, indexInner: 2 } as const;

interface Node {
  cells: Uint8Array[];
  bytes: number;
}

/**
 * Builds a b-tree from entries in ascending order, page after page, with one open page per level: memory does not grow
 * with the entries. Layout: SQLite's "Database File Format", sections 1.6 and 2. Kind "table": cells with row ids,
 * inner pages repeat the largest id on their left. Kind "index": cells are records; the entry between two pages stands
 * in the inner page only.
 */
export class SqlTree {
  readonly #pages: SqlPages;
  readonly #kind: "table" | "index";
  #leaf: Node = { cells: [], bytes: 0 };
  /** The largest row id in the open leaf. */
  #lastId = 0;
  /**
   * Index only: the entry that does not fit into the full leaf; it goes between this leaf and the next if there is a
   * next.
   */
  #between: Uint8Array | undefined;
  readonly #inner: InnerLevel[] = [];

  constructor(pages: SqlPages, kind: "table" | "index") {
    this.#pages = pages;
    this.#kind = kind;
  }

  /** Adds a table row; ids ascend. */
  addRow(id: number, values: readonly (SqlValue | Real)[]): void {
    const record = encodeRecord(values);
    const cell = concat([encodeVarint(record.byteLength), encodeVarint(id), this.#payload(record)]);
    if (!fits(this.#leaf, cell, 8)) this.#closeLeaf(encodeVarint(this.#lastId));
    push(this.#leaf, cell);
    this.#lastId = id;
  }

  /** Adds an index entry; entries ascend. */
  addEntry(values: readonly SqlValue[]): void {
    const record = encodeRecord(values);
    const cell = concat([encodeVarint(record.byteLength), this.#payload(record)]);
    if (this.#between) {
      this.#closeLeaf(this.#between);
      this.#between = undefined;
    }
    if (fits(this.#leaf, cell, 8)) push(this.#leaf, cell);
    else this.#between = cell;
  }

  /** Ends the tree and gives the number of its root page. */
  finish(): number {
    if (this.#between) {
      const separator = this.#leaf.cells.pop() as Uint8Array;
      const last = this.#between;
      this.#closeLeaf(separator);
      push(this.#leaf, last);
    }
    let child = this.#pages.next();
    this.#pages.finish(child, pageOf(this.#leaf.cells, { kind: kinds[`${this.#kind}Leaf`] }));
    for (let level = 0; level < this.#inner.length; level++) {
      const { cells, promoted } = (this.#inner[level] as InnerLevel).finish();
      if (promoted) this.#closeInner(level, promoted);
      const number = this.#pages.next();
      this.#pages.finish(number, pageOf(cells, { kind: kinds[`${this.#kind}Inner`], right: child }));
      child = number;
    }
    return child;
  }

  #closeLeaf(separator: Uint8Array): void {
    const number = this.#pages.next();
    this.#pages.finish(number, pageOf(this.#leaf.cells, { kind: kinds[`${this.#kind}Leaf`] }));
    this.#leaf = { cells: [], bytes: 0 };
    this.#addInner(0, { child: number, key: separator });
  }

  #addInner(level: number, entry: InnerEntry): void {
    let at = this.#inner[level];
    if (!at) {
      at = new InnerLevel();
      this.#inner.push(at);
    }
    const full = at.add(entry);
    if (full) this.#closeInner(level, full);
  }

  /** A full inner page: its last entry becomes its right-most child and the separator one level up. */
  #closeInner(level: number, { cells, last }: FullInner): void {
    const number = this.#pages.next();
    this.#pages.finish(number, pageOf(cells, { kind: kinds[`${this.#kind}Inner`], right: last.child }));
    this.#addInner(level + 1, { child: number, key: last.key });
  }

  /**
   * The part of a record that stays in its cell, followed by the number of the first overflow page if there is more
   * (section 1.6).
   */
  #payload(record: Uint8Array): Uint8Array {
    const largest = this.#kind === "table" ? sqlPageBytes - 35 : indexLargest;
    if (record.byteLength <= largest) return record;
    const room = sqlPageBytes - 4;
    const kept = smallest + ((record.byteLength - smallest) % room);
    const local = kept <= largest ? kept : smallest;
    const numbers = Array.from({ length: Math.ceil((record.byteLength - local) / room) }, () => this.#pages.next());
    numbers.forEach((number, i) => {
      const page = new Uint8Array(sqlPageBytes);
      viewOf(page).setUint32(0, numbers[i + 1] ?? 0);
      page.set(record.subarray(local + i * room, local + (i + 1) * room), 4);
      this.#pages.finish(number, page);
    });
    const pointer = new Uint8Array(4);
    viewOf(pointer).setUint32(0, numbers[0] as number);
    return concat([record.subarray(0, local), pointer]);
  }
}

const smallest = Math.floor(((sqlPageBytes - 12) * 32) / 255) - 23;
const indexLargest = Math.floor(((sqlPageBytes - 12) * 64) / 255) - 23;

interface InnerEntry {
  readonly child: number;
  readonly key: Uint8Array;
}

interface FullInner {
  readonly cells: readonly Uint8Array[];
  readonly last: InnerEntry;
}

/**
 * The open page of a level of inner pages; keeps one entry back, so that no page is left without entries at the end.
 */
class InnerLevel {
  #entries: InnerEntry[] = [];
  #bytes = 0;
  #waiting: InnerEntry | undefined;

  /** Gives the page that is full, if one is. */
  add(entry: InnerEntry): FullInner | undefined {
    let full: FullInner | undefined;
    if (this.#waiting) {
      full = { cells: this.#entries.map(innerCell), last: this.#waiting };
      this.#entries = [];
      this.#bytes = 0;
      this.#waiting = undefined;
    }
    const size = 2 + 4 + entry.key.byteLength;
    if (12 + this.#bytes + size > sqlPageBytes) this.#waiting = entry;
    else {
      this.#entries.push(entry);
      this.#bytes += size;
    }
    return full;
  }

  /** The cells of the last page, and the page before it if one more has to be closed first. */
  finish(): { readonly cells: readonly Uint8Array[]; readonly promoted: FullInner | undefined } {
    if (!this.#waiting) return { cells: this.#entries.map(innerCell), promoted: undefined };
    const last = this.#entries.pop() as InnerEntry;
    const promoted = { cells: this.#entries.map(innerCell), last };
    return { cells: [innerCell(this.#waiting)], promoted };
  }
}

function innerCell({ child, key }: InnerEntry): Uint8Array {
  const pointer = new Uint8Array(4);
  viewOf(pointer).setUint32(0, child);
  return concat([pointer, key]);
}

function fits(node: Node, cell: Uint8Array, headBytes: number): boolean {
  return headBytes + node.bytes + 2 + cell.byteLength <= sqlPageBytes;
}

function push(node: Node, cell: Uint8Array): void {
  node.cells.push(cell);
  node.bytes += 2 + cell.byteLength;
}

interface PageKind {
  readonly kind: number;
  /** Inner pages: the right-most child. */
  readonly right?: number;
  /** Where the page's own head begins: 100 in page 1. */
  readonly start?: number;
}

/**
 * A b-tree page: head, cell pointers, free space, cells from the end backwards. Undefined cells do not occur: callers
 * check the room.
 */
function pageOf(cells: readonly Uint8Array[], { kind, right, start = 0 }: PageKind): Uint8Array {
  const page = new Uint8Array(sqlPageBytes);
  const data = viewOf(page);
  const pointers = start + (right === undefined ? 8 : 12);
  let at = sqlPageBytes;
  cells.forEach((cell, i) => {
    at -= cell.byteLength;
    page.set(cell, at);
    data.setUint16(pointers + 2 * i, at);
  });
  data.setUint8(start, kind);
  data.setUint16(start + 3, cells.length);
  data.setUint16(start + 5, at);
  if (right !== undefined) data.setUint32(start + 8, right);
  return page;
}

/** A table or index as the list of tables names it. */
export interface SqlObject {
  readonly type: "table" | "index";
  readonly name: string;
  readonly table: string;
  readonly root: number;
  readonly sql: string | null;
}

/** Page 1: the file's head and the list of tables; undefined if the list does not fit into it. */
export function firstSqlPage(objects: readonly SqlObject[], pageCount: number): Uint8Array | undefined {
  const cells = objects.map(({ type, name, table, root, sql }, i) => {
    const record = encodeRecord([type, name, table, root, sql]);
    return concat([encodeVarint(record.byteLength), encodeVarint(i + 1), record]);
  });
  const bytes = cells.reduce((sum, cell) => sum + 2 + cell.byteLength, 108);
  if (bytes > sqlPageBytes) return undefined;
  const page = pageOf(cells, { kind: kinds.tableLeaf, start: 100 });
  page.set(new TextEncoder().encode("SQLite format 3\0"));
  const data = viewOf(page);
  data.setUint16(16, sqlPageBytes);
  page.set([1, 1, 0, 64, 32, 32], 18);
  const numbers: readonly (readonly [at: number, value: number])[] = [
    [24, 1], // change counter
    [28, pageCount],
    [40, 2], // schema cookie
    [44, 4], // schema format
    [56, 1], // UTF-8
    [92, 1], // the change counter for which the version is valid
    [96, 3_046_001], // the SQLite that MindSpore 2.9 brings
  ];
  for (const [at, value] of numbers) data.setUint32(at, value);
  return page;
}
