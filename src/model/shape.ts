/** Multi-head latent attention (DeepSeek-V3, TeleChat3-MoE): queries, keys, and values pass through low ranks. */
export interface LatentAttention {
  readonly kind: "latent";
  readonly heads: number;
  /** Undefined: queries are not compressed (`q_lora_rank: null`). */
  readonly queryRank: number | undefined;
  readonly keyValueRank: number;
  /** Dimensions per head without rotary position, with it, and of the value. */
  readonly nopeDimension: number;
  readonly ropeDimension: number;
  readonly valueDimension: number;
  /** Norms after the compressions (`qk_layernorm`). */
  readonly norms: boolean;
  /** The downward projections are one matrix (`mla_qkv_concat`). */
  readonly concatenated: boolean;
}

/**
 * Attention with groups of query heads that share a key and a value (Qwen3, TeleChat3, general models). Groups of one
 * head are multi-head attention.
 */
export interface GroupedAttention {
  readonly kind: "grouped";
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headDimension: number;
  /** Norms of query and key per head (`qk_layernorm`; always in Qwen3). */
  readonly norms: boolean;
  /** A bias on the joint projection (`attention_bias`, `add_qkv_bias`). */
  readonly bias: boolean;
}

/** The feed-forward part of a mixture-of-experts layer. */
export interface ExpertShape {
  readonly experts: number;
  readonly perToken: number;
  /** Width of one routed expert. */
  readonly feedForward: number;
  /** Width of all shared experts together; 0: none. */
  readonly sharedFeedForward: number;
  /** A gate in front of the shared experts (`use_shared_expert_gating`). */
  readonly sharedGate: boolean;
  /** One bias per expert in the router (`moe_router_enable_expert_bias`), which is adjusted, not trained. */
  readonly routerBias: boolean;
}

/** A layer with a dense feed-forward part, or with experts. */
export type LayerKind = "dense" | "expert";

/** The numbers that determine a model's parameters and work. `modelShape` reads them from a configuration. */
export interface ModelShape {
  readonly hidden: number;
  readonly vocabulary: number;
  /** One entry per layer, from the first on. */
  readonly layerKinds: readonly LayerKind[];
  readonly attention: LatentAttention | GroupedAttention;
  /** Width of the dense layers. */
  readonly feedForward: number;
  /** Two matrices upward (gate and value) instead of one. */
  readonly gated: boolean;
  /** Biases on the linear layers (`add_bias_linear`). */
  readonly bias: boolean;
  /** Norms have a bias too (`normalization: LayerNorm`). */
  readonly normBias: boolean;
  readonly experts: ExpertShape | undefined;
  /** Multi-token-prediction layers, of the kind of the last layer; embedding and output layer are shared. */
  readonly mtpLayers: number;
  /** Embedding and output layer are one matrix (`tie_word_embeddings`). */
  readonly tied: boolean;
  /** Learned positions (`position_embedding_type: learned_absolute`); 0: none. */
  readonly positions: number;
  /** Tokens per sample. */
  readonly sequence: number;
  /** `hidden_act`: MindFormers' FLOP formula depends on it. */
  readonly hiddenAct: string;
}

/** Numbers of layers of each kind. */
export function layersOf(shape: ModelShape): { readonly dense: number; readonly expert: number } {
  const expert = shape.layerKinds.filter((kind) => kind === "expert").length;
  return { dense: shape.layerKinds.length - expert, expert };
}

/** Kind of the multi-token-prediction layers. */
export function mtpKind(shape: ModelShape): LayerKind {
  return shape.layerKinds.at(-1) ?? "dense";
}
