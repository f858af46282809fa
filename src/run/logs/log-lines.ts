import { formatBytes } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import type { FoldedRecord } from "./fold.js";
import { recordText, spansDays } from "./record-text.js";

/** How far a query searched. */
export interface LogCoverage {
  readonly files: number;
  /** Bytes of the files, and how many of them were searched. */
  readonly bytes: number;
  readonly searched: number;
  /** Nodes that could not be asked, with the reason. */
  readonly unreachable: readonly string[];
  /** True for records that are shown as they are written. */
  readonly isFollowed?: boolean;
}

/** What a cell shows at most. */
const mostBytes = 60_000;

/**
 * Records of logs. Shows the time, the severity from WARNING up, and the message of each record, at most 64 KB. With
 * several ranks, each record begins with its ranks. `lines` has the text as in the files, up to 8 KB of
 * each record.
 *
 * @example
 * const run = await openRun("first");
 * const { lines } = await run.logs({ rank: 0, tail: 30, match: /loss:/ });
 */
export class LogLines {
  /** The requested rank; undefined for several. */
  readonly rank: number | undefined;
  readonly records: readonly FoldedRecord[];
  readonly coverage: LogCoverage;
  readonly #whole: boolean;

  /** @internal Use run.logs. */
  constructor(
    rank: number | undefined,
    records: readonly FoldedRecord[],
    look: { readonly coverage: LogCoverage; readonly lines?: "short" | "whole" },
  ) {
    this.rank = rank;
    this.records = records;
    this.coverage = look.coverage;
    this.#whole = look.lines === "whole";
  }

  /** Every line of every record, whole. */
  get lines(): readonly string[] {
    return this.records.flatMap(({ first }) => first.text.split("\n"));
  }

  [displayKey](): MimeBundle {
    if (this.records.length === 0 && this.coverage.isFollowed) return { "text/plain": "waiting for records" };
    if (this.records.length === 0) return { "text/plain": `no such records (${this.#searched()})` };
    const withRanks = this.rank === undefined;
    const look = { withRanks, whole: this.#whole, withDay: spansDays(this.records) };
    const shown: string[] = [];
    let room = mostBytes;
    for (const folded of [...this.records].reverse()) {
      const text = recordText(folded, look);
      room -= Buffer.byteLength(text) + 1;
      if (room < 0) break;
      shown.unshift(text);
    }
    const hidden = this.records.length - shown.length;
    const head = hidden > 0 ? [`… ${hidden} earlier records are not shown: narrow since, match, or rank`] : [];
    const foot = this.coverage.isFollowed ? [] : [`(${this.#searched()})`];
    return { "text/plain": [...head, ...shown, ...foot].join("\n") };
  }

  #searched(): string {
    const { files, bytes, searched, unreachable } = this.coverage;
    const part = searched < bytes ? `the last ${formatBytes(searched)} of ${formatBytes(bytes)}` : formatBytes(bytes);
    const missing = unreachable.map((reason) => `; not asked: ${reason}`).join("");
    return `${files} ${files === 1 ? "file" : "files"}, ${part} searched${missing}`;
  }
}
