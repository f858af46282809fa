import type { Layout } from "./layout.js";
import { type Offset, offsetTable, writtenSum } from "./offset.js";

/** What decides which stage holds which layer. */
export type PipelineShape = Pick<Layout, "pipelineStages" | "interleave" | "schedule" | "offset">;

/** The stage that holds a layer, and the block of that stage. */
export interface LayerPlace {
  readonly stage: number;
  readonly block: number;
}

/** Layers spread over the stages of a pipeline. */
export interface LayersOnStages {
  /** Layers of every block and stage, `[block][stage]`. */
  readonly counts: readonly (readonly number[])[];
  /** The place of every layer, in the model's order. */
  readonly places: readonly LayerPlace[];
}

/** Why MindFormers rejects an offset. */
export type OffsetProblem =
  /** Neither a number, a list of one number per stage, nor one such list per block. */
  | { readonly problem: "shape" }
  /** The numbers don't add up to the layers that are left over. */
  | { readonly problem: "sum"; readonly sum: number; readonly remainder: number }
  /** The first or last place has a negative number of layers, or another one has none. `counts` goes block by block. */
  | { readonly problem: "empty"; readonly counts: readonly number[] };

/** MindFormers runs the second block of this schedule through the stages from the last to the first. */
const turnsBack = (shape: PipelineShape, block: number): boolean => shape.schedule === "zero_bubble_v" && block === 1;

/**
 * What is wrong with the offset of a pipeline for a number of layers, by MindFormers' LayerSetting; undefined if
 * nothing is.
 */
export function offsetProblem(layers: number, shape: PipelineShape): OffsetProblem | undefined {
  const places = shape.pipelineStages * shape.interleave;
  if (places <= 1) return undefined;
  const table = offsetTable(layers, shape);
  if (table === undefined || (shape.schedule === "zero_bubble_v" && shape.interleave < 2)) return { problem: "shape" };
  const remainder = layers % places;
  const sum = writtenSum(shape.offset ?? (table as Offset));
  if (sum !== remainder) return { problem: "sum", sum, remainder };
  const base = Math.floor(layers / places);
  const counts = table.flat().map((more) => base + more);
  const least = (index: number): number => (index === 0 || index === counts.length - 1 ? 0 : 1);
  return counts.every((count, index) => count >= least(index)) ? undefined : { problem: "empty", counts };
}

/**
 * Layers of every block and stage as MindFormers' LayerSetting assigns them: layers / (stages · blocks) rounded down,
 * plus the offset. Without an offset the remainder is spread by `balancedOffset`. Undefined where MindFormers rejects
 * the offset: see `offsetProblem`.
 */
export function layersOnStages(layers: number, shape: PipelineShape): LayersOnStages | undefined {
  const { pipelineStages: stages, interleave: blocks } = shape;
  if (stages * blocks <= 1)
    return { counts: [[layers]], places: Array.from({ length: layers }, () => ({ stage: 0, block: 0 })) };
  if (offsetProblem(layers, shape) !== undefined) return undefined;
  const base = Math.floor(layers / (stages * blocks));
  const counts = (offsetTable(layers, shape) ?? []).map((row) => row.map((more) => base + more));
  const places: LayerPlace[] = [];
  counts.forEach((row, block) => {
    const order = [...row.keys()];
    for (const stage of turnsBack(shape, block) ? order.reverse() : order)
      for (let layer = 0; layer < (row[stage] ?? 0); layer++) places.push({ stage, block });
  });
  // A list that holds for every block counts more places than there are layers: the last ones stay empty.
  return { counts, places: places.slice(0, layers) };
}

/** The layers of one stage as ranges of layer numbers, one text per block: `["0–3", "32–35"]`. */
export function layerRanges(places: readonly LayerPlace[], stage: number): string[] {
  const blocks = new Map<number, number[]>();
  places.forEach((place, layer) => {
    if (place.stage === stage) blocks.set(place.block, [...(blocks.get(place.block) ?? []), layer]);
  });
  return [...blocks.values()].map((layers) => {
    const [first, last] = [layers[0], layers.at(-1)];
    return first === last ? String(first) : `${first}–${last}`;
  });
}
