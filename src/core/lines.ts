import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";

/** Lines longer than this are cut (characters); no log line that matters comes near it. */
const longestLine = 1 << 20;
/** Bytes that a tail reads at a time. */
const portionBytes = 1 << 16;

/** Bytes in any portions → whole lines without their ends (`\n` or `\r\n`). Invalid UTF-8 becomes U+FFFD. */
export class LineSplitter {
  #decoder = new StringDecoder("utf8");
  #rest = "";

  /** Lines that this portion completes. */
  push(portion: Uint8Array): string[] {
    const text = this.#rest + this.#decoder.write(Buffer.from(portion.buffer, portion.byteOffset, portion.byteLength));
    const lines = text.split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, longestLine);
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  /** The unfinished last line, if there is one; the splitter is empty afterwards. */
  end(): string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }
}

/** Reads the lines of a file that somebody else is still writing, from where the last call stopped. */
export class FileTail {
  readonly path: string;
  #offset = 0;
  #splitter = new LineSplitter();

  constructor(path: string) {
    this.path = path;
  }

  /** Bytes read so far, those of an unfinished line included. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * New whole lines; none if the file does not exist (yet). A file that became shorter is read from its beginning.
   * `limit`: bytes of the file that count, default all.
   */
  async read(limit = Number.POSITIVE_INFINITY): Promise<string[]> {
    const file = await open(this.path, "r").catch(() => undefined);
    if (!file) return [];
    try {
      const { size: present } = await file.stat();
      if (present < this.#offset) this.#restart();
      const size = Math.min(present, limit);
      const lines: string[] = [];
      let buffer = Buffer.alloc(0);
      while (this.#offset < size) {
        const most = Math.min(portionBytes, size - this.#offset);
        if (buffer.length < most) buffer = Buffer.allocUnsafe(most);
        const { bytesRead } = await file.read(buffer, 0, most, this.#offset);
        if (bytesRead === 0) break;
        this.#offset += bytesRead;
        for (const line of this.#splitter.push(buffer.subarray(0, bytesRead))) lines.push(line);
      }
      return lines;
    } finally {
      await file.close();
    }
  }

  /** What stands after the last line end; for files that nobody writes to any more. */
  end(): string[] {
    return this.#splitter.end();
  }

  #restart(): void {
    this.#offset = 0;
    this.#splitter = new LineSplitter();
  }
}

/** The last `count` lines of a file without reading the rest of it; none if the file does not exist. */
export async function lastLines(path: string, count: number): Promise<string[]> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    for (let wanted = Math.max(4096, count * 200); ; wanted *= 4) {
      const start = Math.max(0, size - wanted);
      const buffer = Buffer.alloc(size - start);
      await file.read(buffer, 0, buffer.length, start);
      const lines = buffer.toString("utf8").split(/\r?\n/);
      if (lines.at(-1) === "") lines.pop();
      if (start > 0) lines.shift();
      if (lines.length >= count || start === 0) return lines.slice(-count);
    }
  } finally {
    await file.close();
  }
}
