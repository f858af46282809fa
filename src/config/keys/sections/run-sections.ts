import { type Keys, key, newKeys, pastKeys } from "./key.js";

/** `runner_config` (strict). */
export const runnerKeys: Keys = {
  batch_size: key("int", 1, "samples per device and micro-batch"),
  epochs: key("int", 1, "passes over sizes[0] samples"),
  sink_mode: key("bool", true, "feed batches through a queue on the device; False on CPU"),
  sink_size: key("int", 1, "steps between returns to Python"),
  gradient_accumulation_steps: key("int", 1, "batches per optimizer step, without pipeline"),
  num_classes: key("int", 1, "classes of an image model"),
  stop_step: key("int", 0, "stop early after this step; 0: never"),
};

/** `parallel_config` (strict). */
export const parallelConfigKeys: Keys = {
  data_parallel: key("int", 1, "groups of devices that see different data"),
  model_parallel: key("int", 1, "devices that split every layer (tensor parallelism)"),
  context_parallel: key("int", 1, "devices that split one sequence"),
  expert_parallel: key("int", 1, "devices that split the experts; divides data · model"),
  pipeline_stage: key("int", 1, "stages of the pipeline, each a group of layers"),
  micro_batch_num: key("int", 1, "micro-batches of a step; at least pipeline_stage"),
  seq_split_num: key("int", 1, "parts of a sequence in seqpipe; 1 for mcore"),
  use_seq_parallel: key("bool", false, "split norms and dropouts along the sequence; needs model_parallel > 1"),
  ...pastKeys({ optimizer_shard: key("bool|null", null, "without effect") }),
  gradient_aggregation_group: key("int", 4, "gradients sent together"),
  vocab_emb_dp: key("bool", true, "replicate the embedding instead of splitting it by model_parallel"),
  context_parallel_algo: key("string", "colossalai_cp", "colossalai_cp, ulysses_cp, or hybrid_cp"),
  ulysses_degree_in_cp: key("int", 1, "Ulysses part of hybrid_cp"),
  mem_coeff: key("float", 0.1, "memory weight of automatic search"),
};

/** `recompute_config` (strict). */
export const recomputeKeys: Keys = {
  recompute: key("bool|list|int", false, "recompute activations in the backward pass; lists: layers per stage"),
  select_recompute: key("bool|list|map", false, "recompute only some operators"),
  select_comm_recompute: key("bool|list|map", false, "recompute only the communication after some operators"),
  parallel_optimizer_comm_recompute: key("bool", false, "gather optimizer-parallel weights again in the backward pass"),
  mp_comm_recompute: key("bool", true, "recompute model-parallel communication"),
  recompute_slice_activation: key("bool", false, "store activations in slices; False for mcore"),
  select_recompute_exclude: key("bool|list|map", false, "operators to exclude"),
  select_comm_recompute_exclude: key("bool|list|map", false, "communication to exclude"),
};

/** `swap_config` (strict). */
export const swapKeys: Keys = {
  swap: key("bool", false, "move activations to host memory"),
  layer_swap: key("list|null", null, "layers to move"),
  op_swap: key("list|map|null", null, "operators to move"),
  default_prefetch: key("int", 1, "how early they are prefetched"),
};

const format = "log, tensorboard, both in a list, or null";

/** `monitor_config` (strict). */
export const monitorKeys: Keys = newKeys(
  {
    monitor_on: key("bool", false, "record the metrics below"),
    dump_path: key("string", "./dump", "folder for device dumps"),
    target: key("list|string|null", null, "patterns of parameter names"),
    invert: key("bool", false, "all parameters but the target"),
    step_interval: key("int", 1, "steps between records"),
    local_loss_format: key("string|list|null", null, `loss of every device: ${format}`),
    local_norm_format: key("string|list|null", null, `norm of every parameter: ${format}`),
    device_local_norm_format: key("string|list|null", null, `norm of every device: ${format}`),
    device_local_loss_format: key("string|list|null", null, `loss of every device: ${format}`),
    optimizer_state_format: key("string|list|null", null, `norm of the moments: ${format}`),
    weight_state_format: key("string|list|null", null, `norm of the weights: ${format}`),
    max_attention_logit_format: key("string|list|null", null, `largest attention logit: ${format}`),
    throughput_baseline: key("float|null", null, "tokens per second per device to compare with"),
    print_struct: key("bool", false, "print the model's structure"),
    check_for_global_norm: key("bool", false, "stop when the gradient norm spikes"),
    global_norm_spike_threshold: key("float", 3, "gradient norm that counts as a spike"),
    global_norm_spike_count_threshold: key("int", 10, "consecutive spikes"),
    stable_rank_config: key("map|null", undefined, "stable rank of weights"),
    health_checkpoint: key("map|null", null, "limits for healthy checkpoints"),
  },
  ["max_attention_logit_format", "stable_rank_config", "health_checkpoint"],
);

/** `monitor_config.stable_rank_config` (strict). */
export const stableRankKeys: Keys = newKeys(
  {
    format: key("string|list|null", null, format),
    step_interval: key("int", 100, "steps between records"),
    target: key("list|string|null", null, "patterns of parameter names"),
    do_aggregation: key("bool", false, "gather sharded weights first"),
    moe_show_mode: key("string", "all", "all, full, or statistics of experts"),
    power_iteration_num: key("int", 5, "iterations of the estimate"),
  },
  ["format", "step_interval", "target", "do_aggregation", "moe_show_mode", "power_iteration_num"],
);

/** `monitor_config.health_checkpoint`. */
export const healthKeys: Keys = newKeys(
  {
    embedding_local_norm_threshold: key("float|null", undefined, "largest norm of the embedding"),
    global_norm_spike_threshold: key("float|null", undefined, "largest gradient norm"),
  },
  ["embedding_local_norm_threshold", "global_norm_spike_threshold"],
);

/** `parallel`: handed to MindSpore's auto-parallel context. */
export const parallelKeys: Keys = {
  parallel_mode: key("int|string", 1, "0 data parallel, 1 semi-automatic, 2 automatic, 3 hybrid"),
  full_batch: key("bool", true, "every rank reads the whole batch"),
  dataset_strategy: key("list|string", undefined, "how each column is split; first number = data_parallel"),
  search_mode: key("string", "sharding_propagation", "search method of automatic mode"),
  auto_parallel_search_mode: key("string|null", undefined, "older name of search_mode"),
  enable_parallel_optimizer: key("bool", false, "shard the optimizer state over data-parallel devices"),
  parallel_optimizer_config: key("map", undefined, "how the optimizer state is sharded"),
  gradients_mean: key("bool", false, "average gradients; True in data-parallel mode"),
  gradient_fp32_sync: key("bool", undefined, "exchange gradients in float32"),
  parameter_broadcast: key("bool", undefined, "rank 0 sends its initial weights to all"),
  loss_repeated_mean: key("bool", undefined, "average a loss that is computed more than once"),
  enable_alltoall: key("bool", false, "all-to-all between experts"),
  all_reduce_fusion_config: key("list|bool", undefined, "parameters whose gradients are reduced together"),
  comm_fusion: key("map|list", undefined, "communication to fuse"),
  strategy_ckpt_save_file: key("string", "./ckpt_strategy.ckpt", "name of the strategy file"),
  strategy_ckpt_load_file: key("string|null", undefined, "strategy file to follow"),
  strategy_ckpt_config: key("map", undefined, "strategy file"),
  pipeline_config: key("map", undefined, "pipeline schedule"),
  auto_pipeline: key("bool", undefined, "must be False"),
  dump_local_norm_path: key("map|string", undefined, "folder for norms of every device"),
  device_num: key("int", undefined, "set by MindFormers"),
  global_rank: key("int", undefined, "set by MindFormers"),
  pipeline_stages: key("int", undefined, "set pipeline_stage in parallel_config"),
  grad_accumulation_step: key("int", undefined, "set gradient_accumulation_steps in runner_config"),
};

export const parallelOptimizerKeys: Keys = {
  gradient_accumulation_shard: key("bool", false, "shard accumulated gradients too"),
  parallel_optimizer_threshold: key("int", 64, "KB; smaller parameters are not sharded"),
  optimizer_weight_shard_size: key("int", -1, "devices that shard together; -1: all data-parallel ones"),
};

export const pipelineKeys: Keys = {
  pipeline_interleave: key("bool", false, "stages hold several blocks of layers"),
  pipeline_scheduler: key("string", "1f1b", "1f1b, gpipe, seqpipe, seqvpp, seqsmartvpp, or zero_bubble_v"),
};

export const strategyKeys: Keys = {
  save_file: key("string", "./ckpt_strategy.ckpt", "name of the strategy file"),
  only_trainable_params: key("bool", true, "exclude frozen parameters"),
  load_file: key("string|null", undefined, "strategy file to follow"),
};

const pastContext: Keys = pastKeys({
  deterministic: key("string|bool", undefined, "without effect: train_precision_sync"),
  precompile_only: key("bool", undefined, "without effect"),
  auto_tune_mode: key("string", undefined, "without effect"),
  enable_reduce_precision: key("bool", undefined, "without effect"),
  variable_memory_max_size: key("string", undefined, "without effect: max_device_memory"),
  enable_profiling: key("bool", undefined, "without effect: profile"),
  profiling_options: key("any", undefined, "without effect: profile"),
  enable_auto_mixed_precision: key("bool", undefined, "without effect"),
  reserve_class_name_in_scope: key("bool", undefined, "without effect"),
  check_bprop: key("bool", undefined, "without effect"),
  print_file_path: key("string", undefined, "without effect"),
  enable_sparse: key("bool", undefined, "without effect"),
  env_config_path: key("string", undefined, "without effect"),
  save_compile_cache: key("bool", undefined, "without effect"),
  load_compile_cache: key("bool", undefined, "without effect"),
  enable_compile_cache: key("bool", undefined, "without effect"),
  compile_cache_path: key("string", undefined, "without effect"),
  runtime_num_threads: key("int", undefined, "without effect"),
  grad_for_scalar: key("bool", undefined, "without effect"),
  pynative_synchronize: key("bool", undefined, "without effect"),
  enable_graph_kernel: key("bool", undefined, "without effect"),
  graph_kernel_flags: key("string", undefined, "without effect"),
  save_dump_path: key("string", undefined, "without effect"),
  monitor_local_loss: key("bool", undefined, "without effect: monitor_config"),
  monitor_device_local_loss: key("bool", undefined, "without effect: monitor_config"),
});

/**
 * `context`: device and graph compiler. MindFormers 1.9 applies these; others have no effect, with a line in the log.
 */
export const contextKeys: Keys = newKeys(
  {
    mode: key("int|string", 0, "0 compiled graph, 1 PyNative"),
    device_target: key("string", "Ascend", "Ascend or CPU"),
    device_id: key("int", 0, "device of a single worker"),
    max_device_memory: key("string", "58GB", "memory that MindSpore may use on a device"),
    mempool_block_size: key("string", "1GB", "size of the blocks that the memory pool allocates"),
    memory_optimize_level: key("string", "O0", "O0 or O1"),
    max_call_depth: key("int", 10000, "depth of graph calls"),
    save_graphs: key("bool|int", false, "write compiler graphs"),
    save_graphs_path: key("string", undefined, "folder for saved files"),
    jit_config: key("map", undefined, "jit_level: O0, O1, or O2"),
    ascend_config: key("map", undefined, "settings of the Ascend backend"),
    dataset_broadcast_opt_level: key("int", 0, "which ranks read real data"),
    affinity_cpu_list: key("list|string|bool|null|map", undefined, "CPU cores of every device"),
    affinity_config: key("map|null", undefined, "CPU cores by device and module"),
    use_graceful_exit: key("bool", false, "save and stop when the exit file requests it"),
    ...pastContext,
  },
  ["dataset_broadcast_opt_level", "affinity_config"],
);

export const jitKeys: Keys = {
  jit_level: key("string", "O0", "O0, O1, or O2"),
  infer_boost: key("string", undefined, "inference only"),
};

export const ascendKeys: Keys = {
  precision_mode: key("string", undefined, "which types operators may take: must_keep_origin_dtype, …"),
  parallel_speed_up_json_path: key("string|null", undefined, "file with switches for communication"),
  jit_compile: key("bool|string", undefined, "compile operators while running"),
  atomic_clean_policy: key("int|bool", undefined, "when memory is cleared"),
  matmul_allow_hf32: key("bool", undefined, "multiply float32 in HF32"),
  conv_allow_hf32: key("bool", undefined, "convolve float32 in HF32"),
  exception_dump: key("any", undefined, "dump operators that fail"),
  op_precision_mode: key("any", undefined, "file with precisions by operator"),
  op_debug_option: key("any", undefined, "check memory of operators"),
  ge_options: key("any", undefined, "options of the graph engine"),
  host_scheduling_max_threshold: key("int|string", undefined, "largest graph that the host schedules"),
};
