import type { Finding } from "./finding.js";
import type { DetectionLimits } from "./limits.js";
import type { StepObservation } from "./observation.js";
import { Rolling, spread } from "./rolling.js";

/** Losses that are this close, relative to each other, are equal: the log prints six decimals. */
const equalLosses = 2e-6;
/** Deviations are at least this share of the median loss, or a very smooth curve would make every wiggle a spike. */
const smallestDeviation = 0.004;
/** Gradient norms that are not finite in so many steps in a row: a loss scale that is searched for takes fewer. */
const badNorms = 5;
const zeroNorms = 5;
/** Sorting the window in every step would cost more than all the rest. */
const refresh = 8;

type LossFinding = Pick<Finding, "kind" | "cause" | "since" | "summary" | "evidence">;

/** Watches the loss and the gradient norm of one attempt. */
export class LossWatch {
  readonly #limits: DetectionLimits;
  readonly #losses: Rolling;
  /** Median and deviation of the window; they are worked out anew after every eighth loss. */
  #usual = { center: Number.NaN, deviation: Number.NaN };
  #fresh = 0;
  #high: StepObservation[] = [];
  #equal: StepObservation[] = [];
  #badNorms: StepObservation[] = [];
  #zeroNorms: StepObservation[] = [];

  constructor(limits: DetectionLimits) {
    this.#limits = limits;
    this.#losses = new Rolling(limits.window);
  }

  /** What this step shows, most serious first; at most one finding. */
  take(step: StepObservation): LossFinding | undefined {
    if (!Number.isFinite(step.loss)) return notFinite([step], `loss ${step.loss}`);
    return this.#norms(step) ?? this.#frozen(step) ?? this.#spike(step);
  }

  #norms(step: StepObservation): LossFinding | undefined {
    const { gradNorm } = step;
    this.#badNorms = gradNorm !== undefined && !Number.isFinite(gradNorm) ? [...this.#badNorms, step] : [];
    this.#zeroNorms = gradNorm === 0 ? [...this.#zeroNorms, step] : [];
    if (this.#badNorms.length >= badNorms)
      return notFinite(this.#badNorms, `gradient norm ${gradNorm} in ${badNorms} steps in a row`);
    if (this.#zeroNorms.length < zeroNorms) return undefined;
    return frozen(this.#zeroNorms, `gradient norm 0 in ${zeroNorms} steps in a row: the model learns nothing`);
  }

  #frozen(step: StepObservation): LossFinding | undefined {
    const last = this.#equal.at(-1);
    const same = last !== undefined && Math.abs(step.loss - last.loss) <= equalLosses * Math.abs(last.loss);
    this.#equal = same ? [...this.#equal, step] : [step];
    if (this.#equal.length < this.#limits.frozenSteps) return undefined;
    const found = this.#equal;
    this.#equal = [];
    return frozen(found, `loss ${step.loss} in ${found.length} steps in a row, each with other data`);
  }

  #learn(): void {
    const { values } = this.#losses;
    const center = this.#losses.median();
    this.#usual = { center, deviation: Math.max(spread(values, center), smallestDeviation * Math.abs(center)) };
  }

  #spike(step: StepObservation): LossFinding | undefined {
    const { spikeDeviations, spikeSteps, window } = this.#limits;
    const { values } = this.#losses;
    if (this.#fresh === 0) this.#learn();
    const { center, deviation } = this.#usual;
    const limit = center + spikeDeviations * deviation;
    // Half a window is enough to know what is usual.
    const high = values.length >= window / 2 && step.loss > limit;
    // High losses do not join the window, so that a long spike does not become usual.
    if (!high) {
      this.#losses.add(step.loss);
      this.#fresh = (this.#fresh + 1) % refresh;
    }
    this.#high = high ? [...this.#high, step] : [];
    if (this.#high.length < spikeSteps) return undefined;
    const found = this.#high;
    this.#high = [];
    return {
      kind: "loss-spike",
      cause: "numerics",
      since: found[0]?.time ?? step.time,
      summary:
        `loss above ${limit.toFixed(4)} in ${found.length} steps in a row, ` +
        `expected ${center.toFixed(4)} ± ${deviation.toFixed(4)}`,
      evidence: found.map(describe),
    };
  }
}

function describe(step: StepObservation): string {
  const norm = step.gradNorm === undefined ? "" : `, gradient norm ${step.gradNorm}`;
  return `step ${step.step}: loss ${step.loss}${norm}`;
}

function notFinite(steps: readonly StepObservation[], what: string): LossFinding {
  const since = steps[0]?.time ?? 0;
  return {
    kind: "loss-not-finite",
    cause: "numerics",
    since,
    summary: `${what}, expected a finite number`,
    evidence: steps.map(describe),
  };
}

function frozen(steps: readonly StepObservation[], summary: string): LossFinding {
  return {
    kind: "loss-frozen",
    cause: "numerics",
    since: steps[0]?.time ?? 0,
    summary,
    evidence: steps.map(describe),
  };
}
