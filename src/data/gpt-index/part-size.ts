import { blendTakes } from "./blending.js";
import { type EpochPlan, planEpochs } from "./epochs.js";
import { type PartPlan, requireInBounds, requireRoom } from "./part-plan.js";
import { sequencesOf } from "./split.js";

/** A dataset whose tokens are counted, not held. */
export interface CountedDataset {
  readonly sequences: number;
  /** Tokens of the sequences from `begin` (inclusive) to `end` (exclusive). */
  tokens(begin: number, end: number): number;
}

/** How large the indices of a part are. */
export interface PartSize {
  /** Entries of the document indices of all its datasets: sequences × epochs. */
  readonly entries: number;
  /** Samples of all its datasets. */
  readonly samples: number;
  /** Samples of the blend; 0 without one. */
  readonly blend: number;
}

/**
 * Counts what `buildPart` would build, without building it. `counted`: per dataset of the plan.
 * Throws INDEX_IMPOSSIBLE exactly where `buildPart` does.
 */
export function sizePart(plan: PartPlan, counted: readonly CountedDataset[]): PartSize {
  const ranges = plan.datasets.map(({ range }, d) => sequencesOf(range, counted[d]?.sequences ?? 0));
  const epochs: EpochPlan[] = plan.datasets.map((part, d) => {
    const { begin, end } = ranges[d] as (typeof ranges)[number];
    const { sequences, tokens } = counted[d] as CountedDataset;
    return planEpochs(part.epochs({ begin, end, of: sequences }, tokens(begin, end)));
  });
  const has = epochs.map(({ samples }) => samples);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const entries = sum(epochs.map(({ epochs: count }, d) => count * ((ranges[d]?.end ?? 0) - (ranges[d]?.begin ?? 0))));
  if (plan.blend === undefined) return { entries, samples: sum(has), blend: 0 };
  const { weights, size } = plan.blend.resolve(has);
  requireRoom(plan.part, size ?? sum(weights));
  if (size !== undefined && !surelyInBounds(weights, size, has))
    requireInBounds(
      blendTakes(weights, size),
      has,
      plan.datasets.map(({ identity }) => identity.prefix),
    );
  return { entries, samples: sum(has), blend: size ?? sum(weights) };
}

/**
 * The mix takes the dataset that lags most, so that it takes at most one sample more than a dataset's share. True
 * also says that each gives some.
 */
function surelyInBounds(weights: readonly number[], size: number, has: readonly number[]): boolean {
  return weights.every((weight, d) => {
    const share = weight * size;
    return share > weights.length + 1 && share + 2 <= (has[d] as number);
  });
}
