import { basename } from "node:path";
import type { ToleranceLine } from "../../../formats/tolerance-log.js";
import type { ErrorLineObservation, SaveFailureObservation } from "../../../recover/detect/observation.js";
import type { NoteEvent, StepRecord } from "../../record/events.js";
import { type RankCheckpoint, RankLog } from "./rank-log.js";
import { type LauncherFinding, parseLauncherFinding } from "./verdict.js";

/** A step with how far its log had been read. */
export interface LoggedStep {
  readonly record: StepRecord;
  readonly logOffset: number;
}

export interface LogFindings {
  readonly steps: readonly LoggedStep[];
  readonly notes: readonly NoteEvent[];
  /** Checkpoints that the last of the expected ranks said it has finished. */
  readonly saved: readonly SavedPoint[];
  /** What is wrong although all processes live: errors of devices, and checkpoints that some ranks did not finish. */
  readonly observed: readonly (ErrorLineObservation | SaveFailureObservation)[];
}

/** A checkpoint that all ranks say they have finished; whether it is there is seen on disk. */
export interface SavedPoint extends RankCheckpoint {
  readonly ranks: number;
}

/** Lines of one log file. */
export interface LogPortion {
  readonly path: string;
  readonly lines: readonly string[];
  readonly offset: number;
}

const stepSamples = 64;
/** Notes about fault tolerance of one kind in an attempt. */
const mostNotes = 8;

/** Everything that the logs of one attempt say, of all ranks that are followed. Pure: gets lines. */
export class AttemptLogs {
  readonly ranks = new Map<number, RankLog>();
  /** Bytes read of each file. */
  readonly offsets: Record<string, number> = {};
  /** The scheduler's word that another process listens on its port. Workers would go on asking for ten minutes. */
  portTaken: string | undefined;
  /** What each node's msrun said about its first process that ended badly, by file, in the order of reading. */
  readonly #findings = new Map<string, LauncherFinding>();
  readonly #saved = new Map<string, (RankCheckpoint & { readonly rank: number })[]>();
  readonly #attempt: number;
  readonly #expected: readonly number[];
  readonly #lossRank: number;
  readonly #stepMs: number[] = [];
  readonly #tolerance = new Map<string, number>();

  /**
   * `expected`: the ranks that are followed; steps are taken from `lossRank`, or from the nearest one that is
   * followed.
   */
  constructor(options: { attempt: number; expected: readonly number[]; lossRank: number }) {
    this.#attempt = options.attempt;
    this.#expected = options.expected;
    this.#lossRank = options.expected.includes(options.lossRank) ? options.lossRank : (options.expected.at(-1) ?? 0);
  }

  /** True as soon as a worker has written anything. */
  get spoken(): boolean {
    return [...this.ranks.values()].some((rank) => rank.lines > 0);
  }

  /** True if a rank has written an error. */
  get troubled(): boolean {
    return [...this.ranks.values()].some(({ errorAt }) => errorAt !== undefined);
  }

  /** What msrun said: of a worker that was killed, if no rank wrote of a fault of its own; else what came first. */
  get finding(): LauncherFinding | undefined {
    const [first] = this.#findings.values();
    return (this.#hasOwnError ? undefined : this.#killed) ?? first;
  }

  /** True if all that was written may be a consequence of what happened elsewhere. */
  get lacksCause(): boolean {
    return !this.#hasOwnError && this.#killed === undefined;
  }

  get #hasOwnError(): boolean {
    return [...this.ranks.values()].some(({ errorKind }) => errorKind === "own");
  }

  /** No fault of another rank ends a worker by SIGKILL. */
  get #killed(): LauncherFinding | undefined {
    return [...this.#findings.values()].find(({ code }) => code === -9);
  }

  get lastStep(): number {
    return most(this.ranks.values(), ({ lastStep }) => lastStep);
  }

  /** As the engine counts them; 0 before the first step. */
  get totalSteps(): number {
    return most(this.ranks.values(), ({ totalSteps }) => totalSteps);
  }

  /** True if every expected rank wrote "Training Over!". */
  get over(): boolean {
    return this.#expected.every((rank) => this.ranks.get(rank)?.over);
  }

  /** True if at least one rank wrote "Training Over!": from then on processes end one after the other. */
  get ending(): boolean {
    return [...this.ranks.values()].some(({ over }) => over);
  }

  /** Median time of the last steps in milliseconds; undefined before the first. */
  get medianStepMs(): number | undefined {
    return [...this.#stepMs].sort((a, b) => a - b)[this.#stepMs.length >> 1];
  }

  /** Takes lines of one file; `now` is the time of day, `elapsed` the monotonic time. */
  accept({ path, lines, offset }: LogPortion, now: number, elapsed = 0): LogFindings {
    this.offsets[path] = offset;
    const name = basename(path);
    const nodeRank = Number(/\bnode-(\d+)\//.exec(path)?.[1] ?? 0);
    if (name === "msrun.log" && !this.#findings.has(path)) {
      const finding = lines.map(parseLauncherFinding).find((each) => each !== undefined);
      if (finding) this.#findings.set(path, { ...finding, nodeRank });
    }
    if (name === "scheduler.log") this.portTaken ??= lines.find((line) => /address already in use/i.test(line));
    const rank = Number(/^worker_(\d+)\.log$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(rank)) return { steps: [], notes: [], saved: [], observed: [] };
    const log = this.ranks.get(rank) ?? new RankLog(rank, this.#attempt, nodeRank);
    this.ranks.set(rank, log);
    const findings = log.accept(lines, now, elapsed);
    const saved = findings.checkpoints.flatMap((one) => this.#collect({ ...one, rank }));
    const observed = [
      ...findings.deviceErrors.map((text) => ({ kind: "error-line" as const, time: now, rank, text })),
      ...saved.flatMap((point) => this.#unfinishedBefore(point, now)),
    ];
    const attempt = this.#attempt;
    const note = (text: string): NoteEvent => ({ kind: "note", time: now, attempt, text });
    const tolerance = findings.tolerance
      .filter((line) => this.#isNews(line))
      .map(({ text }) => note(`rank ${rank} ${text}`));
    if (rank !== this.#lossRank) return { steps: [], notes: tolerance, saved, observed };
    this.#stepMs.push(...findings.steps.slice(-stepSamples).map(({ stepTimeMs }) => stepTimeMs));
    this.#stepMs.splice(0, Math.max(0, this.#stepMs.length - stepSamples));
    return {
      steps: findings.steps.map((record) => ({ record, logOffset: offset })),
      notes: [...findings.phases.map(note), ...tolerance],
      saved,
      observed,
    };
  }

  /** Thousands of ranks say the same: the record keeps the first few. */
  #isNews({ what }: ToleranceLine): boolean {
    const count = (this.#tolerance.get(what) ?? 0) + 1;
    this.#tolerance.set(what, count);
    return count <= mostNotes;
  }

  /** A checkpoint counts when every rank has finished it. */
  #collect(saved: RankCheckpoint & { readonly rank: number }): SavedPoint[] {
    const key = `${saved.fileEpoch}_${saved.fileStep}`;
    const all = [...(this.#saved.get(key) ?? []), saved];
    this.#saved.set(key, all);
    if (all.length < this.#expected.length) return [];
    this.#saved.delete(key);
    const { rank: _, ...point } = saved;
    return [{ ...point, ranks: all.length, seconds: most(all, ({ seconds }) => seconds) }];
  }

  /** Checkpoints that only some ranks have reported. For the time after the end, when nobody reports any more. */
  unfinished(time: number): SaveFailureObservation[] {
    return this.#unfinishedBefore({ step: Number.POSITIVE_INFINITY }, time);
  }

  /** Ranks save in order: after a checkpoint that all have finished, nobody finishes an older one. */
  #unfinishedBefore({ step: newer }: Pick<SavedPoint, "step">, time: number): SaveFailureObservation[] {
    const older = [...this.#saved].filter(([, [first]]) => first !== undefined && first.step < newer);
    return older.map(([key, all]) => {
      this.#saved.delete(key);
      const finished = new Set(all.map(({ rank }) => rank));
      const missing = this.#expected.filter((rank) => !finished.has(rank));
      const message = `${missing.length} of ${this.#expected.length} ranks did not report it as saved`;
      return { kind: "save-failed", time, step: all[0]?.step ?? 0, rank: missing[0], message };
    });
  }
}

function most<T>(values: Iterable<T>, of: (value: T) => number): number {
  let found = 0;
  for (const value of values) found = Math.max(found, of(value));
  return found;
}
