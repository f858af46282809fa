import { type BlendIndices, blendIndices, exhaustiveBlendIndices } from "./blending.js";
import { blendIdentifiers, type Description, describe, gptIdentifiers } from "./description.js";
import { buildGptIndices, type GptIndices } from "./indices.js";
import { type GptPart, type PartPlan, requireInBounds, requireRoom } from "./part-plan.js";
import type { SplitName } from "./split.js";

/** The indices of one dataset of a part, with the name under which the engine would cache them. */
export interface BuiltDataset {
  readonly part: GptPart;
  readonly indices: GptIndices;
  readonly description: Description;
}

export interface BuiltPart {
  readonly name: SplitName;
  readonly datasets: readonly BuiltDataset[];
  /** Undefined if the part is one dataset without a weight. */
  readonly blend:
    | (BlendIndices & { readonly description: Description; readonly weights: readonly number[] })
    | undefined;
  /** Samples that the engine's dataset has. */
  readonly samples: number;
}

/**
 * Builds everything that the engine builds for a part. `lengths`: per dataset, the tokens of its sequences. Throws
 * INDEX_IMPOSSIBLE.
 */
export function buildPart(plan: PartPlan, lengths: readonly Int32Array[]): BuiltPart {
  const datasets = plan.datasets.map((part, d) => ({
    part,
    indices: buildGptIndices(part.request(lengths[d] as Int32Array)),
    description: describe(gptIdentifiers(part.identity)),
  }));
  const has = datasets.map(({ indices }) => indices.epochs.samples);
  if (plan.blend === undefined) return { name: plan.part, datasets, blend: undefined, samples: has[0] as number };
  const { weights, size } = plan.blend.resolve(has);
  requireRoom(plan.part, size ?? weights.reduce((sum, weight) => sum + weight, 0));
  const indices = size === undefined ? exhaustiveBlendIndices(weights) : blendIndices(weights, size);
  requireInBounds(
    takenOf(indices, datasets.length),
    has,
    plan.datasets.map(({ identity }) => identity.prefix),
  );
  const identities = plan.datasets.map(({ identity }) => identity);
  const description = describe(blendIdentifiers({ datasets: identities, part: plan.part, weights, size }));
  return { name: plan.part, datasets, blend: { ...indices, description, weights }, samples: indices.dataset.length };
}

/** Samples that the mix takes of each dataset. */
export function takenOf({ dataset }: Pick<BlendIndices, "dataset">, datasets: number): number[] {
  const taken = new Array<number>(datasets).fill(0);
  for (let i = 0; i < dataset.length; i++) {
    const d = dataset[i] as number;
    taken[d] = (taken[d] as number) + 1;
  }
  return taken;
}
