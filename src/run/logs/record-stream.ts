import type { LogQuestion, LogRecord } from "./question.js";
import { sourceOf } from "./question.js";
import { mostText } from "./record-text.js";
import { logLevels, scanRecords } from "./scan.js";

/**
 * Makes records of lines as they are written. A record is complete when the next one begins, or when nothing follows.
 */
export class RecordStream {
  readonly #question: LogQuestion;
  readonly #node: string;
  readonly #open = new Map<string, { text: string; offset: number }>();

  constructor(question: LogQuestion, node: string) {
    this.#question = question;
    this.#node = node;
  }

  /** Takes whole lines of a file that end before `offset`; returns the records that they complete. */
  accept(path: string, lines: readonly string[], offset: number): LogRecord[] {
    if (lines.length === 0) return [];
    const added = `${lines.join("\n")}\n`;
    const before = this.#open.get(path);
    const text = (before?.text ?? "") + added;
    const start = before?.offset ?? Math.max(0, offset - Buffer.byteLength(added));
    const found = this.#records(path, text, start);
    const last = found.pop();
    if (last === undefined) return [];
    const at = last.offset - start;
    this.#open.set(path, { text: Buffer.from(text).subarray(at).toString("utf8"), offset: last.offset });
    return found.flatMap((record) => this.#chosen(record));
  }

  /** The records that wait for their end, such as when nothing was written for a second. */
  flush(): LogRecord[] {
    const waiting = [...this.#open].flatMap(([path, { text, offset }]) => this.#records(path, text, offset));
    this.#open.clear();
    return waiting.flatMap((record) => this.#chosen(record));
  }

  #records(path: string, text: string, start: number): LogRecord[] {
    const bytes = Buffer.from(text);
    const found: LogRecord[] = [];
    scanRecords(bytes, ({ start: from, end, time, level }) => {
      const name = logLevels[level];
      found.push({
        ...{ node: this.#node, path, ...sourceOf(path), offset: start + from },
        ...(!Number.isNaN(time) && { time }),
        ...(name !== undefined && { level: name }),
        text: bytes.toString("utf8", from, Math.min(end, from + mostText)).trimEnd(),
      });
    });
    return found;
  }

  #chosen(record: LogRecord): LogRecord[] {
    const { level: lowest, since, until, match } = this.#question;
    const level = record.level === undefined ? -1 : logLevels.indexOf(record.level);
    if (lowest > 0 && level < lowest) return [];
    if (record.time !== undefined && (record.time < since || record.time > until)) return [];
    if (match && !new RegExp(match.source, match.flags.replaceAll(/[gy]/g, "")).test(record.text)) return [];
    return [record];
  }
}
