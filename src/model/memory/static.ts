import type { Layout } from "../layout/layout.js";
import type { ModelShape } from "../shape.js";
import { inputTensors, layerTensors, type ModelTensor, mtpTensors, outputTensors, tensorSize } from "../tensors.js";
import { type MemoryOptions, optimizerStates } from "./options.js";

/** Bytes of a group of tensors on one device. */
export interface StaticBytes {
  readonly weights: number;
  readonly gradients: number;
  /** Optimizer states. */
  readonly states: number;
  /** Copies in compute type, gathered from all parts: live while a layer computes … */
  readonly copies: number;
  /** … and this much of them until the backward pass even if the layer is recomputed. */
  readonly heldCopies: number;
  /** Gradients that replicas add up once a step: of everything but routed experts … */
  readonly reduced: number;
  /** … and of routed experts, which have other replicas. */
  readonly reducedExperts: number;
}

export type StaticLayout = Pick<
  Layout,
  "dataParallel" | "tensorParallel" | "contextParallel" | "expertParallel" | "pipelineStages" | "microBatches"
>;

/** Devices among which a tensor is divided by the mesh. */
function divisor(tensor: ModelTensor, layout: StaticLayout): number {
  switch (tensor.split) {
    case "whole":
      return 1;
    case "experts":
      return layout.expertParallel;
    case "vocabulary":
      return (tensor.shape[0] ?? 0) % layout.tensorParallel === 0 ? layout.tensorParallel : 1;
    default:
      return layout.tensorParallel;
  }
}

/**
 * Devices among which optimizer parallelism divides what a device holds of a tensor. MindSpore divides along the first
 * dimension, among the devices that hold the same part; it leaves whole what is small, what doesn't divide, and follows
 * a demanded size only if it divides their number.
 */
export function shardSize(tensor: ModelTensor, layout: StaticLayout, options: MemoryOptions): number {
  if (options.optimizerShard === 1 || !tensor.shardable || options.optimizer === "muon") return 1;
  const by = divisor(tensor, layout);
  const equal = (layout.dataParallel * layout.tensorParallel * layout.contextParallel) / by;
  const asked = options.optimizerShard;
  const among = asked !== "all" && equal % asked === 0 ? asked : equal;
  const local = tensorSize(tensor) / by;
  const rows = tensor.split === "rows" ? (tensor.shape[0] ?? 1) : (tensor.shape[0] ?? 1) / by;
  if (local * options.parameterBytes <= options.shardThreshold || rows % among !== 0) return 1;
  return among;
}

/** Full-size states of a tensor. */
function statesOf(tensor: ModelTensor, { optimizer }: MemoryOptions): number {
  if (!tensor.trainable) return 0;
  const matrix = tensor.shape.length === 2 && !["embedding", "output", "norm", "router"].includes(tensor.part);
  return optimizer === "muon" && !matrix ? optimizerStates.adamw : optimizerStates[optimizer];
}

/** Weights, gradients, and states of tensors on one device of a stage. */
export function staticBytes(
  tensors: readonly ModelTensor[],
  layout: StaticLayout,
  options: MemoryOptions,
): StaticBytes {
  const total = { weights: 0, gradients: 0, states: 0, copies: 0, heldCopies: 0, reduced: 0, reducedExperts: 0 };
  const accumulated = layout.pipelineStages > 1 || layout.microBatches > 1;
  for (const tensor of tensors) {
    const local = tensorSize(tensor) / divisor(tensor, layout);
    const among = shardSize(tensor, layout, options);
    const bytes = tensor.trainable ? options.parameterBytes : 4;
    total.weights += (local * bytes) / among;
    if (tensor.trainable && tensor.split === "experts") total.reducedExperts += local * options.parameterBytes;
    else if (tensor.trainable) total.reduced += local * options.parameterBytes;
    if (tensor.trainable)
      total.gradients += (local * options.parameterBytes) / (options.gradientShard || !accumulated ? among : 1);
    total.states += (statesOf(tensor, options) * local * 4) / among;
    const multiplied = tensor.shape.length === 2 && tensor.part !== "router";
    if (!multiplied || (among === 1 && options.computeBytes === options.parameterBytes)) continue;
    total.copies += local * options.computeBytes;
    if (among > 1 && !options.gatherAgain) total.heldCopies += local * options.computeBytes;
  }
  return total;
}

/** Tensors of a model in the groups that stages are made of. */
export interface TensorGroups {
  readonly input: readonly ModelTensor[];
  readonly dense: readonly ModelTensor[];
  readonly expert: readonly ModelTensor[];
  readonly mtp: readonly ModelTensor[];
  readonly output: readonly ModelTensor[];
}

export function tensorGroups(shape: ModelShape): TensorGroups {
  return {
    input: inputTensors(shape),
    dense: layerTensors(shape, "dense"),
    expert: layerTensors(shape, "expert"),
    mtp: shape.mtpLayers > 0 ? mtpTensors(shape) : [],
    output: outputTensors(shape),
  };
}

export type StaticGroups = { readonly [group in keyof TensorGroups]: StaticBytes };

/** Bytes of every group on one device; equal for all stages, so that a search computes it once per mesh. */
export function staticGroups(groups: TensorGroups, layout: StaticLayout, options: MemoryOptions): StaticGroups {
  const of = (name: keyof TensorGroups): StaticBytes => staticBytes(groups[name], layout, options);
  return { input: of("input"), dense: of("dense"), expert: of("expert"), mtp: of("mtp"), output: of("output") };
}
