import type { Config } from "../../config/config.js";
import { tokenWork } from "../../model/flops.js";
import { type LayerPlace, layersOnStages } from "../../model/layout/layers.js";
import type { Mesh } from "../../model/layout/mesh.js";
import { readLayout } from "../../model/layout/read-layout.js";
import { positive } from "../../model/read-value.js";
import { type LayerKind, layersOf, type ModelShape, mtpKind } from "../../model/shape.js";
import type { PipelineOrder } from "./timeline.js";

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
  readonly places: readonly LayerPlace[] | undefined;
  /** Time of a micro-batch's forward pass `[block][stage]`, in layers of the most frequent kind. */
  readonly forward: readonly (readonly number[])[];
  /** 2, or 3 with full recomputation. */
  readonly backwardFactor: number;
}

function orderOf(scheduler: string, blocks: number): PipelineOrder | undefined {
  if (scheduler === "gpipe") return blocks === 1 ? "gpipe" : undefined;
  // With one sequence chunk, the only number that current models allow, seqpipe works off whole micro-batches like
  // 1f1b.
  if (scheduler === "1f1b" || scheduler === "seqpipe") return blocks === 1 ? "1f1b" : "interleaved";
  return undefined;
}

/**
 * Work of each layer for one token in units of the most frequent kind of layer, and what the last stage has beside its
 * layers.
 */
function layerCost(shape: ModelShape | undefined): { layer(index: number): number; end: number } {
  if (shape === undefined) return { layer: () => 1, end: 0 };
  const work = tokenWork(shape);
  const count = layersOf(shape);
  const mtp = mtpKind(shape);
  const more = (kind: LayerKind): number => (mtp === kind ? shape.mtpLayers : 0);
  const attention = work.attention / Math.max(1, shape.layerKinds.length + shape.mtpLayers);
  const cost = {
    dense: attention + work.dense / Math.max(1, count.dense + more("dense")),
    expert: attention + work.experts / Math.max(1, count.expert + more("expert")),
  };
  const unit = cost[count.expert > count.dense ? "expert" : "dense"];
  const end = work.output + work.mtp + shape.mtpLayers * cost[mtp];
  return { layer: (index) => cost[shape.layerKinds[index] ?? mtp] / unit, end: end / unit };
}

function forwardTimes(
  { stages, blocks }: { readonly stages: number; readonly blocks: number },
  places: PlanPipeline["places"],
  shape: ModelShape | undefined,
): number[][] {
  const times = Array.from({ length: blocks }, () => new Array<number>(stages).fill(places === undefined ? 1 : 0));
  if (places === undefined) return times;
  const cost = layerCost(shape);
  places.forEach(({ stage, block }, index) => {
    const row = times[block] as number[];
    row[stage] = (row[stage] as number) + cost.layer(index);
  });
  const last = times.at(-1) as number[];
  last[stages - 1] = (last[stages - 1] as number) + cost.end;
  return times;
}

/** The pipeline that the configuration asks for; undefined with one stage. */
export function pipelineOf(config: Config, mesh: Mesh, shape: ModelShape | undefined): PlanPipeline | undefined {
  if (!mesh.semiAuto || mesh.pipelineStages <= 1) return undefined;
  const get = (path: string): unknown => config.get(path);
  const layout = readLayout(get);
  const { pipelineStages: stages, interleave: blocks } = layout;
  if (stages * blocks > 2000) return undefined;
  const layers = shape?.layerKinds.length ?? positive(get, "model.model_config.num_hidden_layers", stages * blocks);
  const placed = layersOnStages(layers, layout);
  const scheduler = String(get("parallel.pipeline_config.pipeline_scheduler") ?? "1f1b");
  return {
    stages,
    blocks,
    microBatches: layout.microBatches,
    scheduler,
    order: orderOf(scheduler, blocks),
    layers: placed?.counts,
    places: placed?.places,
    forward: forwardTimes({ stages, blocks }, placed?.places, shape),
    backwardFactor: get("recompute_config.recompute") === true ? 3 : 2,
  };
}
