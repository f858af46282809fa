/** Layers to recompute of one stage and block: a number, all (true), or none (false). */
export type RecomputeCount = number | boolean;

/** Which activations are recomputed in the backward pass (`recompute_config`). */
export interface Recompute {
  /** Whole layers: all, none, or how many of every stage, or such a list for every block. */
  readonly layers: "all" | "none" | readonly (RecomputeCount | readonly RecomputeCount[])[];
  /**
   * `select_recompute`: in the other layers, the gated activation of the feed-forward part (MindFormers' default
   * patterns).
   */
  readonly select: boolean;
}

/** Values of full size per parameter that an optimizer keeps; source: MindFormers 1.9, `core/optim`. */
export const optimizerStates = {
  /**
   * Two moments (`adam_m`, `adam_v`). MindFormers keeps no master copy: with `params_dtype: float32` the weights are
   * it.
   */
  adamw: 2,
  /** Two moments and the weights' running mean. */
  pma_adamw: 3,
  /** One momentum for matrices; embedding, output layer, norms, and router have AdamW's two moments. */
  muon: 1,
} as const;

/** Optimizers whose states are known. */
export type OptimizerKind = keyof typeof optimizerStates;

/** The settings besides shape and layout that a device's memory depends on. */
export interface MemoryOptions {
  readonly optimizer: OptimizerKind;
  /** `optimizer.swap`: optimizer states stay in host memory. */
  readonly statesOnHost: boolean;
  /**
   * `enable_parallel_optimizer`: devices that shard the weights and states of one tensor. 1: off; "all": every
   * device that would hold the same part; a number (`optimizer_weight_shard_size`) counts only for tensors with a
   * multiple of so many equal devices, others use all of theirs.
   */
  readonly optimizerShard: number | "all";
  /** `parallel_optimizer_threshold`: tensors whose part on a device is not larger (in bytes) stay whole. */
  readonly shardThreshold: number;
  /** `gradient_accumulation_shard`: accumulated gradients are sharded as well. */
  readonly gradientShard: boolean;
  /**
   * `parallel_optimizer_comm_recompute`: the backward pass gathers the weights of optimizer parallelism again instead
   * of keeping them.
   */
  readonly gatherAgain: boolean;
  readonly recompute: Recompute;
  /** Bytes of a weight and its gradient (`params_dtype`). */
  readonly parameterBytes: number;
  /** Bytes of an activation (`compute_dtype`). */
  readonly computeBytes: number;
  /** The causal mask is a small constant (`use_attn_mask_compression`) instead of sequence². */
  readonly compressedMask: boolean;
  /** Attention scores are never stored (`use_flash_attention`). */
  readonly flashAttention: boolean;
  /** Device of the run: communication buffers and the runtime are Ascend's. */
  readonly device: "Ascend" | "CPU";
}

/**
 * MindFormers' defaults: AdamW, no optimizer parallelism, no recomputation, float32 weights and bfloat16 activations.
 */
export const defaultMemoryOptions: MemoryOptions = {
  optimizer: "adamw",
  statesOnHost: false,
  optimizerShard: 1,
  shardThreshold: 64 * 1024,
  gradientShard: false,
  gatherAgain: false,
  recompute: { layers: "none", select: false },
  parameterBytes: 4,
  computeBytes: 2,
  compressedMask: false,
  flashAttention: true,
  device: "Ascend",
};
