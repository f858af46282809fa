import { open } from "node:fs/promises";
import { join } from "node:path";
import { listFiles } from "../nodes/glob.js";
import { LogFileIndex, mayHold } from "./file-index.js";
import type { LogAnswer, LogQuestion } from "./question.js";
import { mostText } from "./record-text.js";
import { logLevels, scanRecords } from "./scan.js";

type Found = LogAnswer["records"][number];

const bufferBytes = 1 << 22;

/**
 * Answers questions about the log files of one folder. The index grows with the files and is kept between questions.
 */
export class LogFiles {
  readonly #folder: string;
  readonly #indices = new Map<string, LogFileIndex>();
  #buffer: Buffer | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async search(question: LogQuestion): Promise<LogAnswer> {
    const sizes = new Map<string, number>();
    for (const pattern of question.patterns)
      for (const { path, size } of await listFiles(this.#folder, pattern)) sizes.set(path, size);
    this.#buffer ??= Buffer.allocUnsafe(bufferBytes);
    const answer = { records: [] as Found[], files: sizes.size, bytes: 0, searched: 0 };
    for (const [path, size] of sizes) {
      const index = this.#indices.get(path) ?? new LogFileIndex(join(this.#folder, path));
      this.#indices.set(path, index);
      if (size !== index.size) await index.grow(this.#buffer);
      answer.bytes += index.size;
      const { records, searched } = await this.#searchFile(index, path, question);
      answer.searched += searched;
      answer.records.push(...records);
    }
    return answer;
  }

  /** From the end backwards, block by block, until there are enough records. */
  async #searchFile(index: LogFileIndex, path: string, question: LogQuestion) {
    const chosen = index.blocks.filter((block) => mayHold(block, question));
    const records: Found[] = [];
    let searched = index.size - chosen.reduce((sum, { length }) => sum + length, 0);
    if (chosen.length === 0) return { records, searched };
    const file = await open(index.path, "r").catch(() => undefined);
    if (!file) return { records, searched };
    try {
      for (const block of chosen.reverse()) {
        const bytes = Buffer.allocUnsafe(block.length);
        await file.read(bytes, 0, block.length, block.offset);
        records.unshift(...matching(bytes, { path, offset: block.offset }, question));
        searched += block.length;
        if (records.length >= question.tail) break;
      }
    } finally {
      await file.close();
    }
    return { records: records.slice(-question.tail), searched };
  }
}

function matching(
  bytes: Buffer,
  at: { readonly path: string; readonly offset: number },
  question: LogQuestion,
): Found[] {
  const { level: lowest, since, until, match } = question;
  const pattern = match && new RegExp(match.source, match.flags.replaceAll(/[gy]/g, ""));
  const found: Found[] = [];
  scanRecords(bytes, ({ start, end, time, level }) => {
    if (level < lowest && lowest > 0) return;
    if (time < since || time > until) return;
    const text = bytes.toString("utf8", start, Math.min(end, start + mostText)).trimEnd();
    if (pattern && !pattern.test(text)) return;
    const name = logLevels[level];
    found.push({
      path: at.path,
      offset: at.offset + start,
      ...(!Number.isNaN(time) && { time }),
      ...(name !== undefined && { level: name }),
      text,
    });
  });
  return found;
}
