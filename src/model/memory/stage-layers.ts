import type { LayerAssignment } from "../layout/layout.js";
import type { LayerKind, ModelShape } from "../shape.js";
import type { Recompute } from "./options.js";

/** Layers of one stage that are alike. */
export interface LayerGroup {
  readonly kind: LayerKind;
  /** The whole layer is computed a second time in the backward pass. */
  readonly recompute: boolean;
  readonly times: number;
}

export interface StageLayers {
  readonly layers: number;
  readonly groups: readonly LayerGroup[];
  /** True if the stage's last layer is recomputed; multi-token prediction does as it does. */
  readonly lastRecomputed: boolean;
}

/** Layers of one block of a stage that are recomputed as a whole: its first ones. */
function recomputed(recompute: Recompute, layers: LayerAssignment, [block, stage]: readonly [number, number]): number {
  const here = layers[block]?.[stage] ?? 0;
  if (recompute.layers === "all") return here;
  if (recompute.layers === "none") return 0;
  const entry = recompute.layers[block];
  if (typeof entry === "object") return Math.min(here, entry[stage] ?? 0);
  // One list for all blocks: the stage's number is used up from its first block on.
  const ofStage = (recompute.layers as readonly number[])[stage] ?? 0;
  const before = layers.slice(0, block).reduce((sum, row) => sum + (row[stage] ?? 0), 0);
  return Math.max(0, Math.min(here, ofStage - before));
}

/** Kinds of the layers of one block and stage; positions count block by block, in each over all stages. */
function kindsAt(shape: ModelShape, layers: LayerAssignment, [block, stage]: readonly [number, number]): LayerKind[] {
  const before = [...layers.slice(0, block).flat(), ...(layers[block] ?? []).slice(0, stage)];
  const start = before.reduce((sum, count) => sum + count, 0);
  return shape.layerKinds.slice(start, start + (layers[block]?.[stage] ?? 0));
}

/** What every stage computes and recomputes. */
export function countStages(shape: ModelShape, layers: LayerAssignment, recompute: Recompute): StageLayers[] {
  const stages = layers[0]?.length ?? 0;
  return Array.from({ length: stages }, (_, stage) => {
    const counts = { dense: [0, 0], expert: [0, 0] };
    let lastRecomputed = recompute.layers === "all";
    for (let block = 0; block < layers.length; block++) {
      const again = recomputed(recompute, layers, [block, stage]);
      const kinds = kindsAt(shape, layers, [block, stage]);
      kinds.forEach((kind, index) => {
        counts[kind][index < again ? 1 : 0] = (counts[kind][index < again ? 1 : 0] ?? 0) + 1;
      });
      if (kinds.length > 0) lastRecomputed = again >= kinds.length;
    }
    const groups = (["dense", "expert"] as const).flatMap((kind) =>
      counts[kind].map((times, index): LayerGroup => ({ kind, recompute: index === 1, times })),
    );
    return {
      layers: groups.reduce((sum, { times }) => sum + times, 0),
      groups: groups.filter(({ times }) => times > 0),
      lastRecomputed,
    };
  });
}
