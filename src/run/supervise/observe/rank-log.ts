import {
  type EngineLine,
  parseEngineLine,
  type SavedLine,
  type SavingLine,
  type StepLine,
} from "../../../formats/engine-log.js";
import type { ToleranceLine } from "../../../formats/tolerance-log.js";
import { causeOfLines } from "../../../recover/detect/causes.js";
import { kindOf } from "../../cause/first-cause.js";
import type { StepRecord } from "../../record/events.js";

/** A checkpoint that one rank says it has finished; `fileEpoch` 0 as in `CheckpointEvent`. */
export interface RankCheckpoint {
  readonly step: number;
  readonly fileEpoch: number;
  readonly fileStep: number;
  readonly seconds: number;
}

export interface RankFindings {
  readonly steps: StepRecord[];
  readonly checkpoints: RankCheckpoint[];
  readonly phases: string[];
  /** What fault tolerance does on this rank. */
  readonly tolerance: ToleranceLine[];
  /** Errors of the rank's own device; the process may live on. */
  readonly deviceErrors: string[];
}

/** What a rank does, as its log tells; only a rank that trains can be called silent. */
export type RankPhase = "starting" | "training" | "saving" | "evaluating" | "repairing" | "over";

/** Steps after which a rank counts as training: the first one's time holds the compilation. */
const warmSteps = 2;

const launcherPid = /^\[\w+\] \w+\((\d+)[:,]/;

/** Follows one worker's log and remembers what matters for judging the worker. Pure: gets lines, reads no clock. */
export class RankLog {
  readonly rank: number;
  /** Rank of the node that the rank runs on. */
  readonly nodeRank: number;
  readonly #attempt: number;
  /** Process ids that MindSpore's own lines name. */
  readonly pids = new Set<number>();
  over = false;
  lines = 0;
  lastStep = 0;
  totalSteps = 0;
  phase: RankPhase = "starting";
  /** The checkpoint that fault tolerance saves because another rank died. */
  lastWords: "none" | "saving" | "saved" = "none";
  /** When the last sign of progress was seen, by the caller's monotonic clock: a step, a phase, a save. */
  progressAt = 0;
  /** Last line that looks like an error's name and message. */
  error: string | undefined;
  /** When the first error was seen (the caller's clock). */
  errorAt: number | undefined;
  /** Whether the first error is the rank's own, or says that another rank does not answer. */
  errorKind: "own" | "other" | undefined;
  #steps = 0;
  #trueStep: number | undefined;
  /** Iterations of the 1.9 layout that are being saved, the oldest first: an asynchronous save ends during the next. */
  readonly #iterations: number[] = [];

  constructor(rank: number, attempt: number, nodeRank = 0) {
    this.rank = rank;
    this.nodeRank = nodeRank;
    this.#attempt = attempt;
  }

  /** Takes new lines; `now` stands in for the time of lines without a time stamp, `elapsed` is the monotonic time. */
  accept(lines: readonly string[], now: number, elapsed = 0): RankFindings {
    const findings: RankFindings = { steps: [], checkpoints: [], phases: [], tolerance: [], deviceErrors: [] };
    if (this.lines === 0) this.progressAt = elapsed;
    for (const line of lines) {
      this.lines += 1;
      const pid = launcherPid.exec(line)?.[1];
      if (pid) this.pids.add(Number(pid));
      const parsed = parseEngineLine(line);
      if (!parsed) continue;
      if (parsed.kind !== "error") this.progressAt = elapsed;
      this.#take(parsed, findings, now);
    }
    return findings;
  }

  #take(line: EngineLine, findings: RankFindings, now: number): void {
    if (line.kind === "step") findings.steps.push(this.#step(line, now));
    else if (line.kind === "counter" && line.name === "step_num") this.#trueStep = line.value;
    else if (line.kind === "counter" && line.name === "global_step") this.#trueStep ??= line.value;
    else if (line.kind === "saving") this.#beginSave(line);
    else if (line.kind === "iteration-saved") this.#saveIteration(line.seconds, findings);
    else if (line.kind === "saved") this.#save(line, findings);
    else if (line.kind === "phase") this.#enter(line.name, findings);
    else if (line.kind === "over") this.#end();
    else if (line.kind === "tolerance") this.#tolerate(line, findings);
    else if (line.kind === "error") {
      this.errorAt ??= now;
      const kind = kindOf(line.text);
      this.errorKind ??= kind;
      if (kind !== "other" && causeOfLines([line.text]).cause === "device") findings.deviceErrors.push(line.text);
      const named = line.source === "engine" || (line.source === "python" && !line.text.startsWith("Traceback"));
      if (named) this.error = line.text;
    }
  }

  #enter(phase: string, findings: RankFindings): void {
    findings.phases.push(phase);
    if (/evaluat/i.test(phase)) this.phase = "evaluating";
  }

  #tolerate(line: ToleranceLine, findings: RankFindings): void {
    findings.tolerance.push(line);
    if (line.what === "last-words") this.lastWords = "saving";
    else if (line.what === "saved") this.lastWords = "saved";
    else if (line.what === "repair" || line.what === "again") this.phase = "repairing";
    else if (line.what === "repaired") this.phase = "training";
  }

  #end(): void {
    this.over = true;
    this.phase = "over";
  }

  #step(line: StepLine, now: number): StepRecord {
    const { kind: _, epochs, stepsPerEpoch, meanLoss: __, teraflops: ___, indexerLoss: ____, ...rest } = line;
    this.lastStep = (line.epoch - 1) * stepsPerEpoch + line.step;
    this.totalSteps = epochs * stepsPerEpoch;
    this.#steps += 1;
    if (this.#steps >= warmSteps) this.phase = "training";
    return {
      ...rest,
      attempt: this.#attempt,
      step: this.lastStep,
      totalSteps: this.totalSteps,
      time: line.time ?? now,
    };
  }

  #beginSave({ iteration }: SavingLine): void {
    this.phase = "saving";
    if (iteration !== undefined) this.#iterations.push(iteration);
  }

  #saveIteration(seconds: number, findings: RankFindings): void {
    this.#endSave();
    const step = this.#iterations.shift();
    if (step !== undefined) findings.checkpoints.push({ step, fileEpoch: 0, fileStep: step, seconds });
  }

  #endSave(): void {
    if (this.phase === "saving") this.phase = this.#steps >= warmSteps ? "training" : "starting";
  }

  #save(line: SavedLine, findings: RankFindings): void {
    this.#endSave();
    if (line.what !== "ckpt") return;
    const step = this.#trueStep ?? this.lastStep;
    this.#trueStep = undefined;
    findings.checkpoints.push({ step, fileEpoch: line.epoch, fileStep: line.step, seconds: line.seconds });
  }
}
