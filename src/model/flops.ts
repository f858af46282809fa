import { requireArgument } from "../core/arguments.js";
import { requireShape } from "./require-shape.js";
import { layersOf, type ModelShape, mtpKind } from "./shape.js";

/** Core attention and projections of one layer for one token, forward, in multiply-adds. */
function attentionWork(shape: ModelShape): number {
  const a = shape.attention;
  if (a.kind === "grouped") {
    const query = a.heads * a.headDimension;
    const keyValue = a.keyValueHeads * a.headDimension;
    return shape.hidden * (query + 2 * keyValue) + ((query * shape.sequence) / 2) * 2 + query * shape.hidden;
  }
  const key = a.heads * (a.nopeDimension + a.ropeDimension);
  const value = a.heads * a.valueDimension;
  const query = a.queryRank === undefined ? shape.hidden * key : a.queryRank * (shape.hidden + key + 1);
  return (
    query +
    a.keyValueRank * (shape.hidden + a.heads * (a.nopeDimension + a.valueDimension) + 1) +
    shape.hidden * a.ropeDimension +
    value * shape.hidden +
    (shape.sequence * key) / 2 +
    (shape.sequence * value) / 2
  );
}

/** Parts of the work for one token, forward and backward (three times the forward work), recomputation not counted. */
export interface TokenWork {
  readonly attention: number;
  /** Dense feed-forward parts. */
  readonly dense: number;
  /** Routed and shared experts. */
  readonly experts: number;
  /** Projections and norms of multi-token prediction. */
  readonly mtp: number;
  /** Output layer, once more per multi-token-prediction layer. */
  readonly output: number;
  readonly total: number;
}

/**
 * Floating-point operations of one token by MindFormers 1.9's own formula (`num_floating_point_operations` in
 * `models/utils.py`, Megatron style: six per multiply-add, half of the causal mask, no recomputation). MindFormers'
 * line "Full model flops calculated" is this · sequence · global batch.
 */
export function tokenWork(shape: ModelShape): TokenWork {
  const layers = layersOf(shape);
  const ofMtp = mtpKind(shape);
  const denseLayers = layers.dense + (ofMtp === "dense" ? shape.mtpLayers : 0);
  const expertLayers = layers.expert + (ofMtp === "expert" ? shape.mtpLayers : 0);
  // MindFormers counts three matrices for SiLU activations, else two.
  const matrices = ["silu", "swiglu"].includes(shape.hiddenAct) ? 3 : 2;
  const e = shape.experts;
  const perExpertLayer = e === undefined ? 0 : e.feedForward * e.perToken + e.sharedFeedForward;
  const attention = (layers.dense + layers.expert + shape.mtpLayers) * 6 * attentionWork(shape);
  const dense = 6 * shape.hidden * matrices * shape.feedForward * denseLayers;
  const experts = 6 * shape.hidden * matrices * perExpertLayer * expertLayers;
  const mtp = 6 * shape.mtpLayers * (3 * shape.hidden + 2 * shape.hidden ** 2);
  const output = 6 * shape.hidden * shape.vocabulary * (shape.mtpLayers + 1);
  return { attention, dense, experts, mtp, output, total: attention + dense + experts + mtp + output };
}

/**
 * Floating-point operations for one token, forward and backward.
 *
 * @example
 * const model = (await openConfig("pretrain_deepseek3_1b")).get("model.model_config");
 * flopsPerToken(modelShape(model as Record<string, unknown>));
 */
export function flopsPerToken(shape: ModelShape): number {
  requireShape(shape, "flopsPerToken");
  return tokenWork(shape).total;
}

/**
 * Floating-point operations of one step; what MindFormers prints as "Full model flops calculated".
 *
 * @example
 * const model = (await openConfig("pretrain_deepseek3_1b")).get("model.model_config");
 * flopsPerStep(modelShape(model as Record<string, unknown>), 128); // global batch of 128 sequences
 */
export function flopsPerStep(shape: ModelShape, globalBatch: number): number {
  requireShape(shape, "flopsPerStep", ", 128");
  requireArgument(Number.isFinite(globalBatch) && globalBatch > 0, {
    ...{ call: "flopsPerStep, globalBatch", expected: "a number of sequences above 0", found: globalBatch },
    example: "flopsPerStep(shape, 128)",
  });
  return tokenWork(shape).total * shape.sequence * globalBatch;
}
