import { formatDuration } from "../../core/units.js";
import { BarrierWatch } from "./barrier-watch.js";
import { causeOfEnd, causeOfLines } from "./causes.js";
import type { Finding } from "./finding.js";
import { type DetectionLimits, defaultLimits } from "./limits.js";
import { LossWatch } from "./loss-watch.js";
import type {
  DeviceObservation,
  EndObservation,
  ErrorLineObservation,
  Observation,
  Phase,
  SaveFailureObservation,
  SilenceObservation,
  StepObservation,
} from "./observation.js";
import { PaceWatch } from "./pace-watch.js";
import { Rolling } from "./rolling.js";

/** What a watch says; the detector adds time and step. */
type Draft = Omit<Finding, "time" | "step">;

/** So many steps on, a warning that was given may be given again. */
const quietSteps = 200;
const evidenceLines = 12;

/**
 * Observations of one attempt → findings. It starts nothing and reads no clock: times come with the observations, so
 * that the same code watches a real run and a simulated one. Each trouble is reported once.
 */
export class Detector {
  readonly #limits: DetectionLimits;
  readonly #loss: LossWatch;
  readonly #pace: PaceWatch;
  readonly #barriers: BarrierWatch;
  readonly #saves = new Rolling(8);
  readonly #reported = new Map<string, number>();
  #phase: Phase = "starting";
  #step = 0;
  #steps = 0;
  /** Last sign of progress. */
  #aliveAt: number;

  /** `step`: the global step that the attempt goes on from. */
  constructor(startedAt: number, limits: Partial<DetectionLimits> = {}, step = 0) {
    this.#step = step;
    this.#limits = { ...defaultLimits, ...limits };
    this.#loss = new LossWatch(this.#limits);
    this.#pace = new PaceWatch(this.#limits);
    this.#barriers = new BarrierWatch(this.#limits.slowRank);
    this.#aliveAt = startedAt;
  }

  get step(): number {
    return this.#step;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Median of the last step times in milliseconds; NaN before the first. */
  get stepMs(): number {
    return this.#pace.stepMs;
  }

  /** Milliseconds of silence that this phase may last. */
  get patienceMs(): number {
    const { hangAfterMs, hangAtLeastMs, hangSteps, startAfterMs, saveAfterMs, evaluateAfterMs } = this.#limits;
    if (this.#phase === "saving") return Math.max(saveAfterMs, 4000 * (this.#saves.median() || 0));
    if (this.#phase === "evaluating") return evaluateAfterMs;
    // One step proves that the graph is compiled; its own time holds the compilation and says nothing about the next.
    if (this.#phase !== "training" || this.#steps < 2) return startAfterMs;
    // No healthy training is quiet for three steps.
    if (hangAfterMs !== undefined) return Math.max(hangAfterMs, 3 * (this.stepMs || 0));
    return Math.max(hangAtLeastMs, hangSteps * (this.stepMs || 0));
  }

  /** When silence becomes a hang: a clock observation at this time or later reports it. */
  get deadline(): number {
    return this.#aliveAt + this.patienceMs;
  }

  observe(observation: Observation): readonly Finding[] {
    const drafts = this.#drafts(observation).filter((draft) => draft !== undefined);
    return drafts
      .filter((draft) => this.#isNew(draft))
      .map((draft) => ({ ...draft, time: observation.time, step: this.#step }));
  }

  #drafts(seen: Observation): (Draft | undefined)[] {
    switch (seen.kind) {
      case "step":
        return this.#takeStep(seen);
      case "phase":
        this.#phase = seen.phase;
        this.#aliveAt = seen.time;
        return [];
      case "saved":
        this.#saves.add(seen.seconds);
        this.#aliveAt = seen.time;
        if (this.#phase === "saving") this.#phase = "training";
        return [];
      case "barrier":
        return [this.#barriers.take(seen)];
      case "disk":
        return [this.#pace.disk(seen)];
      case "ended":
        return [ended(seen, this.#steps > 0 ? this.#aliveAt : seen.time)];
      case "silent":
        return [silent(seen)];
      case "save-failed":
        return [saveFailed(seen)];
      case "device":
        return [device(seen)];
      case "error-line":
        return [errorLine(seen)];
      case "clock":
        return [this.#clock(seen.time)];
    }
  }

  #takeStep(step: StepObservation): (Draft | undefined)[] {
    this.#phase = "training";
    this.#step = step.step;
    this.#aliveAt = step.time;
    this.#steps += 1;
    // The first step's time holds the compilation.
    return [this.#loss.take(step), this.#steps > 1 ? this.#pace.step(step) : undefined];
  }

  #clock(now: number): Draft | undefined {
    if (now < this.deadline) return undefined;
    const silence = now - this.#aliveAt;
    const late = this.#phase === "saving";
    return {
      kind: late ? "checkpoint-late" : "hang",
      cause: late ? "storage" : "unknown",
      since: this.#aliveAt,
      summary:
        `no sign of progress for ${formatDuration(silence)} while ${this.#phase} after step ${this.#step}, ` +
        `expected one within ${formatDuration(this.patienceMs)}`,
      evidence: this.#steps > 1 ? [`median step time ${formatDuration(this.stepMs)}`] : [],
    };
  }

  #isNew(draft: Draft): boolean {
    const key = `${draft.kind}/${draft.rank ?? draft.node ?? ""}`;
    const before = this.#reported.get(key);
    if (before !== undefined && this.#step < before + quietSteps) return false;
    this.#reported.set(key, this.#step);
    return true;
  }
}

function where(at: { readonly rank?: number | undefined; readonly node?: string | undefined }): {
  rank?: number;
  node?: string;
} {
  return { ...(at.rank !== undefined && { rank: at.rank }), ...(at.node !== undefined && { node: at.node }) };
}

function ended(end: EndObservation, aliveAt: number): Draft {
  const { cause, line } = causeOfEnd(end);
  const who = end.rank === undefined ? `the ${end.role}` : `rank ${end.rank}`;
  const how = end.signal ? `was killed by ${end.signal}` : `ended with exit code ${end.exitCode ?? "unknown"}`;
  const place = end.node === undefined ? "" : ` on ${end.node}`;
  return {
    kind: "process-ended",
    cause,
    since: end.since ?? aliveAt,
    ...where(end),
    summary: `${who}${place} ${how}${line === undefined ? "" : `: ${line.trim()}`}`,
    evidence: (end.lastLines ?? []).slice(-evidenceLines),
  };
}

function silent({ node, since, time }: SilenceObservation): Draft {
  const summary = `node ${node} has sent no sign of life for ${formatDuration(time - since)}`;
  return { kind: "node-silent", cause: "network", since, node, summary, evidence: [] };
}

function saveFailed(failure: SaveFailureObservation): Draft {
  const named = causeOfLines([failure.message]).cause;
  const onRank = failure.rank === undefined ? "" : ` on rank ${failure.rank}`;
  return {
    kind: "checkpoint-failed",
    cause: named === "unknown" ? "storage" : named,
    since: failure.time,
    ...where(failure),
    summary: `the checkpoint of step ${failure.step} was not saved${onRank}: ${failure.message}`,
    evidence: [failure.message],
  };
}

function device(error: DeviceObservation): Draft {
  return {
    kind: "device-error",
    cause: "device",
    since: error.time,
    ...where(error),
    summary: `the device of rank ${error.rank} reports ${error.uncorrectable} uncorrectable memory errors`,
    evidence: [],
  };
}

/** Only errors of the device need an answer while the process lives; others end it soon, or nobody. */
function errorLine(line: ErrorLineObservation): Draft | undefined {
  const { cause } = causeOfLines([line.text]);
  if (cause !== "device") return undefined;
  return { kind: "device-error", cause, since: line.time, ...where(line), summary: line.text, evidence: [line.text] };
}
