import { type Keys, key, newKeys } from "./key.js";

const filled = "set by MindFormers";

const lossMonitor: Keys = {
  per_print_times: key("int", 1, "steps between log lines"),
  learning_rate: key("any", null, filled),
  micro_batch_num: key("int", 1, filled),
  micro_batch_interleave_num: key("int", 1, filled),
  origin_epochs: key("int|null", null, filled),
  dataset_size: key("int|null", null, filled),
  initial_epoch: key("int", 0, filled),
  initial_step: key("int", 0, filled),
  global_batch_size: key("int", 0, filled),
  gradient_accumulation_steps: key("int", 1, filled),
  check_for_nan_in_loss_and_grad: key("bool", false, "stop at NaN"),
  calculate_per_token_loss: key("bool", false, filled),
  print_separate_loss: key("bool", false, "also log the parts of the loss"),
};

const checkpointMonitor: Keys = newKeys(
  {
    prefix: key("string", "CKP", "prefix of file names; must not contain rank"),
    directory: key("string|null", null, "folder; default: output_dir"),
    save_checkpoint_steps: key("int", 1, "steps between checkpoints"),
    save_checkpoint_seconds: key("int", 0, "seconds between checkpoints"),
    keep_checkpoint_max: key("int", 5, "checkpoints to keep"),
    keep_checkpoint_per_n_minutes: key("int", 0, "keep one checkpoint per this many minutes"),
    integrated_save: key("bool", true, "merge slices into whole tensors; False when parallel"),
    save_network_params: key("bool", false, "also save the weights alone"),
    save_trainable_params: key("bool", false, "also save the trainable weights alone"),
    async_save: key("bool|string", false, "save in the background"),
    exception_save: key("bool", false, "save when training fails"),
    checkpoint_format: key("string", "ckpt", "safetensors or ckpt"),
    remove_redundancy: key("bool", false, "store each value on one rank only"),
    embedding_local_norm_threshold: key("float", 1, "largest local norm of the embedding in a healthy checkpoint"),
    save_optimizer: key("bool", true, "also save the optimizer state, needed to resume"),
    config: key("any", null, filled),
    saved_network: key("any", null, filled),
    append_info: key("any", null, filled),
    enc_key: key("any", null, "encryption key"),
    enc_mode: key("string", "AES-GCM", "encryption mode"),
    global_batch_size: key("int|null", null, filled),
    embedding_size: key("int", 4096, filled),
    use_checkpoint_health_monitor: key("bool", false, "record which checkpoints are healthy"),
    health_ckpts_record_dir: key("string", "./output", "folder for that record"),
    use_legacy_format: key("bool", true, filled),
  },
  ["save_optimizer"],
);

const expertBias: Keys = {
  balance_via_topk_bias: key("bool", false, "balance experts with a bias"),
  topk_bias_update_rate: key("float", 0, "update step of that bias"),
  expert_num: key("int", 1, "experts"),
  micro_batch_num: key("int", 1, "set it in parallel_config"),
  gradient_accumulation_steps: key("int", 1, "set it in runner_config"),
};

const dropRate: Keys = {
  expert_num: key("int", undefined, "experts"),
  capacity_factor: key("float", undefined, "expert capacity, relative to the mean number of tokens"),
  num_layers: key("int", undefined, "layers"),
  mtp_depth: key("int", undefined, "multi-token prediction layers"),
};

const profileMonitor: Keys = {
  start_step: key("int", 1, "first profiled step"),
  stop_step: key("int", 10, "last profiled step"),
  output_path: key("string|null", null, "folder; default: output_dir/profile"),
  start_profile: key("bool", true, "profile from the start"),
  profile_rank_ids: key("list|null", null, "ranks to profile"),
  profile_pipeline: key("bool", false, "profile one rank of every stage"),
  profile_communication: key("bool", false, "profile communication"),
  profile_memory: key("bool", false, "profile memory"),
  config: key("any", null, filled),
  profiler_level: key("int|null", 0, "depth of the profile"),
  with_stack: key("bool", false, "Python stacks"),
  data_simplification: key("bool", true, "delete raw data afterwards"),
  mstx: key("bool", false, "mark steps for msprof"),
};

const expertLoad: Keys = {
  moe_config: key("any", null, filled),
  hidden_size: key("int|null", null, filled),
  ffn_hidden_size: key("int|null", null, filled),
  expert_parallel: key("int|null", null, filled),
  model_parallel: key("int|null", null, filled),
  save_checkpoint_steps: key("int|null", null, filled),
};

const stressDetect: Keys = {
  detection_interval: key("int|null", null, "steps between hardware tests"),
  num_detections: key("int|null", null, "number of tests"),
  dataset_size: key("int|null", null, filled),
};

const stressTest: Keys = {
  interval_steps: key("int", 10, "steps between tests"),
  stress_model_dir: key("string|null", null, "configuration of the test model"),
  stress_dataset_dir: key("string|null", null, "data of the test model"),
  compare_interval_steps: key("int|null", null, "steps between comparisons"),
  stress_master_port: key("int", 8338, "port of the test's scheduler"),
  stress_test_log_dir: key("string", "test_output/stress_test_output1/msrun_log", "folder for its logs"),
  check_stresslog_interval_time: key("int", 60, "seconds between checks of the logs"),
};

const silentErrors: Keys = {
  initial_step: key("int", 0, filled),
  step_interval: key("int", 10, "steps between checks"),
  strike_window_time: key("int", 480, "minutes in which strikes count"),
  strike_num: key("int", 3, "strikes that start a checksum"),
  checksum_time: key("int", 5, "duration of a checksum in minutes"),
  checksum_cooldown_time: key("int", 180, "minutes until the next checksum"),
};

const relocation: Keys = {
  config: key("any", null, filled),
  print_expert_load: key("bool", false, "log the tokens of every expert"),
  manager: key("any", null, filled),
  enable_expert_relocation: key("bool", false, "move experts between devices"),
  expert_relocation_initial_iteration: key("int", 20, "first step that may move experts"),
  expert_relocation_freq: key("int", 50, "steps between moves"),
  save_checkpoint_steps: key("int|null", null, filled),
};

const stateMonitor: Keys = {
  origin_epochs: key("int", undefined, filled),
  config: key("any", null, "settings of monitor_config"),
  step_interval: key("int", 1, "steps between records"),
  dataset_size: key("int|null", null, filled),
  initial_epoch: key("int", 0, filled),
  initial_step: key("int", 0, filled),
  micro_batch_num: key("int", 0, filled),
  global_batch_size: key("int", 0, filled),
  tensor_model_parallel_size: key("int", 0, filled),
  check_for_nan_in_loss_and_grad: key("bool", false, "stop at NaN"),
  use_skip_data_by_global_norm: key("bool", false, "skip a batch whose gradient norm spikes"),
  embedding_size: key("int", 4096, filled),
  use_local_norm: key("bool", false, "record the norm of every parameter"),
};

const gracefulExit: Keys = {
  save_ckpt: key("bool", true, "save a checkpoint before the exit"),
  save_mindir: key("bool", false, "save the compiled graph"),
  file_name: key("string", "Net", "prefix of file names"),
  directory: key("string", "..", "folder for saved files"),
  config_file: key("string|null", null, "file that requests the exit"),
  sig: key("any", 15, "signal that requests the exit"),
};

/** `callbacks`, by type. */
export const callbackKeys: Readonly<Record<string, Keys>> = {
  MFLossMonitor: lossMonitor,
  CheckpointMonitor: checkpointMonitor,
  TopkBiasBalanceCallback: expertBias,
  MoEDropRateCallback: dropRate,
  ProfileMonitor: profileMonitor,
  ColdHotExpertMonitor: expertLoad,
  StressDetectCallBack: stressDetect,
  StressTestModelMonitor: stressTest,
  SDCMonitor: silentErrors,
  MaxLogitsMonitor: {},
  ExpertMigrateCallback: relocation,
  TrainingStateMonitor: stateMonitor,
  TrainCallBack: { stop_step: key("int|null", null, "stop after this step") },
  EvalCallBack: {
    eval_func: key("any", undefined, filled),
    step_interval: key("int", 100, "steps between evaluations"),
    epoch_interval: key("int", -1, "epochs between evaluations"),
  },
  OnRequestExit: gracefulExit,
};
