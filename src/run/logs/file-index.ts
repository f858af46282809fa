import { open } from "node:fs/promises";
import { logLevels, scanRecords } from "./scan.js";

/** Bytes that one entry of an index stands for. */
export const blockBytes = 1 << 16;

/** What an index knows of a part of a file that begins with a record. */
export interface LogBlock {
  readonly offset: number;
  readonly length: number;
  /** Times of the first and the last record that have one; NaN if none has. */
  readonly from: number;
  readonly to: number;
  /** Bit n: there is a record of level n; bit 5: one without a level. */
  readonly levels: number;
}

const unlevelled = 1 << logLevels.length;

/** Index of a growing log file: for each 64 KiB where it begins, its times, and its levels. 40 bytes an entry. */
export class LogFileIndex {
  readonly path: string;
  readonly blocks: LogBlock[] = [];
  /** Bytes that are indexed: up to the last line end that was seen. */
  size = 0;
  /** True while `size` lies within a line longer than the buffer; the rest of that line is skipped. */
  #isInLine = false;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Takes in what was written since the last call, through a buffer that callers share. A file that became shorter is
   * read anew.
   */
  async grow(buffer: Buffer): Promise<void> {
    const file = await open(this.path, "r").catch(() => undefined);
    if (!file) return;
    try {
      const { size } = await file.stat();
      if (size < this.size) this.#restart();
      while (this.size < size) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.size);
        const end =
          buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1 || (bytesRead === buffer.length ? bytesRead : 0);
        if (end === 0) return;
        const rest = this.#isInLine ? buffer.subarray(0, end).indexOf(0x0a) + 1 || end : 0;
        this.#isInLine = buffer[end - 1] !== 0x0a;
        this.size += rest;
        if (end > rest) this.#add(buffer.subarray(rest, end));
        this.size += end - rest;
      }
    } finally {
      await file.close();
    }
  }

  #restart(): void {
    this.blocks.length = 0;
    this.size = 0;
    this.#isInLine = false;
  }

  #add(bytes: Buffer): void {
    let offset = 0;
    let from = Number.NaN;
    let to = Number.NaN;
    let levels = 0;
    const close = (end: number) => {
      if (end > offset) this.blocks.push({ offset: this.size + offset, length: end - offset, from, to, levels });
      offset = end;
      from = to = Number.NaN;
      levels = 0;
    };
    scanRecords(bytes, ({ start, time, level }) => {
      if (start - offset >= blockBytes) close(start);
      if (!Number.isNaN(time)) {
        if (Number.isNaN(from)) from = time;
        to = time;
      }
      levels |= level < 0 ? unlevelled : 1 << level;
    });
    close(bytes.length);
  }
}

/** Whether a block may hold a record of at least this level between two times. */
export function mayHold(
  block: LogBlock,
  wanted: { readonly level: number; readonly since: number; readonly until: number },
): boolean {
  if (wanted.level > 0 && (block.levels & (unlevelled - 1)) >> wanted.level === 0) return false;
  return !(block.to < wanted.since) && !(block.from > wanted.until);
}
