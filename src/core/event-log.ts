import { type FileHandle, open } from "node:fs/promises";
import { FileTail } from "./lines.js";

const notFinite: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** One JSON line. JSON has no NaN: numbers that are not finite become `{"number":"NaN"}` and come back as numbers. */
export function formatEvent(event: object): string {
  return JSON.stringify(event, (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? { number: String(value) } : value,
  );
}

function withNumbers(_: string, inner: unknown): unknown {
  const name = typeof inner === "object" && inner !== null && "number" in inner ? String(inner.number) : "";
  return name in notFinite ? notFinite[name] : inner;
}

/**
 * The object that a line holds, or undefined for anything else: a line cut short, damage, a value that is no object.
 */
export function parseEvent(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    // Most lines hold finite numbers only, and a month has tens of thousands of lines.
    const value: unknown = JSON.parse(line, line.includes('{"number":"') ? withNumbers : undefined);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Appends JSON lines to a file. One writer at a time; readers may look at any moment. */
export class EventLogWriter {
  readonly #file: FileHandle;
  #last: Promise<void> = Promise.resolve();
  #broken = false;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Opens or creates the file; ends a line that an earlier writer left unfinished, so that no new event is lost in it.
   */
  static async open(path: string): Promise<EventLogWriter> {
    const file = await open(path, "a+");
    const { size } = await file.stat();
    const lastByte = Buffer.alloc(1);
    if (size > 0) await file.read(lastByte, 0, 1, size - 1);
    if (size > 0 && lastByte[0] !== 0x0a) await file.appendFile("\n");
    return new EventLogWriter(file);
  }

  /**
   * Appends the events in one write, after all earlier ones; `durable` waits until the disk has them. Rejects if they
   * could not be written (disk full); the caller may try again, and what was written of them then is a line of its own
   * that readers pass over.
   */
  append(events: readonly object[], { durable = false } = {}): Promise<void> {
    if (events.length === 0) return this.#last;
    const text = events.map((event) => `${formatEvent(event)}\n`).join("");
    const write = this.#last.then(async () => {
      const start = this.#broken ? "\n" : "";
      this.#broken = true;
      await this.#file.appendFile(start + text);
      this.#broken = false;
      if (durable) await this.#file.datasync();
    });
    this.#last = write.catch(() => undefined);
    return write;
  }

  /** Sets the file's time to now: a sign of life for readers on other machines. */
  async touch(): Promise<void> {
    const now = new Date();
    await this.#file.utimes(now, now);
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file.close();
  }
}

/**
 * Reads a growing file of JSON lines; a last line without its end waits, lines that are no JSON object are counted and
 * skipped.
 */
export class EventLogReader {
  readonly #tail: FileTail;
  /** Lines that could not be read so far. */
  skipped = 0;

  constructor(path: string) {
    this.#tail = new FileTail(path);
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#tail.offset;
  }

  /** Events since the last call; `limit`: bytes of the file that count, default all. */
  async read(limit?: number): Promise<Readonly<Record<string, unknown>>[]> {
    const events = [];
    for (const line of await this.#tail.read(limit)) {
      if (line === "") continue;
      const event = parseEvent(line);
      if (event) events.push(event);
      else this.skipped += 1;
    }
    return events;
  }
}
