import { median, spread } from "../detect/rolling.js";

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/**
 * `exact`: the log shows the same digits. `equal`: within the tolerance, or not worse than the trend. `diverged`:
 * neither. `pending`: too few steps yet.
 */
export type ResumeVerdict = "exact" | "equal" | "diverged" | "pending";

export interface ResumeComparison {
  readonly verdict: ResumeVerdict;
  /** What the losses were held against. */
  readonly against: "recorded losses" | "trend" | "nothing";
  readonly steps: number;
  /** Largest relative difference; 0 where the losses are exactly equal. */
  readonly largest: number;
  readonly text: string;
}

/** A resume may stray from the trend by so many deviations. */
const trendDeviations = 8;
/** Points of the trend. */
const trendSteps = 64;
const leastTrend = 8;

function comparison(
  verdict: ResumeVerdict,
  rest: Omit<ResumeComparison, "verdict" | "text"> & { readonly detail: string },
): ResumeComparison {
  const { detail, ...facts } = rest;
  const equal = facts.against === "trend" ? "not worse than before" : "equal within the tolerance";
  const name = verdict === "equal" ? equal : verdict;
  return { verdict, ...facts, text: `${name}: ${detail}` };
}

/**
 * Holds the first losses after a resume against those that were recorded for the same steps before, or against the
 * trend if they were never reached. `steps`: how many are compared; `tolerance`: largest relative difference that
 * still is `equal`.
 */
export function compareAfterResume(
  recorded: readonly LossPoint[],
  observed: readonly LossPoint[],
  options: { readonly fromStep: number; readonly steps: number; readonly tolerance: number },
): ResumeComparison {
  const first = observed.slice(0, options.steps);
  if (first.length === 0 || options.steps === 0)
    return comparison("pending", { against: "nothing", steps: 0, largest: 0, detail: "no step yet" });
  // A step that went bad before, such as a NaN that the run went back from, is no reference.
  const known = new Map(recorded.filter(({ loss }) => Number.isFinite(loss)).map(({ step, loss }) => [step, loss]));
  const pairs = first.flatMap(({ step, loss }) => {
    const before = known.get(step);
    return before === undefined ? [] : [{ step, loss, before }];
  });
  if (pairs.length > 0) return againstRecord(pairs, first.length < options.steps, options.tolerance);
  const before = recorded
    .filter(({ step, loss }) => step <= options.fromStep && Number.isFinite(loss))
    .slice(-trendSteps);
  return againstTrend(before, first, first.length < options.steps);
}

function againstRecord(
  pairs: readonly { readonly step: number; readonly loss: number; readonly before: number }[],
  more: boolean,
  tolerance: number,
): ResumeComparison {
  const differences = pairs.map(({ loss, before }) => {
    if (Object.is(loss, before)) return 0;
    const difference = Math.abs(loss - before) / Math.max(Math.abs(before), Number.MIN_VALUE);
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  });
  const largest = Math.max(...differences);
  const worst = pairs[differences.indexOf(largest)] as (typeof pairs)[number];
  const facts = { against: "recorded losses" as const, steps: pairs.length, largest };
  const range = `steps ${pairs[0]?.step} to ${pairs.at(-1)?.step}`;
  if (largest > tolerance) {
    const detail = `step ${worst.step}: loss ${worst.loss}, recorded ${worst.before}, tolerance ${tolerance}`;
    return comparison("diverged", { ...facts, detail });
  }
  if (more) return comparison("pending", { ...facts, detail: `${range} agree so far` });
  if (largest === 0) return comparison("exact", { ...facts, detail: `${range} have the recorded losses` });
  const detail = `${range} differ by at most ${largest.toExponential(1)}, tolerance ${tolerance}`;
  return comparison("equal", { ...facts, detail });
}

function againstTrend(before: readonly LossPoint[], first: readonly LossPoint[], more: boolean): ResumeComparison {
  const facts = { against: "trend" as const, steps: first.length, largest: 0 };
  const bad = first.find(({ loss }) => !Number.isFinite(loss));
  if (bad) return comparison("diverged", { ...facts, detail: `step ${bad.step}: loss ${bad.loss}` });
  if (before.length < leastTrend)
    return comparison("pending", { ...facts, against: "nothing", detail: "no record to compare with" });
  const losses = before.map(({ loss }) => loss);
  const center = median(losses);
  const limit = center + trendDeviations * Math.max(spread(losses, center), 0.01 * Math.abs(center));
  const mean = median(first.map(({ loss }) => loss));
  const largest = Math.abs(mean - center) / Math.abs(center);
  if (mean > limit) {
    const detail =
      `median loss ${mean.toFixed(4)}, ` +
      `expected at most ${limit.toFixed(4)} after the trend of ${losses.length} steps`;
    return comparison("diverged", { ...facts, largest, detail });
  }
  const detail = `median loss ${mean.toFixed(4)}, that of the ${losses.length} steps before was ${center.toFixed(4)}`;
  return comparison(more ? "pending" : "equal", { ...facts, largest, detail });
}
