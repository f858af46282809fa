import type { MindRecordPage } from "./pages.js";

/** Bytes of a row in its blob page and in its raw page, each with the 8 bytes of its length. */
export interface RowSize {
  readonly blob: number;
  readonly raw: number;
}

/** Rows `first` (inclusive) to `end` (exclusive) of the batch go to `offset` of a page. */
export interface PageWrite {
  readonly page: number;
  readonly offset: number;
  readonly part: "blob" | "raw";
  readonly first: number;
  readonly end: number;
}

/** A row group outgrew its raw page and moves to the beginning of a new one. */
export interface GroupMove {
  readonly from: { readonly page: number; readonly offset: number; readonly bytes: number };
  readonly toPage: number;
}

export interface PagePlan {
  readonly move: GroupMove | undefined;
  readonly writes: readonly PageWrite[];
}

interface OpenPage {
  id: number;
  typeId: number;
  type: "BLOB_DATA" | "RAW_DATA";
  used: number;
  startRow: number;
  endRow: number;
  groups: { id: number; offset: number }[];
}

/**
 * Assigns rows to pages exactly as MindSpore's ShardWriter does for the same batches (which decide the ids of the
 * pages): a row group is the rows of one blob page; its raw rows lie together in one raw page; a group ends before the
 * row with which one of the two would overflow.
 */
export class PagePlanner {
  readonly #pageSize: number;
  readonly #pages: OpenPage[] = [];
  #blob: OpenPage | undefined;
  #raw: OpenPage | undefined;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
  }

  get pages(): readonly MindRecordPage[] {
    return this.#pages;
  }

  get rows(): number {
    return this.#blob?.endRow ?? 0;
  }

  /** Plans a batch; every row must fit into a page. */
  add(rows: readonly RowSize[]): PagePlan {
    const groups = this.#cut(rows);
    const writes = groups
      .map((group, i) => (i === 0 ? this.#appendBlob(rows, group) : this.#newBlob(rows, group)))
      .filter((write) => write !== undefined);
    const move = this.#shiftRaw(rows, groups[0] as Group);
    return { move, writes: [...writes, ...this.#writeRaw(rows, groups)] };
  }

  /** The first group continues the page that is open; it may be empty. */
  #cut(rows: readonly RowSize[]): Group[] {
    const groups: Group[] = [];
    let blob = this.#blob?.used ?? 0;
    let raw = (this.#raw?.used ?? 0) - (this.#raw?.groups.at(-1)?.offset ?? 0);
    let first = 0;
    rows.forEach((row, i) => {
      if (blob === 0 || blob + row.blob > this.#pageSize || raw + row.raw > this.#pageSize) {
        groups.push({ first, end: i });
        first = i;
        blob = row.blob;
        raw = row.raw;
      } else {
        blob += row.blob;
        raw += row.raw;
      }
    });
    groups.push({ first, end: rows.length });
    return groups;
  }

  #appendBlob(rows: readonly RowSize[], group: Group): PageWrite | undefined {
    const page = this.#blob;
    if (!page || group.first === group.end) return undefined;
    const offset = page.used;
    page.used += sizeOf(rows, group, "blob");
    page.endRow += group.end - group.first;
    return { page: page.id, offset, part: "blob", ...group };
  }

  #newBlob(rows: readonly RowSize[], group: Group): PageWrite {
    const startRow = this.rows;
    this.#blob = this.#open({
      type: "BLOB_DATA",
      typeId: this.#blob === undefined ? 0 : this.#blob.typeId + 1,
      used: sizeOf(rows, group, "blob"),
      startRow,
      endRow: startRow + group.end - group.first,
      groups: [{ id: 0, offset: 0 }],
    });
    return { page: this.#blob.id, offset: 0, part: "blob", ...group };
  }

  #open(page: Omit<OpenPage, "id">): OpenPage {
    const opened = { id: this.#pages.length, ...page };
    this.#pages.push(opened);
    return opened;
  }

  #openRaw(): OpenPage {
    // The original numbers a further raw page after the id of the one before it; readers do not look at it.
    const typeId = this.#raw === undefined ? 0 : this.#raw.id + 1;
    this.#raw = this.#open({ type: "RAW_DATA", typeId, used: 0, startRow: 0, endRow: 0, groups: [] });
    return this.#raw;
  }

  #shiftRaw(rows: readonly RowSize[], group: Group): GroupMove | undefined {
    const page = this.#raw;
    if (!page || group.first === group.end) return undefined;
    if (page.used + sizeOf(rows, group, "raw") <= this.#pageSize) return undefined;
    const last = page.groups.pop() as { id: number; offset: number };
    const bytes = page.used - last.offset;
    page.used = last.offset;
    const next = this.#openRaw();
    next.used = bytes;
    next.groups.push({ id: last.id, offset: 0 });
    return { from: { page: page.id, offset: last.offset, bytes }, toPage: next.id };
  }

  #writeRaw(rows: readonly RowSize[], groups: readonly Group[]): PageWrite[] {
    const last = this.#raw?.groups.at(-1)?.id ?? -1;
    return groups.flatMap((group, i) => {
      if (group.first === group.end) return [];
      const bytes = sizeOf(rows, group, "raw");
      let page = this.#raw ?? this.#openRaw();
      if (page.used + bytes > this.#pageSize) page = this.#openRaw();
      const offset = page.used;
      if (i > 0) page.groups.push({ id: last + i, offset });
      page.used += bytes;
      return [{ page: page.id, offset, part: "raw" as const, ...group }];
    });
  }
}

interface Group {
  readonly first: number;
  readonly end: number;
}

function sizeOf(rows: readonly RowSize[], { first, end }: Group, part: "blob" | "raw"): number {
  let sum = 0;
  for (let i = first; i < end; i++) sum += (rows[i] as RowSize)[part];
  return sum;
}
