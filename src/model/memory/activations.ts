import type { Layout } from "../layout/layout.js";
import { type LayerKind, type ModelShape, mtpKind } from "../shape.js";
import type { MemoryOptions } from "./options.js";

/**
 * Bytes that one layer keeps for its backward pass, per token, in three parts: what every device of a tensor-parallel
 * group holds whole (divided only with sequence parallelism), what tensor parallelism divides, and what select
 * recomputation gives back (part of the first two). Counted operator by operator from MindFormers 1.9's training graph
 * (norms in float32: input, its float32 copy and the output are kept).
 */
interface TokenBytes {
  readonly whole: number;
  readonly divided: number;
  readonly selectWhole: number;
  readonly selectDivided: number;
}

const norm = (size: number, compute: number): number => size * (2 * compute + 4);

function attentionBytes(shape: ModelShape, compute: number): { whole: number; divided: number } {
  const a = shape.attention;
  const residual = shape.hidden * compute;
  // Flash attention keeps its output and two float32 statistics of eight values per head.
  if (a.kind === "grouped") {
    const query = a.heads * a.headDimension;
    const keyValue = a.keyValueHeads * a.headDimension;
    const perHead = a.norms ? norm(query + keyValue, compute) : 0;
    const rotated = (query + keyValue) * compute;
    return { whole: residual, divided: (2 * query + 2 * keyValue) * compute + rotated + perHead + a.heads * 64 };
  }
  const key = a.heads * (a.nopeDimension + a.ropeDimension);
  const value = a.heads * a.valueDimension;
  const ranks = (a.queryRank ?? 0) + a.keyValueRank;
  const compressed = a.norms ? norm(ranks, compute) : ranks * compute;
  const up = key + a.heads * (a.nopeDimension + a.valueDimension);
  return {
    whole: residual + compressed + a.ropeDimension * compute,
    // Projections, query and key with their rotary part joined, value, attention output.
    divided: (up + 2 * key + 2 * value) * compute + a.heads * 64,
  };
}

function layerBytes(shape: ModelShape, kind: LayerKind, compute: number): TokenBytes {
  const attention = attentionBytes(shape, compute);
  const norms = 2 * norm(shape.hidden, compute);
  const e = shape.experts;
  const gates = shape.gated ? 2 : 1;
  if (kind === "dense" || e === undefined) {
    const kept = gates * shape.feedForward * compute;
    const activated = gates * shape.feedForward * compute;
    return {
      whole: attention.whole + norms,
      divided: attention.divided + kept + activated,
      selectWhole: 0,
      selectDivided: activated,
    };
  }
  // Balanced routing: every token goes to perToken experts. Permuted, exchanged, computed, exchanged back; MindFormers
  // always recomputes swiglu here.
  const routed = e.perToken * (4 * shape.hidden + 2 * e.feedForward) * compute;
  const router = 3 * e.experts * 4 + shape.hidden * 4;
  const shared = gates * e.sharedFeedForward * compute;
  return {
    whole: attention.whole + norms + routed + router + 2 * shared,
    divided: attention.divided,
    selectWhole: shared,
    selectDivided: 0,
  };
}

/** Bytes of one layer on one device for one micro-batch. */
export interface LayerActivations {
  /** Nothing recomputed. */
  readonly full: number;
  /** With select recomputation. */
  readonly select: number;
  /** Only the layer's input, which whole-layer recomputation starts from. */
  readonly input: number;
}

export interface ActivationModel {
  /** Tokens of one micro-batch on one device. */
  readonly tokens: number;
  readonly dense: LayerActivations;
  readonly expert: LayerActivations;
  readonly mtp: LayerActivations;
  /**
   * The last stage's loss: logits in compute type, log-softmax and one-hot labels of 4 bytes are kept, once more per
   * multi-token-prediction layer; two more float32 tensors live while one loss is computed (`loss_func.py`).
   */
  readonly logits: number;
}

/** Activations of every kind of layer for one micro-batch of the layout. */
export function activationModel(
  shape: ModelShape,
  layout: Pick<Layout, "microBatchSize" | "contextParallel" | "tensorParallel" | "sequenceParallel">,
  options: Pick<MemoryOptions, "computeBytes" | "flashAttention">,
): ActivationModel {
  const compute = options.computeBytes;
  const tokens = (layout.microBatchSize * shape.sequence) / layout.contextParallel;
  const tensor = layout.tensorParallel;
  const residual = layout.sequenceParallel ? tensor : 1;
  // Without flash attention the scores and their softmax stay: sequence² per head.
  const scores = options.flashAttention ? 0 : 2 * compute * shape.attention.heads * shape.sequence;
  const input = (tokens * shape.hidden * compute) / residual;
  const of = (kind: LayerKind): LayerActivations => {
    const bytes = layerBytes(shape, kind, compute);
    const full = tokens * (bytes.whole / residual + (bytes.divided + scores) / tensor);
    return { full, select: full - tokens * (bytes.selectWhole / residual + bytes.selectDivided / tensor), input };
  };
  const last = of(mtpKind(shape));
  const joined = (tokens * (2 * norm(shape.hidden, compute) + 2 * shape.hidden * compute)) / residual;
  return {
    tokens,
    dense: of("dense"),
    expert: of("expert"),
    mtp: { full: last.full + joined, select: last.select + joined, input: 2 * input },
    logits: (((1 + shape.mtpLayers) * (compute + 8) + 8) * tokens * shape.vocabulary) / tensor,
  };
}
