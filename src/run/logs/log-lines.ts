import { formatBytes } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { type FoldedRecord, rankRanges } from "./fold.js";
import type { LogRecord } from "./question.js";

/** How far a question looked. */
export interface LogCoverage {
  readonly files: number;
  /** Bytes of the files, and how many of them were looked at. */
  readonly bytes: number;
  readonly searched: number;
  /** Nodes that could not be asked, with the reason. */
  readonly unreachable: readonly string[];
  /** True for records that are shown as they are written. */
  readonly isFollowed?: boolean;
}

/** What a cell shows at most. */
const mostBytes = 60_000;
const longestLine = 400;
const mostLines = 12;

/**
 * Records of logs, shown as plain text: ranks in front where there are several, long lines cut, at most 64 KB.
 *
 * @example
 * const run = await openRun("first");
 * const { lines } = await run.logs({ rank: 0, tail: 30, match: /loss:/ });
 */
export class LogLines {
  /** The rank that was asked for; undefined for several. */
  readonly rank: number | undefined;
  readonly records: readonly FoldedRecord[];
  readonly coverage: LogCoverage;

  /** @internal Use run.logs. */
  constructor(rank: number | undefined, records: readonly FoldedRecord[], coverage: LogCoverage) {
    this.rank = rank;
    this.records = records;
    this.coverage = coverage;
  }

  /** Every line of every record, whole. */
  get lines(): readonly string[] {
    return this.records.flatMap(({ first }) => first.text.split("\n"));
  }

  [displayKey](): MimeBundle {
    if (this.records.length === 0 && this.coverage.isFollowed) return { "text/plain": "waiting for records" };
    if (this.records.length === 0) return { "text/plain": `no such records (${this.#searched()})` };
    const several = this.rank === undefined;
    const shown: string[] = [];
    let room = mostBytes;
    for (const folded of [...this.records].reverse()) {
      const text = recordText(folded, several);
      room -= Buffer.byteLength(text) + 1;
      if (room < 0) break;
      shown.unshift(text);
    }
    const hidden = this.records.length - shown.length;
    const head = hidden > 0 ? [`… ${hidden} earlier records are not shown: narrow since, match, or rank`] : [];
    const { isFollowed = false, unreachable } = this.coverage;
    const tellsHow = !isFollowed && (several || unreachable.length > 0);
    const foot = tellsHow ? [`(${this.#searched()})`] : [];
    return { "text/plain": [...head, ...shown, ...foot].join("\n") };
  }

  #searched(): string {
    const { files, bytes, searched, unreachable } = this.coverage;
    const part = searched < bytes ? `the last ${formatBytes(searched)} of ${formatBytes(bytes)}` : formatBytes(bytes);
    const missing = unreachable.map((reason) => `; not asked: ${reason}`).join("");
    return `${files} ${files === 1 ? "file" : "files"}, ${part} searched${missing}`;
  }
}

function nameOf({ source, node }: LogRecord): string {
  return source === "worker" ? "" : `${source} on ${node}`;
}

function recordText({ first, count, ranks }: FoldedRecord, several: boolean): string {
  const who = ranks.length > 0 ? `rank${ranks.length > 1 ? "s" : ""} ${rankRanges(ranks)}` : nameOf(first);
  const times = count > Math.max(1, ranks.length) ? `, ${count} times` : "";
  const lines = first.text.split("\n");
  const kept = lines.length > mostLines ? [...lines.slice(0, 2), "  …", ...lines.slice(-(mostLines - 3))] : lines;
  const cut = kept.map((line) =>
    line.length > longestLine ? `${line.slice(0, longestLine)}… (${line.length} characters in ${first.path})` : line,
  );
  return several ? `${who}${times} | ${cut.join("\n  | ")}` : cut.join("\n");
}
