import { type FoldedRecord, rankRanges } from "./fold.js";
import type { LogRecord } from "./question.js";
import { logLevels } from "./scan.js";

const longestLine = 400;
const mostLines = 12;
/** Bytes of a record that a search keeps; the rest is in the file. */
export const mostText = 8192;

/** What the engine writes before its message: time, logger, level. */
const heads = [
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - .*?\[[^\]\n]*\] - [A-Z]+ - /,
  /^\[[A-Z]+\] \w+\([^)\n]*\):\d{4}-\d\d-\d\d-\d\d:\d\d:\d\d\.\d{3}\.\d{3} (?:\[[^\]\n]*\] )?/,
  /^\[[A-Z]+\] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[[^\]\n]*\] (?:\w+: )?/,
];

const two = (value: number) => String(value).padStart(2, "0");

function clockText(time: number, withDay: boolean): string {
  const date = new Date(time);
  const day = withDay ? `${two(date.getMonth() + 1)}-${two(date.getDate())} ` : "";
  return `${day}${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} `;
}

function messageOf({ text, time, level }: LogRecord, withDay: boolean): string {
  const head = heads.map((pattern) => pattern.exec(text)?.[0]).find((found) => found !== undefined);
  if (head === undefined || time === undefined) return text;
  const isGrave = level !== undefined && logLevels.indexOf(level) >= logLevels.indexOf("WARNING");
  return `${clockText(time, withDay)}${isGrave ? `${level} ` : ""}${text.slice(head.length)}`;
}

function cutLine(line: string, { path, text }: LogRecord): string {
  if (line.length <= longestLine) return line;
  const least = Buffer.byteLength(text) >= mostText - 4 ? "at least " : "";
  return `${line.slice(0, longestLine)}… (${least}${line.length} characters in ${path})`;
}

export interface RecordLook {
  /** Shows which ranks wrote the record. */
  readonly withRanks: boolean;
  /** Shows the date with the time. */
  readonly withDay: boolean;
  /** Shows the lines as they stand in the file. */
  readonly whole: boolean;
}

/** A record as a cell shows it: ranks, time, severity from WARNING up, message. Pure. */
export function recordText({ first, count, ranks }: FoldedRecord, look: RecordLook): string {
  const program = first.source === "worker" ? "" : `${first.source} on ${first.node}`;
  const who = ranks.length > 0 ? `rank${ranks.length > 1 ? "s" : ""} ${rankRanges(ranks)}` : program;
  const times = count > Math.max(1, ranks.length) ? `, ${count} times` : "";
  const lines = (look.whole ? first.text : messageOf(first, look.withDay)).split("\n");
  const kept = lines.length > mostLines ? [...lines.slice(0, 2), "  …", ...lines.slice(-(mostLines - 3))] : lines;
  const cut = kept.map((line) => cutLine(line, first));
  return look.withRanks ? `${who}${times} | ${cut.join("\n  | ")}` : cut.join("\n");
}

/** True if the records are not all of one day. */
export function spansDays(records: readonly FoldedRecord[]): boolean {
  const days = records.flatMap(({ first: { time } }) => (time === undefined ? [] : [new Date(time).toDateString()]));
  return new Set(days).size > 1;
}
