import { type EngineLine, parseEngineLine, type SavedLine, type StepLine } from "../../formats/engine-log.js";
import type { StepRecord } from "../record/events.js";

/** A checkpoint that one rank has finished. */
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
}

const launcherPid = /^\[\w+\] \w+\((\d+)[:,]/;

/** Follows one worker's log and remembers what matters for judging the worker's end. Pure: gets lines, reads no clock. */
export class RankLog {
  readonly rank: number;
  readonly #attempt: number;
  /** Process ids that MindSpore's own lines name. */
  readonly pids = new Set<number>();
  over = false;
  lines = 0;
  lastStep = 0;
  totalSteps = 0;
  /** Last line that looks like an error's name and message. */
  error: string | undefined;
  /** When the first error was seen (the caller's clock). */
  errorAt: number | undefined;
  #trueStep: number | undefined;

  constructor(rank: number, attempt: number) {
    this.rank = rank;
    this.#attempt = attempt;
  }

  /** Takes new lines; `now` stands in for the time of lines without a time stamp. */
  accept(lines: readonly string[], now: number): RankFindings {
    const findings: RankFindings = { steps: [], checkpoints: [], phases: [] };
    for (const line of lines) {
      this.lines += 1;
      const pid = launcherPid.exec(line)?.[1];
      if (pid) this.pids.add(Number(pid));
      const parsed = parseEngineLine(line);
      if (parsed) this.#take(parsed, findings, now);
    }
    return findings;
  }

  #take(line: EngineLine, findings: RankFindings, now: number): void {
    if (line.kind === "step") findings.steps.push(this.#step(line, now));
    else if (line.kind === "counter" && line.name === "step_num") this.#trueStep = line.value;
    else if (line.kind === "counter" && line.name === "global_step") this.#trueStep ??= line.value;
    else if (line.kind === "saved" && line.what === "ckpt") findings.checkpoints.push(this.#saved(line));
    else if (line.kind === "phase") findings.phases.push(line.name);
    else if (line.kind === "over") this.over = true;
    else if (line.kind === "error") {
      this.errorAt ??= now;
      const named = line.source === "engine" || (line.source === "python" && !line.text.startsWith("Traceback"));
      if (named) this.error = line.text;
    }
  }

  #step(line: StepLine, now: number): StepRecord {
    const { kind: _, epochs, stepsPerEpoch, meanLoss: __, teraflops: ___, indexerLoss: ____, ...rest } = line;
    this.lastStep = (line.epoch - 1) * stepsPerEpoch + line.step;
    this.totalSteps = epochs * stepsPerEpoch;
    return {
      ...rest,
      attempt: this.#attempt,
      step: this.lastStep,
      totalSteps: this.totalSteps,
      time: line.time ?? now,
    };
  }

  #saved(line: SavedLine): RankCheckpoint {
    const step = this.#trueStep ?? this.lastStep;
    this.#trueStep = undefined;
    return { step, fileEpoch: line.epoch, fileStep: line.step, seconds: line.seconds };
  }
}
