import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Clock } from "../../core/clock.js";
import type { RunNode } from "../nodes/node.js";
import { runPaths } from "../record/layout.js";
import type { AttemptLogs } from "./observe/attempt-logs.js";
import type { ProcessWatch } from "./observe/process-watch.js";
import { hangLimit, judgeSilence, type RankProcess, type Silence, silenceOf, silentRanks } from "./observe/silence.js";
import type { Recorder } from "./recorder.js";

/** Stacks are kept of so many ranks; the culprit is among the ranks that are behind. */
const mostStacks = 32;
/** A hang that lasts for so many times the limit ends the attempt. */
const patience = 2;
/** A rank whose process is stopped is reported after this silence. */
const stoppedMs = 15_000;

export interface HangParts {
  readonly ranks: ReadonlyMap<number, RunNode>;
  readonly logs: AttemptLogs;
  readonly processes: ProcessWatch;
  readonly clock: Clock;
  readonly hangMs: number;
}

/** Finds a training that does not go on, keeps the stacks, names the rank, and gives up on it after twice the time. */
export class HangWatch {
  readonly #parts: HangParts;
  silence: Silence | undefined;
  /** The last progress of any rank when the silence was reported. */
  #progressAt = 0;
  /** True when the hang has lasted so long that the attempt should be ended. */
  isOver = false;

  constructor(parts: HangParts) {
    this.#parts = parts;
  }

  async look(recorder: Recorder, folder: string): Promise<void> {
    const { ranks, logs, clock, hangMs } = this.#parts;
    const limitMs = hangLimit(logs.medianStepMs, hangMs);
    const when = { elapsed: clock.elapsed(), limitMs, expected: ranks.size };
    const silent = this.#silent(when);
    if (silent.length === 0) {
      // Ranks that ended without a step did not go on: the hang is what ended them.
      if (this.silence && this.#newestProgress() <= this.#progressAt) return;
      if (this.silence)
        await recorder.enter("training", { message: `continues after a silence of rank ${this.silence.rank}` });
      this.silence = undefined;
    } else if (!this.silence) await this.#report(silent, recorder, folder);
    else if (this.#silent({ ...when, limitMs: limitMs * patience }, patience).length > 0) {
      // What was reported says how long it had lasted by then.
      const { progressAt = when.elapsed } = logs.ranks.get(this.silence.rank) ?? {};
      this.silence = silenceOf(this.silence, when.elapsed - progressAt);
      this.isOver = true;
    }
  }

  /**
   * Silent ranks, or those whose process is stopped: the engine's own timeouts, which end the scheduler after half a
   * minute, would blame others.
   */
  #silent(when: Parameters<typeof silentRanks>[1], times = 1): number[] {
    const { logs, processes } = this.#parts;
    const silent = silentRanks(logs.ranks, when);
    if (silent.length > 0) return silent;
    const limitMs = Math.min(stoppedMs * times, when.limitMs);
    return processes.latest
      .filter(({ role, state }) => role === "worker" && state === "T")
      .map(({ rank = 0 }) => rank)
      .filter((rank) => when.elapsed - (logs.ranks.get(rank)?.progressAt ?? when.elapsed) > limitMs);
  }

  async #report(silent: readonly number[], recorder: Recorder, folder: string): Promise<void> {
    const { logs, clock, processes } = this.#parts;
    await recorder.requireLease();
    await processes.look();
    const seen = await Promise.all(this.#behindFirst(silent).map((rank) => this.#lookAt(rank)));
    this.silence = judgeSilence(silent, logs.ranks, { processes: seen, elapsed: clock.elapsed() });
    this.#progressAt = this.#newestProgress();
    if (!this.silence) return;
    const { rank, message } = this.silence;
    const stacks = await this.#keepStacks(folder, recorder.attempt, seen).catch(() => undefined);
    const fault = { kind: "fault" as const, time: clock.now(), attempt: recorder.attempt, rank, message, logTail: [] };
    await recorder.record([{ ...fault, ...(stacks !== undefined && { stacks }) }], { durable: true });
    await recorder.enter("training", { message });
  }

  #newestProgress(): number {
    return [...this.#parts.logs.ranks.values()].reduce((newest, { progressAt }) => Math.max(newest, progressAt), 0);
  }

  #behindFirst(silent: readonly number[]): number[] {
    const { ranks } = this.#parts.logs;
    const step = (rank: number) => ranks.get(rank)?.lastStep ?? 0;
    return [...silent].sort((a, b) => step(a) - step(b)).slice(0, mostStacks);
  }

  async #lookAt(rank: number): Promise<RankProcess> {
    const node = this.#parts.ranks.get(rank) as RunNode;
    const { latest, unreachable } = this.#parts.processes;
    const found = latest.find((each) => each.role === "worker" && each.rank === rank);
    const state = found?.state ?? (unreachable.has(node.name) ? "unreachable" : undefined);
    const stack = await node.stack(rank).catch((error: unknown) => String(error));
    return { rank, node: node.name, state, stack };
  }

  async #keepStacks(folder: string, attempt: number, seen: readonly RankProcess[]): Promise<string> {
    const place = runPaths(folder).logs(attempt, 0);
    await mkdir(place, { recursive: true });
    const path = join(place, `stacks-${new Date(this.#parts.clock.now()).toISOString().replaceAll(":", "")}.txt`);
    await writeFile(path, `${seen.map(({ stack }) => stack).join("\n\n")}\n`);
    return relative(folder, path);
  }
}
