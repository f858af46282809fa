import { type Keys, key, newKeys, plainKeys } from "./key.js";

/** `train_dataset` and `train_dataset_task.dataset_config`. */
export const datasetKeys: Keys = {
  data_loader: key("map", undefined, "where the samples come from"),
  input_columns: key("list", undefined, "columns that the loader gives"),
  construct_args_key: key("list", undefined, "columns that the model takes"),
  num_parallel_workers: key("int", 8, "threads that prepare batches"),
  python_multiprocessing: key("bool", false, "processes instead of threads"),
  drop_remainder: key("bool", true, "drop the last batch if it is not full"),
  numa_enable: key("bool", false, "bind to NUMA nodes"),
  prefetch_size: key("int", 1, "batches prepared in advance"),
  seed: key("int", undefined, "order of the samples in other loaders"),
  batch_size: key("int", undefined, "set it in runner_config"),
  repeat: key("int", undefined, "passes over the data within an epoch"),
  do_eval: key("bool", undefined, "the data are for evaluation"),
  eod_reset: key("bool", undefined, "reset positions and mask at the end of a document"),
  eod_token_id: key("int", undefined, "token that ends a document"),
  dynamic_batch: key("bool", undefined, "samples of different lengths"),
  shuffle: key("bool", undefined, "shuffle the samples"),
  tokenizer: key("map", undefined, "tokenizer of other loaders"),
  ...plainKeys([
    "int: num_samples num_shards shard_id autotune_per_step micro_batch_num max_seq_length",
    "bool: profile use_generator auto_tune ignore_pad_token_for_loss",
    "map: input_output_config",
    "list: output_columns divisor remainder",
    "string: token_monitor_config filepath_prefix",
    "any: data_sampler text_col padding_side mask_policy token_monitor",
  ]),
};

export const datasetTaskKeys: Keys = {
  type: key("string", undefined, "CausalLanguageModelDataset for pre-training"),
  dataset_config: key("map", undefined, "the settings of train_dataset, mostly as *train_dataset"),
};

/** `train_dataset.data_loader` of Megatron data. */
export const megatronLoaderKeys: Keys = {
  type: key("string", undefined, "BlendedMegatronDatasetDataLoader"),
  datasets_type: key("string", undefined, "GPTDataset"),
  sizes: key("list", undefined, "samples for training, validation, and test"),
  config: key("map", undefined, "settings of GPTDataset"),
  shuffle: key("bool", false, "shuffle again"),
  tokenizer: key("any", null, "for data that are tokenized while training"),
  column_names: key("list|null", null, "names of the columns"),
  num_shards: key("int|null", null, "set by MindFormers"),
  shard_id: key("int|null", null, "set by MindFormers"),
  phase: key("string", "train", "train, valid, or test"),
};

/** `train_dataset.data_loader.config`: settings of GPTDataset. Others are silently ignored. */
export const gptDatasetKeys: Keys = {
  seed: key("int", 1234, "order of the samples"),
  seq_length: key("int", undefined, "tokens of a sample; equals the model's seq_length"),
  data_path: key("list|string|null", null, "prefixes without .bin, or alternating weights and prefixes"),
  split: key("string|list|null", null, "shares for training, validation, and test"),
  train_data_path: key("list|null", null, "prefixes for training, instead of data_path and split"),
  valid_data_path: key("list|null", null, "prefixes for validation"),
  test_data_path: key("list|null", null, "prefixes for test"),
  num_dataset_builder_threads: key("int", 1, "threads that build the index"),
  path_to_cache: key("string|null", null, "folder for the index; default: beside the data"),
  mmap_bin_files: key("bool|null", null, "memory-map the files instead of reading them"),
  reset_position_ids: key("bool", false, "restart positions after every document"),
  reset_attention_mask: key("bool", false, "documents don't attend to each other"),
  eod_mask_loss: key("bool", false, "no loss at the end of a document"),
  create_attention_mask: key("bool", true, "give a full mask to the model"),
  create_compressed_eod_mask: key("bool", false, "give the ends of documents instead of a mask"),
  eod_pad_length: key("int", 128, "most documents in one sample, for the compressed mask"),
  compressed_eod_mask_length: key("int", 128, "the same as eod_pad_length"),
  eod: key("int", -1, "token that ends a document"),
  pad: key("int", -1, "padding token"),
  drop_last_partial_validation_sequence: key("bool", true, "drop the last short sample"),
  add_extra_token_to_sequence: key("bool", true, "read one token more, for the labels"),
  s3_cache_path: key("string|null", null, "folder for data from S3"),
  tokenizer: key("any", null, "for data that are tokenized while training"),
};

/** `tensorboard`. */
export const tensorboardKeys: Keys = {
  tensorboard_dir: key("string", undefined, "folder for event files; rank_N is added"),
  tensorboard_queue_size: key("int", 10, "events that are written together"),
  log_loss_scale_to_tensorboard: key("bool", false, "record the loss scale"),
  log_timers_to_tensorboard: key("bool", false, "record step time and throughput"),
  log_expert_load_to_tensorboard: key("bool", false, "record the tokens of every expert"),
};

/** `checkpoint`: its presence chooses the new checkpoint format. */
export const checkpointKeys: Keys = newKeys(
  {
    load_path: key("string|null", "", "checkpoint to start from"),
    load_balanced: key("bool", false, "each rank reads a part of the files"),
    no_load_optim: key("bool", true, "start with a new optimizer state; default: the opposite of resume_training"),
    reshard_worker_num: key("int", 1, "threads that reshard a checkpoint"),
    save_path: key("string|null", undefined, "folder; default: output_dir/checkpoint"),
    save_max: key("int", 5, "checkpoints to keep"),
    save_interleaved_steps: key("int", 1, "steps between checkpoints"),
    no_save_optim: key("bool", false, "don't save the optimizer state"),
    save_remove_redundancy: key("bool", false, "store each value on one rank only"),
    async_save: key("bool", false, "save in the background"),
    prefix: key("string", "CKP", "prefix of file names; must not contain rank"),
  },
  [
    ...["load_path", "load_balanced", "no_load_optim", "reshard_worker_num", "save_path", "save_max"],
    ...["save_interleaved_steps", "no_save_optim", "save_remove_redundancy", "async_save", "prefix"],
  ],
);

export const trainerKeys: Keys = {
  type: key("string", undefined, "CausalLanguageModelingTrainer for pre-training"),
  model_name: key("string", undefined, "name in logs"),
};

/** `grouped_lr_schedule`: learning rates by parameter name. */
export const groupedScheduleKeys: Keys = newKeys(
  {
    default: key("map", undefined, "lr_schedule of all other parameters"),
    grouped: key("list", undefined, "lr_schedule sections, each with params: patterns of parameter names"),
  },
  ["default", "grouped"],
);

/** `model`. */
export const modelSectionKeys: Keys = {
  model_config: key("map", undefined, "the model"),
  arch: key("map", undefined, "class of a legacy model"),
};

/** `metric`, used by evaluation only. */
export const metricKeys: Keys = { type: key("string|null", "PerplexityMetric", "what evaluation measures") };
