import { isPerBlock, offsetRows } from "./offset-rows.js";

/** How a model's layers are spread over pipeline stages. */
export interface StageSettings {
  /** Layers that the pipeline divides: num_hidden_layers (MindFormers' current models put the token-prediction layers on the last stage). */
  readonly layers: number;
  readonly stages: number;
  /** `pp_interleave_num`: blocks of layers per stage; 1 unless `pipeline_interleave` is on. */
  readonly blocks: number;
  /** `offset`: layers more or less per stage: 0, a list of one per stage, or one such list per block. */
  readonly offset: unknown;
  /** True for the schedule zero_bubble_v, which runs the second block through the stages backwards. */
  readonly backwards: boolean;
}

/** Row `offset[block][stage]` of MindFormers' broadcast of `offset` over blocks × stages; undefined if the shape doesn't fit. */
function offsets({ stages, blocks, offset = 0 }: StageSettings): number[][] | undefined {
  const written = offsetRows(offset, stages);
  const rows = isPerBlock(offset) ? written : written && new Array(blocks).fill(written[0]);
  const fits = rows?.length === blocks && rows.every((row) => row.length === stages && row.every(Number.isInteger));
  return fits ? (rows as number[][]) : undefined;
}

/** The sum of `offset` as written; MindFormers compares it before it spreads a shorter list over the blocks. */
function writtenSum(offset: unknown): number {
  return Array.isArray(offset) ? offset.reduce<number>((sum, each) => sum + writtenSum(each), 0) : Number(offset ?? 0);
}

/**
 * Layers per stage and block, `[block][stage]`: layers / (stages · blocks) rounded down, plus the offset (MindFormers' LayerSetting).
 * Undefined where MindFormers refuses: the offset's shape doesn't fit, its sum is not the remainder of that division, the first or last
 * block is negative or another one empty (rules report these).
 */
export function layersPerBlock(settings: StageSettings): number[][] | undefined {
  const { layers, stages, blocks, offset } = settings;
  if (stages * blocks <= 1) return [[layers]];
  const rows = offsets(settings);
  if (rows === undefined || writtenSum(offset) !== layers % (stages * blocks)) return undefined;
  const base = Math.floor(layers / (stages * blocks));
  const table = rows.map((row) => row.map((more) => base + more));
  const flat = table.flat();
  const least = (index: number): number => (index === 0 || index === flat.length - 1 ? 0 : 1);
  return flat.every((count, index) => count >= least(index)) ? table : undefined;
}

/** Stage and block of every layer, in the model's order. */
export function stageOfLayers(
  settings: StageSettings,
): { readonly stage: number; readonly block: number }[] | undefined {
  const table = layersPerBlock(settings);
  return table
    ?.flatMap((row, block) => {
      // MindFormers turns the second row round, counts along it, and turns the stage numbers back.
      const turned = settings.backwards && block === 1;
      const counts = turned ? [...row].reverse() : row;
      return counts.flatMap((count, position) => {
        const stage = turned ? settings.stages - 1 - position : position;
        return Array.from({ length: count }, () => ({ stage, block }));
      });
    })
    .slice(0, settings.layers);
}

/** The layers of one stage as ranges of layer numbers, one text per block: `["0–3", "32–35"]`. */
export function layerRanges(places: readonly { stage: number; block: number }[], stage: number): string[] {
  const blocks = new Map<number, number[]>();
  places.forEach((place, layer) => {
    if (place.stage === stage) blocks.set(place.block, [...(blocks.get(place.block) ?? []), layer]);
  });
  return [...blocks.values()].map((layers) => {
    const [first, last] = [layers[0], layers.at(-1)];
    return first === last ? String(first) : `${first}–${last}`;
  });
}
