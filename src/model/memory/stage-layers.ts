import type { LayersOnStages } from "../layout/layers.js";
import type { LayerKind, ModelShape } from "../shape.js";
import type { Recompute, RecomputeCount } from "./options.js";

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

const limited = (wanted: RecomputeCount | undefined, most: number): number =>
  typeof wanted === "number" ? Math.max(0, Math.min(wanted, most)) : wanted === true ? most : 0;

/** One list for all blocks: the layers of a stage are taken from its blocks by turns, the first block first. */
function byTurns(list: readonly RecomputeCount[], counts: LayersOnStages["counts"]): number[][] {
  const taken = counts.map((row) => row.map(() => 0));
  for (const [stage, wanted] of list.entries()) {
    const all = counts.reduce((sum, row) => sum + (row[stage] ?? 0), 0);
    for (let left = limited(wanted, all); left > 0; )
      for (const [block, row] of counts.entries()) {
        const here = taken[block] as number[];
        if (left === 0 || (here[stage] ?? 0) >= (row[stage] ?? 0)) continue;
        here[stage] = (here[stage] ?? 0) + 1;
        left -= 1;
      }
  }
  return taken;
}

/**
 * Layers that are recomputed as a whole, `[block][stage]`: the first ones of each place, as MindFormers' LayerSetting
 * counts them.
 */
export function recomputedLayers({ layers }: Recompute, counts: LayersOnStages["counts"]): number[][] {
  if (typeof layers === "string") return counts.map((row) => row.map((count) => (layers === "all" ? count : 0)));
  if (!layers.some(Array.isArray)) return byTurns(layers as readonly RecomputeCount[], counts);
  return counts.map((row, block) => {
    const entry = layers[block];
    return row.map((count, stage) => limited(Array.isArray(entry) ? entry[stage] : (entry as RecomputeCount), count));
  });
}

/** What every stage computes and recomputes. */
export function countStages(
  shape: ModelShape,
  { counts, places }: LayersOnStages,
  recompute: Recompute,
): StageLayers[] {
  const again = recomputedLayers(recompute, counts);
  const seen = counts.map((row) => row.map(() => 0));
  const stages = (counts[0] ?? []).map(() => ({
    dense: [0, 0] as [number, number],
    expert: [0, 0] as [number, number],
    lastRecomputed: recompute.layers === "all",
  }));
  places.forEach(({ stage, block }, layer) => {
    const here = stages[stage];
    const [row, kind] = [seen[block], shape.layerKinds[layer]];
    if (here === undefined || row === undefined || kind === undefined) return;
    const recomputed = (row[stage] ?? 0) < (again[block]?.[stage] ?? 0);
    row[stage] = (row[stage] ?? 0) + 1;
    here[kind][recomputed ? 1 : 0] += 1;
    here.lastRecomputed = recomputed;
  });
  return stages.map(({ lastRecomputed, ...kinds }) => {
    const groups = (["dense", "expert"] as const).flatMap((kind) =>
      kinds[kind].map((times, index): LayerGroup => ({ kind, recompute: index === 1, times })),
    );
    return {
      layers: groups.reduce((sum, { times }) => sum + times, 0),
      groups: groups.filter(({ times }) => times > 0),
      lastRecomputed,
    };
  });
}
