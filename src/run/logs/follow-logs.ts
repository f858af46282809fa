import type { Clock } from "../../core/clock.js";
import { isLabError } from "../../core/error.js";
import { openLive } from "../../view/show.js";
import type { RunNode } from "../nodes/node.js";
import { localNodeOf, readNodes } from "../nodes/open/open-nodes.js";
import type { RunFile } from "../record/run-file.js";
import { foldRecords } from "./fold.js";
import { LogLines } from "./log-lines.js";
import { chooseLogs, type LogOptions, questionOf } from "./log-options.js";
import type { LogQuestion, LogRecord } from "./question.js";
import { RecordStream } from "./record-stream.js";

/** A record whose next line has not come for so long is complete, in milliseconds. */
const completeMs = 1000;
/** Records that wait for a reader; beyond them the nodes' files are read more slowly. */
const mostWaiting = 1000;
/** Bytes before the end of a file in which its last whole line ends. */
const lineBytes = 1 << 16;

/**
 * Log records as they are written: shown under the cell, the newest last, and given to a `for await` loop. Not
 * thenable.
 */
export interface LogFollow extends AsyncIterable<LogRecord> {
  /** Resolves when the run has ended, close() was called, or the cell was interrupted; rejects if no node answers. */
  readonly done: Promise<void>;
  /** Stops following; what is shown stays. */
  close(): void;
}

export interface FollowedRun {
  readonly file: RunFile;
  readonly folder: string;
  readonly clock: Clock;
  /** True when nothing more will be written. */
  readonly hasEnded: () => Promise<boolean>;
}

/** Follows the logs of a run from now on until it has ended. */
export function followLogs(run: FollowedRun, options: LogOptions, signal: AbortSignal | undefined): LogFollow {
  const closing = new AbortController();
  const stop = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
  const follower = new Follower(run, options, stop);
  const done = follower.run();
  done.catch(() => undefined);
  return { done, close: () => closing.abort(), [Symbol.asyncIterator]: () => follower.records() };
}

class Follower {
  readonly #run: FollowedRun;
  readonly #options: LogOptions;
  readonly #stop: AbortSignal;
  readonly #kept: LogRecord[] = [];
  readonly #waiting: LogRecord[] = [];
  #isRead = false;
  #over = false;
  #wake: () => void = () => undefined;

  constructor(run: FollowedRun, options: LogOptions, stop: AbortSignal) {
    this.#run = run;
    this.#options = options;
    this.#stop = stop;
  }

  async run(): Promise<void> {
    const { file, folder } = this.#run;
    const choice = chooseLogs(file, this.#options);
    const nodes =
      choice.source === "supervisor" ? [localNodeOf(file, () => folder)] : [...readNodes(file, () => folder)];
    const live = openLive(this.#view(choice.ranks));
    const ended = new AbortController();
    const stop = AbortSignal.any([ended.signal, this.#stop]);
    const wanted = nodes.filter((node) => choice.source === "supervisor" || choice.nodeRanks.includes(node.nodeRank));
    const followed = wanted.map((node) => {
      const about = { ...this.#options, nodeRank: node.nodeRank, now: Date.now() };
      return this.#follow(node, questionOf(choice, file, about), stop);
    });
    try {
      const all = Promise.allSettled(followed).then((ends) => ends.filter((end) => end.status === "rejected"));
      while (!stop.aborted) {
        if (await this.#run.hasEnded()) setTimeout(() => ended.abort(), 2 * completeMs);
        await Promise.race([this.#run.clock.wait(completeMs, stop), all]);
        live.update(this.#view(choice.ranks));
      }
      const [failed] = await all;
      if (failed && failed.reason !== undefined && followed.length === 1) throw failed.reason;
    } finally {
      this.#over = true;
      this.#wake();
      live.close(this.#view(choice.ranks));
      await Promise.all(nodes.map((node) => node.close()));
    }
  }

  #view(ranks: readonly number[] | undefined): LogLines {
    const { tail = 30, fold = ranks?.length === 1 ? "none" : "equal", lines = "short" } = this.#options;
    const each = (first: LogRecord) => ({ first, count: 1, ranks: first.rank === undefined ? [] : [first.rank] });
    const folded = fold === "equal" ? foldRecords(this.#kept) : this.#kept.map(each);
    const coverage = { files: 0, bytes: 0, searched: 0, unreachable: [], isFollowed: true };
    return new LogLines(ranks?.length === 1 ? ranks[0] : undefined, folded.slice(-tail), { coverage, lines });
  }

  async #follow(node: RunNode, question: LogQuestion, signal: AbortSignal): Promise<void> {
    const stream = new RecordStream(question, node.name);
    const from = await ends(node, question.patterns);
    let heardAt = this.#run.clock.elapsed();
    const timer = setInterval(() => {
      if (this.#run.clock.elapsed() > heardAt + completeMs) this.#take(stream.flush());
    }, completeMs);
    try {
      for await (const portions of node.follow({ patterns: question.patterns, from, signal })) {
        heardAt = this.#run.clock.elapsed();
        for (const { path, lines, offset } of portions) this.#take(stream.accept(path, lines, offset));
        while (this.#isRead && this.#waiting.length > mostWaiting && !signal.aborted)
          await this.#run.clock.wait(completeMs / 10, signal);
      }
    } catch (error) {
      if (!isLabError(error) || !signal.aborted) throw error;
    } finally {
      clearInterval(timer);
      this.#take(stream.flush());
    }
  }

  #take(records: readonly LogRecord[]): void {
    if (records.length === 0) return;
    this.#kept.push(...records);
    this.#kept.splice(0, this.#kept.length - 20 * (this.#options.tail ?? 30));
    if (this.#isRead) this.#waiting.push(...records);
    this.#wake();
  }

  async *records(): AsyncGenerator<LogRecord> {
    this.#isRead = true;
    for (;;) {
      yield* this.#waiting.splice(0);
      if (this.#over && this.#waiting.length === 0) return;
      if (this.#waiting.length === 0)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

/** Where the last whole line of each file ends now. */
async function ends(node: RunNode, patterns: readonly string[]): Promise<Record<string, number>> {
  const from: Record<string, number> = {};
  for (const pattern of patterns)
    for (const { path, size } of await node.list(pattern)) {
      const start = Math.max(0, size - lineBytes);
      const bytes = await node.read(path, { offset: start, length: size - start });
      from[path] = start + Buffer.from(bytes ?? []).lastIndexOf(0x0a) + 1;
    }
  return from;
}
