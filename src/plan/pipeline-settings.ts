import type { Config } from "../config/config.js";
import { type Mesh, positive } from "../config/settings.js";
import type { ModelShape } from "./model.js";
import type { PipelineOrder } from "./pipeline.js";
import { layersPerBlock, type StageSettings, stageOfLayers } from "./stage-layers.js";

/** How the pipeline of a plan works. */
export interface PlanPipeline {
  readonly stages: number;
  readonly blocks: number;
  readonly microBatches: number;
  /** As configured: `parallel.pipeline_config.pipeline_scheduler`. */
  readonly scheduler: string;
  /** The order that the timeline is drawn with; undefined for schedules that it doesn't know. */
  readonly order: PipelineOrder | undefined;
  /** Layers `[block][stage]`; undefined if the offset doesn't fit. */
  readonly layers: readonly (readonly number[])[] | undefined;
  /** Stage and block of every layer. */
  readonly places: readonly { readonly stage: number; readonly block: number }[] | undefined;
  /** Time of a micro-batch's forward pass `[block][stage]`, in layers of the most frequent kind. */
  readonly forward: readonly (readonly number[])[];
  /** 2, or 3 with full recomputation. */
  readonly backwardFactor: number;
}

function orderOf(scheduler: string, blocks: number): PipelineOrder | undefined {
  if (scheduler === "gpipe") return blocks === 1 ? "gpipe" : undefined;
  // With one sequence chunk, the only number that current models allow, seqpipe works off whole micro-batches like 1f1b.
  if (scheduler === "1f1b" || scheduler === "seqpipe") return blocks === 1 ? "1f1b" : "interleaved";
  return undefined;
}

/** Multiplications of each layer for one token, relative to one with experts (or to a dense one if there are no experts). */
function layerCost(shape: ModelShape | undefined): { layer(index: number): number; head: number } {
  if (shape === undefined) return { layer: () => 1, head: 0 };
  const m = shape;
  const attention =
    m.hidden * m.queryRank +
    m.queryRank * m.heads * (m.nopeDimension + m.ropeDimension) +
    m.hidden * (m.keyValueRank + m.ropeDimension) +
    m.keyValueRank * m.heads * (m.nopeDimension + m.valueDimension) +
    m.heads * m.valueDimension * m.hidden +
    (m.sequence * m.heads * (m.nopeDimension + m.ropeDimension + m.valueDimension)) / 2;
  const dense = attention + 3 * m.hidden * m.feedForward;
  const expert = attention + 3 * m.hidden * (m.expertFeedForward * m.expertsPerToken + m.sharedFeedForward);
  const unit = m.layers > m.denseLayers ? expert : dense;
  const head = m.hidden * m.vocabulary * (1 + m.mtpLayers) + m.mtpLayers * (expert + 2 * m.hidden ** 2);
  return { layer: (index) => (index < m.denseLayers ? dense / unit : expert / unit), head: head / unit };
}

function forwardTimes(
  settings: StageSettings,
  places: PlanPipeline["places"],
  shape: ModelShape | undefined,
): number[][] {
  const { stages, blocks } = settings;
  const times = Array.from({ length: blocks }, () => new Array<number>(stages).fill(places === undefined ? 1 : 0));
  if (places === undefined) return times;
  const cost = layerCost(shape);
  places.forEach(({ stage, block }, index) => {
    const row = times[block] as number[];
    row[stage] = (row[stage] as number) + cost.layer(index);
  });
  const last = times.at(-1) as number[];
  last[stages - 1] = (last[stages - 1] as number) + cost.head;
  return times;
}

/** The pipeline that the configuration asks for; undefined with one stage. */
export function pipelineOf(config: Config, mesh: Mesh, shape: ModelShape | undefined): PlanPipeline | undefined {
  if (!mesh.semiAuto || mesh.pipelineStages <= 1) return undefined;
  const get = (path: string): unknown => config.get(path);
  const interleave = get("parallel.pipeline_config.pipeline_interleave") === true;
  const scheduler = String(get("parallel.pipeline_config.pipeline_scheduler") ?? "1f1b");
  const blocks = interleave ? positive(get, "model.model_config.pp_interleave_num") : 1;
  const settings: StageSettings = {
    layers: shape?.layers ?? positive(get, "model.model_config.num_hidden_layers", mesh.pipelineStages * blocks),
    stages: mesh.pipelineStages,
    blocks,
    offset: get("model.model_config.offset"),
    backwards: scheduler === "zero_bubble_v",
  };
  const places = stageOfLayers(settings);
  return {
    stages: mesh.pipelineStages,
    blocks,
    microBatches: positive(get, "parallel_config.micro_batch_num"),
    scheduler,
    order: orderOf(scheduler, blocks),
    layers: layersPerBlock(settings),
    places,
    forward: forwardTimes(settings, places, shape),
    backwardFactor: get("recompute_config.recompute") === true ? 3 : 2,
  };
}
