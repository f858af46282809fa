import { LabError } from "../../core/error.js";

/**
 * Failures of published large trainings, as node-days per failure that ends the training (a node: 8 devices).
 * llama-3: 419 unexpected interruptions in 54 days on 16,384 GPUs = 2,048 nodes (The Llama 3 Herd of Models, arXiv
 * 2407.21783, 3.3.4): 54 · 2,048 / 419 = 264 node-days. rsc-1: 6.50 failures per 1,000 node-days (Revisiting
 * Reliability in Large-Scale Machine Learning Research Clusters, arXiv 2410.21680): 154 node-days. Both are GPU
 * clusters: no failure rate of a large Ascend training is published.
 */
export const publishedFailureRates = {
  "llama-3": {
    nodeDays: (54 * 2048) / 419,
    source: "Llama 3: 419 failures in 54 days on 16,384 GPUs (arXiv 2407.21783)",
  },
  "rsc-1": { nodeDays: 1000 / 6.5, source: "RSC-1: 6.50 failures per 1,000 node-days (arXiv 2410.21680)" },
} as const;

/** A published failure rate by name, or the node-days per failure of your own cluster. */
export type FailureRate = keyof typeof publishedFailureRates | { readonly nodeDaysPerFailure: number };

/** What the prediction needs; all times in milliseconds. */
export interface ReliabilitySettings {
  readonly devices: number;
  readonly rate: FailureRate;
  /** Time without failures: steps · step time. */
  readonly workMs: number;
  /** Time that training stands still for one checkpoint. */
  readonly saveMs: number;
  /** From a failure to the first new step: detection, new start, compilation, reading the checkpoint. */
  readonly restartMs: number;
  /** Between two checkpoints as configured; Infinity if the training saves none. */
  readonly intervalMs: number;
}

/** Predicted failures; all times in milliseconds, ratios from 0 to 1. */
export interface Reliability {
  /** Mean time between failures of the whole cluster. */
  readonly mtbfMs: number;
  readonly source: string;
  /** Expected number of failures until the end. */
  readonly failures: number;
  /** Effective-training-time ratio at the configured interval: time without failures and saving / expected time. */
  readonly ratio: number;
  /** Expected time to the end at the configured interval; Infinity if the end is practically never reached. */
  readonly expectedMs: number;
  /** The interval that takes the least time (Daly), and the ratio with it. */
  readonly bestIntervalMs: number;
  readonly bestRatio: number;
}

/** Mean time between failures of `devices` devices: failures come independently, so the rates of the nodes add up. */
export function meanTimeBetweenFailures(devices: number, rate: FailureRate): { mtbfMs: number; source: string } {
  const { nodeDays, source } =
    typeof rate === "string"
      ? (publishedFailureRates[rate] ?? { nodeDays: Number.NaN, source: "" })
      : { nodeDays: rate.nodeDaysPerFailure, source: "as given" };
  if (!(nodeDays > 0))
    throw new LabError(
      "ARGUMENT_INVALID",
      `reliability.failures: expected ${Object.keys(publishedFailureRates).join(", ")} or { nodeDaysPerFailure }, ` +
        `found ${JSON.stringify(rate)}`,
      { hint: 'reliability: { failures: "llama-3" }' },
    );
  return { mtbfMs: (nodeDays * 86_400_000 * 8) / devices, source };
}

/**
 * The interval between checkpoints that takes the least time. Young (1974): √(2·δ·M). Daly (2006), used here, for δ <
 * 2M: √(2·δ·M) · (1 + ⅓·√(δ/2M) + ⅑·δ/2M) − δ, else M. δ: time of a save, M: mean time between failures, in the same
 * unit.
 */
export function bestInterval(saveMs: number, mtbfMs: number): number {
  if (saveMs >= 2 * mtbfMs) return mtbfMs;
  const half = saveMs / (2 * mtbfMs);
  return Math.sqrt(2 * saveMs * mtbfMs) * (1 + Math.sqrt(half) / 3 + half / 9) - saveMs;
}

/**
 * Share of the expected time that is training, with failures at random (exponential) times (Daly 2006):
 * T_wall / T_work = M · e^(R/M) · (e^((τ + δ)/M) − 1) / τ. τ: interval, R: restart.
 */
export function effectiveRatio(times: {
  readonly intervalMs: number;
  readonly saveMs: number;
  readonly restartMs: number;
  readonly mtbfMs: number;
}): number {
  const { intervalMs, saveMs, restartMs, mtbfMs } = times;
  return intervalMs / (mtbfMs * Math.exp(restartMs / mtbfMs) * Math.expm1((intervalMs + saveMs) / mtbfMs));
}

/** Expected failures and effective training time of a whole run. */
export function reliabilityOf(settings: ReliabilitySettings): Reliability {
  const { workMs, saveMs, restartMs } = settings;
  const { mtbfMs, source } = meanTimeBetweenFailures(settings.devices, settings.rate);
  // A training that ends before its first checkpoint is one interval with nothing to save.
  const short = settings.intervalMs >= workMs;
  const ratio = effectiveRatio({
    intervalMs: short ? workMs : settings.intervalMs,
    saveMs: short ? 0 : saveMs,
    restartMs,
    mtbfMs,
  });
  const bestIntervalMs = Math.min(bestInterval(saveMs, mtbfMs), workMs);
  const bestRatio = Math.max(ratio, effectiveRatio({ intervalMs: bestIntervalMs, saveMs, restartMs, mtbfMs }));
  const expectedMs = ratio > 0 ? workMs / ratio : Number.POSITIVE_INFINITY;
  return { mtbfMs, source, failures: expectedMs / mtbfMs, ratio, expectedMs, bestIntervalMs, bestRatio };
}
