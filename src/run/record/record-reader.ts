import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { EventLogReader } from "../../core/event-log.js";
import type { StepRecord } from "./events.js";
import { RunHistory } from "./history.js";
import { runPaths } from "./layout.js";
import { StepTable, stepBytes } from "./step-table.js";

/** Bytes of steps read at a time. */
const portionBytes = stepBytes * 8192;

interface Writer {
  /** Number of its lease; 0 for what was written before the first one. */
  readonly lease: number;
  readonly events: EventLogReader;
  stepsRead: number;
  cut: { readonly events: number; readonly steps: number };
}

const whole = { events: Number.POSITIVE_INFINITY, steps: Number.POSITIVE_INFINITY };

/** Reads events and steps of a run folder, all writers' files merged in the order of their leases, each byte once. */
export class RecordReader {
  readonly #folder: () => string;
  readonly #layout: number;
  #writers: Writer[] = [];
  #table: StepTable | undefined;
  history = new RunHistory();

  constructor(folder: () => string, layout: number) {
    this.#folder = folder;
    this.#layout = layout;
  }

  /** What could not be read, in words; empty if everything could. */
  get damage(): string[] {
    const lines = this.#writers
      .filter(({ events }) => events.skipped > 0)
      .map(({ lease, events }) => {
        const name = this.#layout === 1 ? "events.jsonl" : `events/${eventsName(lease)}`;
        return `${name}: ${events.skipped} unreadable ${events.skipped === 1 ? "line" : "lines"}`;
      });
    const steps = this.#table?.damaged ?? 0;
    return steps > 0 ? [...lines, `metrics: ${steps} unreadable steps`] : lines;
  }

  /** Takes in what was written since the last call. */
  async read(): Promise<void> {
    await this.#discover();
    for (const [index, writer] of this.#writers.entries()) {
      const events = await writer.events.read(writer.cut.events);
      const takeover = events.find((event) => event.kind === "takeover")?.cut as Writer["cut"] | undefined;
      const before = this.#writers[index - 1];
      if (takeover && before && writer.lease > 1) {
        before.cut = takeover;
        if (before.events.offset > takeover.events || before.stepsRead > takeover.steps) return this.#again();
      }
      this.history.add(events);
    }
  }

  /** A supervisor without a lease had written more: everything is read anew, up to the cuts, which are known now. */
  async #again(): Promise<void> {
    const cuts = new Map(this.#writers.map(({ lease, cut }) => [lease, cut]));
    this.#writers = [];
    this.history = new RunHistory();
    const loaded = this.#table !== undefined;
    this.#table = undefined;
    await this.#discover();
    for (const writer of this.#writers) writer.cut = cuts.get(writer.lease) ?? whole;
    await this.read();
    if (loaded) await this.steps();
  }

  async #discover(): Promise<void> {
    const paths = runPaths(this.#folder());
    if (this.#layout === 1) {
      this.#writers[0] ??= { lease: 0, events: new EventLogReader(paths.oldEvents), stepsRead: 0, cut: whole };
      return;
    }
    for (const name of await readdir(paths.events).catch(() => [])) {
      const lease = name === "launch.jsonl" ? 0 : Number(/^supervisor-(\d+)\.jsonl$/.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(lease) || this.#writers.some((writer) => writer.lease === lease)) continue;
      this.#writers.push({ lease, events: new EventLogReader(join(paths.events, name)), stepsRead: 0, cut: whole });
    }
    this.#writers.sort((a, b) => a.lease - b.lease);
  }

  /** All steps. The first call reads them, later ones what was added; call `read` before. */
  async steps(): Promise<StepTable> {
    if (this.#layout === 1) return this.history.steps;
    this.#table ??= new StepTable();
    for (const writer of this.#writers) await this.#readSteps(writer, this.#table);
    return this.#table;
  }

  async #readSteps(writer: Writer, table: StepTable): Promise<void> {
    const file = await this.#openSteps(writer.lease);
    if (!file) return;
    try {
      const end = Math.min((await file.stat()).size, writer.cut.steps);
      while (writer.stepsRead + stepBytes <= end) {
        const length = Math.min(portionBytes, end - writer.stepsRead);
        const bytes = Buffer.allocUnsafe(length - (length % stepBytes));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, writer.stepsRead);
        if (bytesRead < bytes.length) break;
        table.addBytes(bytes);
        writer.stepsRead += bytes.length;
      }
    } finally {
      await file.close();
    }
  }

  /** The newest `count` steps and how far the log had been read at the last one, without reading the others. */
  async newest(count: number): Promise<{ readonly steps: readonly StepRecord[]; readonly logOffset: number }> {
    const table = this.#layout === 1 ? this.history.steps : this.#table;
    const attempt = this.history.attempt;
    if (table) {
      if (this.#layout !== 1) await this.steps();
      return { steps: table.slice(-count), logOffset: table.logOffset(attempt) };
    }
    const few = new StepTable(Math.max(1, count));
    const parts: Buffer[] = [];
    let wanted = count * stepBytes;
    for (const writer of [...this.#writers].reverse()) {
      if (wanted <= 0) break;
      const part = await this.#lastBytes(writer, wanted);
      parts.unshift(part);
      wanted -= part.length;
    }
    for (const part of parts) few.addBytes(part);
    return { steps: few.slice(), logOffset: few.logOffset(attempt) };
  }

  async #lastBytes(writer: Writer, wanted: number): Promise<Buffer> {
    const file = await this.#openSteps(writer.lease);
    if (!file) return Buffer.alloc(0);
    try {
      const size = Math.min((await file.stat()).size, writer.cut.steps);
      const end = size - (size % stepBytes);
      const bytes = Buffer.alloc(Math.min(wanted, end));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, end - bytes.length);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  #openSteps(lease: number): Promise<FileHandle | undefined> {
    if (lease === 0) return Promise.resolve(undefined);
    return open(join(runPaths(this.#folder()).metrics, stepsName(lease)), "r").catch(() => undefined);
  }
}

/** Name of the events file of a lease. */
export function eventsName(lease: number): string {
  return lease === 0 ? "launch.jsonl" : `supervisor-${lease}.jsonl`;
}

/** Name of the steps file of a lease. */
export function stepsName(lease: number): string {
  return `steps-${lease}.bin`;
}
