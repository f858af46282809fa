/**
 * Size and work of a DeepSeek-V3 model (multi-head latent attention, mixture of experts, multi-token prediction).
 * Parameter formula: counted from the layers as MindFormers 1.9 builds them; FLOPs: MindFormers' own formula (Megatron style, recomputation not counted).
 */
export interface ModelShape {
  readonly hidden: number;
  readonly vocabulary: number;
  readonly layers: number;
  /** Layers at the beginning that have a dense feed-forward part. */
  readonly denseLayers: number;
  readonly heads: number;
  readonly queryRank: number;
  readonly keyValueRank: number;
  /** Dimensions per head without rotary position, with it, and of the value. */
  readonly nopeDimension: number;
  readonly ropeDimension: number;
  readonly valueDimension: number;
  readonly feedForward: number;
  readonly expertFeedForward: number;
  /** All shared experts together. */
  readonly sharedFeedForward: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  /** True if the router has one bias per expert (`moe_router_enable_expert_bias`). */
  readonly routerBias: boolean;
  /** Multi-token-prediction layers. */
  readonly mtpLayers: number;
  readonly sequence: number;
}

/** Numbers of trainable values. */
export interface ParameterCount {
  readonly attentionPerLayer: number;
  readonly denseLayer: number;
  readonly expertLayer: number;
  /** Embedding, layers and output layer. */
  readonly main: number;
  readonly mtp: number;
  /** main + mtp: what MindFormers trains and stores. */
  readonly total: number;
  /** Of `main`: what one token passes through. */
  readonly activeMain: number;
  /** Values that belong to routed experts (main and mtp). */
  readonly routedExperts: number;
}

function attentionParameters(m: ModelShape): number {
  const query = m.hidden * m.queryRank + m.queryRank + m.queryRank * m.heads * (m.nopeDimension + m.ropeDimension);
  const compressed = m.hidden * (m.keyValueRank + m.ropeDimension) + m.keyValueRank;
  const keyValue = m.keyValueRank * m.heads * (m.nopeDimension + m.valueDimension);
  return query + compressed + keyValue + m.heads * m.valueDimension * m.hidden;
}

export function countParameters(m: ModelShape): ParameterCount {
  const attentionPerLayer = attentionParameters(m);
  const norms = 2 * m.hidden;
  const oneExpert = 3 * m.hidden * m.expertFeedForward;
  const router = m.hidden * m.experts + (m.routerBias ? m.experts : 0);
  const denseLayer = attentionPerLayer + norms + 3 * m.hidden * m.feedForward;
  const expertLayer = attentionPerLayer + norms + oneExpert * m.experts + 3 * m.hidden * m.sharedFeedForward + router;
  const expertLayers = m.layers - m.denseLayers;
  const main = 2 * m.vocabulary * m.hidden + m.hidden + m.denseLayers * denseLayer + expertLayers * expertLayer;
  const mtp = m.mtpLayers * (expertLayer + 2 * m.hidden ** 2 + 3 * m.hidden);
  const activeMain = main - expertLayers * (m.experts - m.expertsPerToken) * oneExpert;
  const routedExperts = (expertLayers + m.mtpLayers) * m.experts * oneExpert;
  return { attentionPerLayer, denseLayer, expertLayer, main, mtp, total: main + mtp, activeMain, routedExperts };
}

/** Floating-point operations for one token, forward and backward. */
export function flopsPerToken(m: ModelShape): number {
  const expertLayers = m.layers - m.denseLayers + m.mtpLayers;
  const perExpertLayer = 3 * m.expertFeedForward * m.expertsPerToken + 3 * m.sharedFeedForward;
  const feedForward = 6 * m.hidden * (3 * m.feedForward * m.denseLayers + perExpertLayer * expertLayers);
  const key = m.heads * (m.nopeDimension + m.ropeDimension);
  const value = m.heads * m.valueDimension;
  const attention =
    m.queryRank * (m.hidden + key + 1) +
    m.keyValueRank * (m.hidden + m.heads * (m.nopeDimension + m.valueDimension) + 1) +
    m.hidden * m.ropeDimension +
    value * m.hidden +
    (m.sequence * key) / 2 +
    (m.sequence * value) / 2;
  const mtp = 6 * m.mtpLayers * (3 * m.hidden + 2 * m.hidden ** 2);
  return feedForward + (m.layers + m.mtpLayers) * 6 * attention + mtp + 6 * m.hidden * m.vocabulary * (m.mtpLayers + 1);
}
