import { type Keys, key, plainKeys } from "./key.js";

/** `runner_config` (strict). */
export const runnerKeys: Keys = {
  batch_size: key("int", 1, "samples of one device in one micro-batch"),
  epochs: key("int", 1, "passes over sizes[0] samples"),
  sink_mode: key("bool", true, "batches wait in a queue on the device; False on CPU"),
  sink_size: key("int", 1, "steps between returns to Python"),
  gradient_accumulation_steps: key("int", 1, "batches per optimizer step, without pipeline"),
  num_classes: key("int", 1, "classes of an image model"),
  stop_step: key("int", 0, "stop early after this step; 0: never"),
};

/** `parallel_config` (strict). */
export const parallelConfigKeys: Keys = {
  data_parallel: key("int", 1, "groups of devices that see different data"),
  model_parallel: key("int", 1, "devices that share every layer (tensor parallelism)"),
  context_parallel: key("int", 1, "devices that share one sequence"),
  expert_parallel: key("int", 1, "devices that share the experts; inside data · model"),
  pipeline_stage: key("int", 1, "groups of layers, one after the other"),
  micro_batch_num: key("int", 1, "micro-batches of a step; at least pipeline_stage"),
  seq_split_num: key("int", 1, "parts of a sequence in seqpipe; 1 for mcore"),
  use_seq_parallel: key("bool", false, "share norms and dropouts along the sequence; needs model_parallel > 1"),
  optimizer_shard: key("bool|null", null, "without effect"),
  gradient_aggregation_group: key("int", 4, "gradients that are sent together"),
  vocab_emb_dp: key("bool", true, "embedding not shared by the model-parallel devices"),
  context_parallel_algo: key("string", "colossalai_cp", "colossalai_cp, ulysses_cp or hybrid_cp"),
  ulysses_degree_in_cp: key("int", 1, "Ulysses part of hybrid_cp"),
  mem_coeff: key("float", 0.1, "memory weight of automatic search"),
};

/** `recompute_config` (strict). */
export const recomputeKeys: Keys = {
  recompute: key("bool|list|int", false, "compute activations a second time; lists: layers per stage"),
  select_recompute: key("bool|list|map", false, "only for some operators"),
  select_comm_recompute: key("bool|list|map", false, "only for communication after some operators"),
  parallel_optimizer_comm_recompute: key("bool", false, "gather optimizer-parallel weights a second time"),
  mp_comm_recompute: key("bool", true, "repeat model-parallel communication"),
  recompute_slice_activation: key("bool", false, "store activations in slices; False for mcore"),
  select_recompute_exclude: key("bool|list|map", false, "operators to leave out"),
  select_comm_recompute_exclude: key("bool|list|map", false, "communication to leave out"),
};

/** `swap_config` (strict). */
export const swapKeys: Keys = {
  swap: key("bool", false, "move activations to host memory"),
  layer_swap: key("list|null", null, "layers to move"),
  op_swap: key("list|map|null", null, "operators to move"),
  default_prefetch: key("int", 1, "how early they come back"),
};

const format = "log, tensorboard, both in a list, or null";

/** `monitor_config` (strict). */
export const monitorKeys: Keys = {
  monitor_on: key("bool", false, "record the metrics below"),
  dump_path: key("string", "./dump", "folder for device dumps"),
  target: key("list|string|null", null, "patterns of parameter names"),
  invert: key("bool", false, "all parameters but the target"),
  step_interval: key("int", 1, "steps between records"),
  local_loss_format: key("string|list|null", null, format),
  local_norm_format: key("string|list|null", null, format),
  device_local_norm_format: key("string|list|null", null, format),
  device_local_loss_format: key("string|list|null", null, format),
  optimizer_state_format: key("string|list|null", null, format),
  weight_state_format: key("string|list|null", null, format),
  max_attention_logit_format: key("string|list|null", null, format),
  throughput_baseline: key("float|null", null, "tokens per second per device to compare with"),
  print_struct: key("bool", false, "print the model's structure"),
  check_for_global_norm: key("bool", false, "stop when the gradient norm jumps"),
  global_norm_spike_threshold: key("float", 3, "norm that counts as a jump"),
  global_norm_spike_count_threshold: key("int", 10, "jumps in a row"),
  stable_rank_config: key("map|null", null, "stable rank of weights"),
  health_checkpoint: key("map|null", null, "limits for sound checkpoints"),
};

/** `parallel`: handed to MindSpore's auto-parallel context. */
export const parallelKeys: Keys = {
  parallel_mode: key("int|string", 1, "0 data parallel, 1 semi-automatic, 2 automatic, 3 hybrid"),
  full_batch: key("bool", true, "every rank reads the whole batch"),
  dataset_strategy: key("list|string", undefined, "how each column is divided; first number = data_parallel"),
  search_mode: key("string", "sharding_propagation", "search of automatic mode"),
  enable_parallel_optimizer: key("bool", false, "divide the optimizer's values among data-parallel devices"),
  parallel_optimizer_config: key("map", undefined, "how the optimizer's values are divided"),
  gradients_mean: key("bool", false, "average gradients; True in data-parallel mode"),
  enable_alltoall: key("bool", false, "all-to-all between experts"),
  strategy_ckpt_save_file: key("string", "./ckpt_strategy.ckpt", "name of the strategy file"),
  strategy_ckpt_config: key("map", undefined, "strategy file"),
  pipeline_config: key("map", undefined, "pipeline schedule"),
  ...plainKeys([
    "bool: auto_pipeline loss_repeated_mean all_reduce_fusion_config",
    "string|null: strategy_ckpt_load_file auto_parallel_search_mode",
    "map|list: comm_fusion",
    "int: device_num global_rank pipeline_stages",
    "map: dump_local_norm_path",
  ]),
};

export const parallelOptimizerKeys: Keys = {
  gradient_accumulation_shard: key("bool", false, "divide accumulated gradients too"),
  parallel_optimizer_threshold: key("int", 64, "KB; smaller values are not divided"),
  optimizer_weight_shard_size: key("int", -1, "devices that share; -1: all data-parallel ones"),
};

export const pipelineKeys: Keys = {
  pipeline_interleave: key("bool", false, "stages hold several blocks of layers"),
  pipeline_scheduler: key("string", "1f1b", "1f1b, gpipe, seqpipe, seqvpp, seqsmartvpp or zero_bubble_v"),
};

export const strategyKeys: Keys = {
  save_file: key("string", "./ckpt_strategy.ckpt", "name of the strategy file"),
  only_trainable_params: key("bool", true, "leave frozen parameters out"),
  ...plainKeys(["string|null: load_file"]),
};

/** `context`: handed to MindSpore's context. */
export const contextKeys: Keys = {
  mode: key("int|string", 0, "0 compiled graph, 1 PyNative"),
  device_target: key("string", "Ascend", "Ascend or CPU"),
  device_id: key("int", 0, "device of a single worker"),
  max_device_memory: key("string", "58GB", "memory that MindSpore may use on a device"),
  mempool_block_size: key("string", "1GB", "step in which memory is taken"),
  memory_optimize_level: key("string", "O0", "O0 or O1"),
  max_call_depth: key("int", 10000, "depth of graph calls"),
  save_graphs: key("bool|int", false, "write compiler graphs"),
  save_graphs_path: key("string", undefined, "folder for them"),
  jit_config: key("map", undefined, "jit_level: O0, O1 or O2"),
  ascend_config: key("map", undefined, "settings of the Ascend backend"),
  dataset_broadcast_opt_level: key("int", 3, "which ranks read real data"),
  use_graceful_exit: key("bool", false, "save and stop when the exit file says so"),
  ...plainKeys([
    "any: affinity_cpu_list affinity_config save_dump_path print_file_path env_config_path runtime_num_threads",
    "bool: enable_graph_kernel deterministic reserve_class_name_in_scope pynative_synchronize enable_compile_cache",
    "string: graph_kernel_flags compile_cache_path precompile_only",
  ]),
};

export const jitKeys: Keys = { jit_level: key("string", "O0", "O0, O1 or O2") };

export const ascendKeys: Keys = plainKeys([
  "string: precision_mode parallel_speed_up_json_path jit_compile host_scheduling_max_threshold",
  "bool: atomic_clean_policy matmul_allow_hf32 conv_allow_hf32",
  "any: exception_dump op_precision_mode op_debug_option ge_options",
]);
