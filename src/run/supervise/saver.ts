import { join, relative } from "node:path";
import { sealFiles, writeSeal } from "../../checkpoint/prove/seal-files.js";
import { iterationFolder } from "../../checkpoint/read/points/file-name.js";
import type { Clock } from "../../core/clock.js";
import type { SaveFailureObservation, SaveObservation } from "../../recover/detect/observation.js";
import type { RunNode } from "../nodes/node.js";
import { lookAtSaved } from "../nodes/open/saved-files.js";
import type { SavedFile } from "../nodes/open/whole-file.js";
import type { CheckpointEvent } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import type { SavedPoint } from "./observe/attempt-logs.js";
import type { Recorder } from "./recorder.js";

/** Network file systems show a file on other machines some seconds late. */
const looks = 10;
/** After the end of an attempt nobody writes any more. */
const lastLooks = 3;
const lookMs = 1000;
/** Bytes a second that sealing reads at most, so that it does not compete with the training for the disk. */
const sealBytesPerSecond = 100_000_000;

export interface SaverParts {
  readonly folder: () => string;
  readonly ranks: ReadonlyMap<number, RunNode>;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Bytes a second, default 100 MB/s; 0 seals nothing. */
  readonly sealRate?: number;
  /** Called when a checkpoint is recorded, or known to be incomplete. */
  onLooked?(seen: SaveObservation | SaveFailureObservation): void;
}

/** Records a checkpoint once every rank's file is complete on disk, then seals it. One after the other. */
export class Saver {
  readonly #parts: SaverParts;
  readonly #ended = new AbortController();
  #recording: Promise<void> = Promise.resolve();
  #sealing: Promise<void> = Promise.resolve();
  #looks = looks;
  /** What is wrong with checkpoints, by step. */
  readonly #incomplete = new Map<number, string>();
  #newest = 0;

  constructor(parts: SaverParts) {
    this.#parts = parts;
  }

  /** What is wrong with the last checkpoint; undefined if it is complete, or if there is none. */
  get lastProblem(): string | undefined {
    const last = Math.max(...this.#incomplete.keys());
    return last > this.#newest ? this.#incomplete.get(last) : undefined;
  }

  /** All ranks say that they have saved this point. */
  add(point: SavedPoint): void {
    this.#recording = this.#recording
      .then(() => this.#record(point))
      .catch((error) => console.error("checkpoint:", error));
  }

  /** Resolves when all checkpoints are recorded, and those sealed that take no longer than `sealMs`. */
  async finish(sealMs: number): Promise<void> {
    this.#looks = lastLooks;
    await this.#recording;
    await Promise.race([this.#sealing, this.#parts.clock.wait(sealMs)]);
    this.#ended.abort();
    await this.#sealing;
  }

  async #record(point: SavedPoint): Promise<void> {
    const { ranks, recorder, clock, onLooked } = this.#parts;
    for (let look = 1; ; look += 1) {
      const found = await lookAtSaved(point, ranks);
      if (found.complete) {
        const bytes = found.files.reduce((sum, file) => sum + file.bytes, 0);
        const { step, fileEpoch, fileStep, seconds } = point;
        const event: CheckpointEvent = {
          kind: "checkpoint",
          ...{
            time: clock.now(),
            attempt: recorder.attempt,
            step,
            fileEpoch,
            fileStep,
            ranks: ranks.size,
            seconds,
            bytes,
          },
        };
        await recorder.record([event], { durable: true });
        this.#newest = Math.max(this.#newest, step);
        onLooked?.({ kind: "saved", time: event.time, step, seconds });
        this.#seal(point, found.files);
        return;
      }
      if (look >= this.#looks || this.#ended.signal.aborted) {
        const problems = found.problems.slice(0, 8).join("; ");
        await this.#noteIncomplete(point.step, `is incomplete although all ranks reported it: ${problems}`);
        const rank = Number(/^rank (\d+)/.exec(problems)?.[1] ?? Number.NaN);
        const message = `all ranks reported it, but ${problems}`;
        const named = Number.isNaN(rank) ? {} : { rank };
        onLooked?.({ kind: "save-failed", time: clock.now(), step: point.step, ...named, message });
        return;
      }
      await clock.wait(lookMs, this.#ended.signal);
    }
  }

  /** Takes checkpoints that only some ranks have reported by the end of a training. */
  async addUnfinished(failures: readonly SaveFailureObservation[]): Promise<void> {
    for (const failure of failures) {
      await this.#noteIncomplete(failure.step, `is incomplete: ${failure.message}`);
      this.#parts.onLooked?.(failure);
    }
  }

  async #noteIncomplete(step: number, how: string): Promise<void> {
    const { recorder, clock } = this.#parts;
    const text = `the checkpoint of step ${step} ${how}`;
    this.#incomplete.set(step, text);
    await recorder.record([{ kind: "note", time: clock.now(), attempt: recorder.attempt, text, incomplete: step }]);
  }

  #seal(point: SavedPoint, files: readonly SavedFile[]): void {
    this.#sealing = this.#sealing.then(() => this.#sealNow(point, files)).catch(() => undefined);
  }

  /**
   * Reads the files at a bounded rate. Files that are deleted meanwhile (`keep_checkpoint_max`) or lie on other nodes
   * get no seal.
   */
  async #sealNow(point: SavedPoint, files: readonly SavedFile[]): Promise<void> {
    const { folder, clock, sealRate = sealBytesPerSecond } = this.#parts;
    if (sealRate === 0 || this.#ended.signal.aborted) return;
    const began = clock.elapsed();
    const { checkpoints } = runPaths(folder());
    const place = point.fileEpoch === 0 ? join(checkpoints, iterationFolder(point.fileStep)) : checkpoints;
    const seal = await sealFiles({
      folder: place,
      paths: files.map(({ path }) => relative(place, join(folder(), path))),
      step: point.step,
      signal: this.#ended.signal,
      onProgress: (bytes) => clock.wait((bytes / sealRate) * 1000 - (clock.elapsed() - began), this.#ended.signal),
    });
    await writeSeal(runPaths(folder()).seals, seal);
  }
}
