import { compareAfterResume, type LossPoint, type ResumeComparison } from "../../recover/certificate/after.js";
import type { Finding } from "../../recover/detect/finding.js";
import type { DecisionEvent, StepRecord } from "../record/events.js";

export interface ResumeWatchOptions {
  /** Step of the checkpoint. */
  readonly fromStep: number;
  /** Losses that are compared, and their largest relative difference. */
  readonly steps: number;
  readonly tolerance: number;
  /** Data or learning rate differ from the record: only the trend can be compared. */
  readonly changed: boolean;
}

/** Holds the first losses after a resume against those that were recorded before. */
export class ResumeWatch {
  readonly #before: readonly LossPoint[];
  readonly #after: LossPoint[] = [];
  readonly #options: ResumeWatchOptions;

  constructor(before: readonly LossPoint[], options: ResumeWatchOptions) {
    this.#before = options.changed ? before.filter(({ step }) => step <= options.fromStep) : before;
    this.#options = options;
  }

  /** Takes a step; a comparison once it is decided, at the latest with the last step that is compared. */
  take({ step, loss }: StepRecord): ResumeComparison | undefined {
    this.#after.push({ step, loss });
    const result = compareAfterResume(this.#before, this.#after, this.#options);
    return this.#after.length >= this.#options.steps || result.verdict === "diverged" ? result : undefined;
  }

  /** What is wrong with a resume that strayed. `time`: milliseconds since the epoch. */
  finding(result: ResumeComparison, time: number): Finding {
    return {
      kind: "resume-diverged",
      cause: "numerics",
      ...{ time, since: time, step: this.#after.at(-1)?.step ?? this.#options.fromStep },
      summary: `the resume from step ${this.#options.fromStep} does not continue the training: ${result.text}`,
      evidence: this.#after.map(({ step, loss }) => `step ${step}: loss ${loss}`),
    };
  }
}

/** The comparison as the record keeps it. */
export function comparisonEvent(
  { verdict, text, against }: ResumeComparison,
  base: { readonly time: number; readonly attempt: number },
): DecisionEvent {
  return { kind: "decision", ...base, decision: `resume ${verdict}`, reason: `${text} (against: ${against})` };
}
