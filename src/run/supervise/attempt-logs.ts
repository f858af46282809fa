import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FileTail, lastLines } from "../../core/lines.js";
import type { CheckpointEvent, NoteEvent, RunEvent } from "../record/events.js";
import { type RankCheckpoint, RankLog } from "./rank-log.js";

/** Follows the logs of all workers of one attempt on this node and turns them into events. */
export class AttemptLogs {
  readonly ranks = new Map<number, RankLog>();
  readonly #tails = new Map<number, FileTail>();
  readonly #saved = new Map<string, RankCheckpoint[]>();
  readonly #folder: string;
  readonly #attempt: number;
  readonly #expected: readonly number[];
  readonly #lossRank: number;

  /** `expected`: the ranks that run here; steps are taken from `lossRank`, or from the nearest one that runs here. */
  constructor(options: { folder: string; attempt: number; expected: readonly number[]; lossRank: number }) {
    this.#folder = options.folder;
    this.#attempt = options.attempt;
    this.#expected = options.expected;
    this.#lossRank = options.expected.includes(options.lossRank) ? options.lossRank : (options.expected.at(-1) ?? 0);
  }

  /** True as soon as a worker has written anything. */
  get spoken(): boolean {
    return [...this.ranks.values()].some((rank) => rank.lines > 0);
  }

  get lastStep(): number {
    return Math.max(0, ...[...this.ranks.values()].map((rank) => rank.lastStep));
  }

  /** As the engine counts them; 0 before the first step. */
  get totalSteps(): number {
    return Math.max(0, ...[...this.ranks.values()].map((rank) => rank.totalSteps));
  }

  /** True if every expected rank wrote "Training Over!". */
  get over(): boolean {
    return this.#expected.every((rank) => this.ranks.get(rank)?.over);
  }

  /** Events from the lines written since the last call. */
  async read(now: number): Promise<RunEvent[]> {
    await this.#discover();
    const events: RunEvent[] = [];
    for (const [rank, tail] of this.#tails) {
      const log = this.ranks.get(rank) as RankLog;
      const findings = log.accept(await tail.read(), now);
      events.push(...findings.checkpoints.flatMap((saved) => this.#collect(saved, now)));
      if (rank !== this.#lossRank) continue;
      events.push(...findings.steps.map((record) => ({ kind: "step" as const, ...record })));
      events.push(
        ...findings.phases.map((text): NoteEvent => ({ kind: "note", time: now, attempt: this.#attempt, text })),
      );
    }
    return events;
  }

  /** Last lines of a worker's log, of msrun's own for `undefined`. */
  async tail(rank: number | undefined, count: number): Promise<string[]> {
    return lastLines(join(this.#folder, rank === undefined ? "msrun.log" : `worker_${rank}.log`), count);
  }

  async #discover(): Promise<void> {
    if (this.#tails.size >= this.#expected.length) return;
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const rank = Number(/^worker_(\d+)\.log$/.exec(name)?.[1] ?? Number.NaN);
      if (Number.isNaN(rank) || this.#tails.has(rank)) continue;
      this.#tails.set(rank, new FileTail(join(this.#folder, name)));
      this.ranks.set(rank, new RankLog(rank, this.#attempt));
    }
  }

  /** A checkpoint counts when every rank here has finished it. */
  #collect(saved: RankCheckpoint, time: number): CheckpointEvent[] {
    const key = `${saved.fileEpoch}_${saved.fileStep}`;
    const all = [...(this.#saved.get(key) ?? []), saved];
    this.#saved.set(key, all);
    if (all.length < this.#expected.length) return [];
    this.#saved.delete(key);
    const seconds = Math.max(...all.map((one) => one.seconds));
    return [{ kind: "checkpoint", attempt: this.#attempt, time, ...saved, ranks: all.length, seconds }];
  }
}
