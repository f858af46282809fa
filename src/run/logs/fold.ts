import type { LogRecord } from "./question.js";

/** Equal records of several ranks, shown once. */
export interface FoldedRecord {
  readonly first: LogRecord;
  readonly count: number;
  /** Ranks that wrote it, ascending; empty for other sources. */
  readonly ranks: readonly number[];
}

/** Records of one saying may lie so far apart, in milliseconds. */
const windowMs = 60_000;

/**
 * What is equal in lines of several ranks: everything but times, process ids, and addresses. Numbers are kept: they
 * are the differences.
 */
function saying(record: LogRecord): string {
  const text = record.text
    .replace(/\d{4}-\d\d-\d\d[ -]\d\d:\d\d:\d\d[.,]\d{3}(?:\.\d{3})?/g, "<time>")
    .replace(/^(\[[A-Z]+\] \w+)\([^)]*\)/, "$1(…)")
    .replace(/0x[0-9a-f]{6,}/g, "<address>")
    .replace(/\brank_\d+|\bworker_\d+/g, "rank_<r>");
  return `${record.source === "worker" ? "worker" : record.path}\n${text}`;
}

/** Folds equal records of different ranks into one, in the order of their first appearance. Pure. */
export function foldRecords(records: readonly LogRecord[]): FoldedRecord[] {
  const folded: { first: LogRecord; count: number; ranks: number[] }[] = [];
  const open = new Map<string, { first: LogRecord; count: number; ranks: number[] }>();
  for (const record of records) {
    const key = saying(record);
    const known = open.get(key);
    const near = known && Math.abs((record.time ?? 0) - (known.first.time ?? record.time ?? 0)) <= windowMs;
    if (known && near) {
      known.count += 1;
      if (record.rank !== undefined) known.ranks.push(record.rank);
      continue;
    }
    const made = { first: record, count: 1, ranks: record.rank === undefined ? [] : [record.rank] };
    open.set(key, made);
    folded.push(made);
  }
  return folded.map(({ first, count, ranks }) => ({ first, count, ranks: [...new Set(ranks)].sort((a, b) => a - b) }));
}

/** `0–7, 12` */
export function rankRanges(ranks: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < ranks.length; ) {
    let end = at;
    while (ranks[end + 1] === (ranks[end] as number) + 1) end += 1;
    parts.push(end === at ? String(ranks[at]) : `${ranks[at]}–${ranks[end]}`);
    at = end + 1;
  }
  return parts.join(", ");
}

/** By time; records without one stay behind the record before them in their file. Pure. */
export function byTime(files: readonly (readonly LogRecord[])[]): LogRecord[] {
  const timed = files.flatMap((records) => {
    let last = 0;
    return records.map((record, index) => {
      last = record.time ?? last;
      return { record, time: last, index };
    });
  });
  timed.sort((a, b) => a.time - b.time || (a.record.rank ?? -1) - (b.record.rank ?? -1) || a.index - b.index);
  return timed.map(({ record }) => record);
}
