import { shownValue } from "../../core/arguments.js";
import { PlanError } from "../../core/error.js";
import type { ParameterLayout } from "../../formats/strategy/layout.js";
import type { GlobalTensor } from "../read/tensor-index.js";

/** A parallel layout to split a model over. */
export interface TargetLayout {
  /** Tensor parallel ranks; default 1. */
  readonly tp?: number;
  /** Pipeline stages; default 1. */
  readonly pp?: number;
  /** Data parallel ranks; default 1. */
  readonly dp?: number;
  /** Expert parallel ranks: a divisor of dp × tp; default 1. */
  readonly ep?: number;
  /** Parts that the optimizer's sharding splits first dimensions into: a divisor of dp; default 1 (none). */
  readonly optimizerShards?: number;
  /** Layers of each stage; default: as even as possible, the first stages take one more. */
  readonly layersPerStage?: readonly number[];
}

export interface StageOfTarget {
  readonly stage: number;
  readonly layouts: readonly ParameterLayout[];
}

/**
 * Dimension that tensor parallelism splits, by the part of the name (Megatron's rule, as MindFormers' training models
 * shard).
 */
const splitAxis: readonly (readonly [pattern: RegExp, axis: number])[] = [
  [/(embedding\.word_embeddings|output_layer)\.weight$/, 0],
  [/\.(linear_q_up_proj|linear_kv_up_proj|linear_qkv|linear_q|linear_k|linear_v)\.(weight|bias)$/, 0],
  [/\.(linear_fc1|gating|hidden)\.(weight|bias)$/, 0],
  [/\.(linear_proj|linear_fc2)\.weight$/, 1],
];

/** More ranks than any training has; plans for a million would fill the memory. */
const mostRanks = 65_536;

/** Stage layouts of all tensors for a target; tensors that a stage does not have are missing in it. */
export function targetStages(tensors: readonly GlobalTensor[], target: TargetLayout): StageOfTarget[] {
  const { tp = 1, pp = 1, dp = 1, ep = 1 } = target;
  for (const [name, value] of Object.entries({ tp, pp, dp, ep, optimizerShards: target.optimizerShards ?? 1 })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw invalid(`${name}: expected a whole number from 1 on, found ${shownValue(value)}`);
  }
  if (dp * tp * pp > mostRanks)
    throw invalid(`tp × pp × dp: expected at most ${mostRanks} ranks, found ${dp * tp * pp}`);
  if ((dp * tp) % ep !== 0) throw invalid(`ep: expected a divisor of dp × tp = ${dp * tp}, found ${ep}`);
  const stageOf = stageRule(tensors, target, pp);
  return Array.from({ length: pp }, (_, stage) => ({
    stage,
    layouts: tensors.filter(({ name }) => stageOf(name).includes(stage)).map((tensor) => layoutOf(tensor, target)),
  }));
}

function invalid(message: string): PlanError {
  return new PlanError("PLAN_INVALID", `reshard: ${message}`, {
    hint: "checkpoint.reshard({ tp: 2, dp: 2, output })",
    issues: [],
  });
}

function layoutOf(tensor: GlobalTensor, target: TargetLayout): ParameterLayout {
  const { tp = 1, dp = 1, ep = 1, optimizerShards = 1 } = target;
  const { shape, kind } = tensor;
  const name = tensor.name;
  const expert = /\.experts\.weight[12]$/.test(name);
  const axis = kind === "state" ? undefined : splitAxis.find(([pattern]) => pattern.test(name))?.[1];
  const base = { name, indicesOffset: [], field: 0 };
  if (expert && ep > 1) {
    const matrix = [(dp * tp) / ep, ep];
    return sharded({ ...base, deviceMatrix: matrix, tensorMap: shape.map((_, i) => (i === 0 ? 0 : -1)) }, shape, 1);
  }
  const deviceMatrix = [dp, tp];
  const tensorMap = shape.map((_, i) => (i === axis && tp > 1 ? 0 : -1));
  return sharded({ ...base, deviceMatrix, tensorMap }, shape, kind === "state" ? 1 : optimizerShards);
}

type Unsharded = Pick<ParameterLayout, "name" | "deviceMatrix" | "tensorMap" | "indicesOffset" | "field">;

/** Divides the shape; optimizer sharding applies only where it divides the first dimension. */
function sharded(layout: Unsharded, shape: readonly number[], shards: number): ParameterLayout {
  const { deviceMatrix, tensorMap, name } = layout;
  const parts = tensorMap.map((at) => (at === -1 ? 1 : (deviceMatrix[deviceMatrix.length - 1 - Number(at)] ?? 1)));
  shape.forEach((size, axis) => {
    if (size % (parts[axis] ?? 1) === 0) return;
    throw invalid(`tensor ${name}: dimension ${axis} of ${size} does not divide by ${parts[axis]}`);
  });
  const slice = shape.map((size, axis) => size / (parts[axis] ?? 1));
  const applies = shards > 1 && slice.length > 0 && (slice[0] ?? 0) % shards === 0;
  const step = deviceMatrix.at(-1) ?? 1;
  return {
    ...layout,
    sliceShape: applies ? [(slice[0] ?? 0) / shards, ...slice.slice(1)] : slice,
    optimizerShardStep: applies ? (tensorMap.includes(0) ? step : 1) : 0,
    optimizerShardSize: applies ? shards : 0,
  };
}

/**
 * Stages of a tensor by its layer: embedding on the first, output and multi-token prediction on the last, counters on
 * all.
 */
function stageRule(tensors: readonly GlobalTensor[], { layersPerStage }: TargetLayout, pp: number) {
  const layerOf = (name: string) => Number(/\bdecoder\.layers\.(\d+)\./.exec(name)?.[1] ?? -1);
  const layers = tensors.reduce((most, { name }) => Math.max(most, layerOf(name) + 1), 0);
  if (layersPerStage === undefined && layers > 0 && pp > layers)
    throw invalid(`pp: expected at most a stage for each of the ${layers} layers, found ${pp}`);
  const isCounts =
    Array.isArray(layersPerStage) && layersPerStage.every((count) => Number.isSafeInteger(count) && count >= 0);
  if (layersPerStage !== undefined && !isCounts)
    throw invalid(`layersPerStage: expected ${pp} whole numbers from 0 on, found ${JSON.stringify(layersPerStage)}`);
  const even = Array.from({ length: pp }, (_, stage) => Math.floor(layers / pp) + (stage < layers % pp ? 1 : 0));
  const counts = layersPerStage ?? even;
  const sum = counts.reduce((total, count) => total + count, 0);
  if (counts.length !== pp || sum !== layers) {
    throw invalid(
      `layersPerStage: expected ${pp} numbers with the sum ${layers}, found ${counts.join(" + ")} = ${sum}`,
    );
  }
  const all = Array.from({ length: pp }, (_, stage) => stage);
  return (name: string): readonly number[] => {
    const layer = layerOf(name);
    if (layer >= 0) {
      const ends = counts.map((_, stage) => counts.slice(0, stage + 1).reduce((total, count) => total + count, 0));
      return [ends.findIndex((end) => layer < end)];
    }
    if (/(^|\.)embedding\./.test(name)) return [0];
    if (/(^|\.)(decoder\.final_layernorm|output_layer|mtp)\./.test(name)) return [pp - 1];
    return all;
  };
}
