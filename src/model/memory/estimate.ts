import { hasAll, requireArgument } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { layersOnStages } from "../layout/layers.js";
import type { Layout } from "../layout/layout.js";
import { inFlight } from "../layout/schedule.js";
import { requireShape } from "../require-shape.js";
import type { ModelShape } from "../shape.js";
import { type ActivationModel, activationModel, type LayerActivations } from "./activations.js";
import type { MemoryOptions } from "./options.js";
import { countStages, type StageLayers } from "./stage-layers.js";
import { type StaticGroups, staticGroups, tensorGroups } from "./static.js";

/** Estimated bytes on one device of a pipeline stage; all devices of a stage are alike. */
export interface StageMemory {
  /** From 0. */
  readonly stage: number;
  readonly layers: number;
  /** Extra parts of the stage. */
  readonly holds: readonly ("embedding" | "mtp" | "output")[];
  readonly weights: number;
  readonly gradients: number;
  /** Optimizer states on the device. */
  readonly optimizer: number;
  /** Optimizer states in host memory (`optimizer.swap`); not part of `total`. */
  readonly onHost: number;
  /** Weights in compute type, and gathered ones of optimizer parallelism. */
  readonly copies: number;
  readonly activations: number;
  /** Communication buffers and attention mask. */
  readonly other: number;
  readonly total: number;
  /** Micro-batches whose activations are held at the same time. */
  readonly inFlight: number;
}

/** Estimated memory of all stages, in bytes. */
export interface MemoryEstimate {
  readonly stages: readonly StageMemory[];
  /** Stage with the largest total. */
  readonly peakStage: number;
  /** Total of that stage in bytes: the memory that a device must have. */
  readonly peak: number;
}

/** HCCL's default buffers: HCCL_BUFFSIZE 200 MB, one to send and one to receive per communication group. */
const bytesPerGroup = 2 * 200 * 2 ** 20;

function otherBytes(shape: ModelShape, layout: Layout, options: MemoryOptions): number {
  const mask = options.compressedMask ? 0 : layout.microBatchSize * shape.sequence ** 2;
  if (options.device === "CPU") return mask;
  const { dataParallel: data, tensorParallel: tensor, pipelineStages, contextParallel: context } = layout;
  const sizes = [data * context, tensor, layout.expertParallel, context, pipelineStages];
  return mask + bytesPerGroup * sizes.filter((size) => size > 1).length;
}

/** What the sum over a stage's layers needs; made once and shared by all stages (and, in a search, by many layouts). */
export interface MemoryParts {
  readonly shape: ModelShape;
  readonly layout: Layout;
  readonly options: MemoryOptions;
  readonly statics: StaticGroups;
  readonly activations: ActivationModel;
  readonly stages: readonly StageLayers[];
}

interface Running {
  weights: number;
  gradients: number;
  states: number;
  held: number;
  largestCopies: number;
  kept: number;
  largestLayer: number;
}

interface Addition {
  readonly group: keyof StaticGroups;
  readonly recompute: boolean;
  readonly times: number;
}

function add(parts: MemoryParts, sum: Running, { group, recompute, times }: Addition): void {
  const bytes = parts.statics[group];
  sum.weights += times * bytes.weights;
  sum.gradients += times * bytes.gradients;
  sum.states += times * bytes.states;
  sum.held += times * (recompute ? bytes.heldCopies : bytes.copies);
  if (recompute) sum.largestCopies = Math.max(sum.largestCopies, bytes.copies - bytes.heldCopies);
}

function keep(
  sum: Running,
  layer: LayerActivations,
  how: { recompute: boolean; select: boolean; times: number },
): void {
  sum.kept += how.times * (how.recompute ? layer.input : how.select ? layer.select : layer.full);
  if (how.recompute && how.times > 0) sum.largestLayer = Math.max(sum.largestLayer, layer.full);
}

function addLayers(parts: MemoryParts, sum: Running, { here, held }: { here: StageLayers; held: number }): void {
  const { select } = parts.options.recompute;
  for (const { kind, recompute, times } of here.groups) {
    add(parts, sum, { group: kind, recompute, times });
    keep(sum, parts.activations[kind], { recompute, select, times: times * held });
  }
}

/** Bytes of one stage from parts made before. */
export function stageMemory(parts: MemoryParts, stage: number): StageMemory {
  const { shape, layout, options, activations } = parts;
  const here = parts.stages[stage] ?? { layers: 0, groups: [], lastRecomputed: false };
  const held = inFlight(layout, stage);
  const sum: Running = { weights: 0, gradients: 0, states: 0, held: 0, largestCopies: 0, kept: 0, largestLayer: 0 };
  addLayers(parts, sum, { here, held });
  // zero_bubble_v ends where it began: embedding and output layer are both on the first stage.
  const end = layout.schedule === "zero_bubble_v" ? 0 : layout.pipelineStages - 1;
  const holds: ("embedding" | "mtp" | "output")[] = [];
  if (stage === 0) {
    holds.push("embedding");
    add(parts, sum, { group: "input", recompute: false, times: 1 });
  }
  if (stage === end) {
    holds.push(...(shape.mtpLayers > 0 ? (["mtp"] as const) : []), "output");
    add(parts, sum, { group: "output", recompute: false, times: 1 });
    const recompute = here.lastRecomputed;
    add(parts, sum, { group: "mtp", recompute, times: shape.mtpLayers });
    keep(sum, activations.mtp, { recompute, select: options.recompute.select, times: shape.mtpLayers });
    sum.kept += activations.logits;
    // Other stages' embedding (token prediction, tied output layer) arrives as a copy, and its gradient goes back.
    if (stage > 0 && (shape.mtpLayers > 0 || shape.tied)) sum.held += parts.statics.input.gradients * 2;
  }
  const onHost = options.statesOnHost ? sum.states : 0;
  const copies = sum.held + sum.largestCopies;
  const activation = sum.kept + sum.largestLayer;
  const other = otherBytes(shape, layout, options);
  const optimizer = sum.states - onHost;
  return {
    stage,
    layers: here.layers,
    holds,
    weights: sum.weights,
    gradients: sum.gradients,
    optimizer,
    onHost,
    copies,
    activations: activation,
    other,
    total: sum.weights + sum.gradients + optimizer + copies + activation + other,
    inFlight: held,
  };
}

export function estimateParts(parts: MemoryParts): MemoryEstimate {
  const stages = Array.from({ length: parts.layout.pipelineStages }, (_, stage) => stageMemory(parts, stage));
  const peakStage = stages.reduce((best, { stage, total }) => (total > (stages[best]?.total ?? 0) ? stage : best), 0);
  return { stages, peakStage, peak: stages[peakStage]?.total ?? 0 };
}

/**
 * Estimated memory of one device of every pipeline stage, in bytes. Weights, gradients, and states are exact sums over
 * MindFormers' tensors and their splits; copies and activations are counted from its training graph under
 * assumptions that `src/model/README.md` lists with their error.
 *
 * @throws ARGUMENT_INVALID for an offset that MindFormers rejects.
 *
 * @example
 * const model = (await openConfig("pretrain_deepseek3_1b")).get("model.model_config");
 * const shape = modelShape(model as Record<string, unknown>);
 * const { peak } = estimateMemory(shape, { ...singleDevice, tensorParallel: 2 }, defaultMemoryOptions); // bytes
 */
export function estimateMemory(shape: ModelShape, layout: Layout, options: MemoryOptions): MemoryEstimate {
  requireShape(shape, "estimateMemory", ", singleDevice, defaultMemoryOptions");
  const example = "estimateMemory(shape, singleDevice, defaultMemoryOptions)";
  requireArgument(hasAll(layout, "pipelineStages", "interleave", "microBatches"), {
    ...{ call: "estimateMemory, layout", expected: "a layout such as singleDevice", found: layout, example },
  });
  requireArgument(hasAll(options, "optimizer", "recompute", "parameterBytes"), {
    ...{ call: "estimateMemory, options", expected: "options such as defaultMemoryOptions", found: options, example },
  });
  const layers = layersOnStages(shape.layerKinds.length, layout);
  if (layers === undefined)
    throw new LabError(
      "ARGUMENT_INVALID",
      `estimateMemory: the offset ${JSON.stringify(layout.offset)} doesn't fit ${shape.layerKinds.length} layers ` +
        `on ${layout.pipelineStages} stages of ${layout.interleave} blocks`,
      { hint: "omit offset to spread the layers evenly" },
    );
  return estimateParts({
    shape,
    layout,
    options,
    statics: staticGroups(tensorGroups(shape), layout, options),
    activations: activationModel(shape, layout, options),
    stages: countStages(shape, layers, options.recompute),
  });
}
