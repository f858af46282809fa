import { type Keys, key, plainKeys } from "./key.js";

/** `train_dataset` and `train_dataset_task.dataset_config`. */
export const datasetKeys: Keys = {
  data_loader: key("map", undefined, "where the samples come from"),
  input_columns: key("list", undefined, "columns that the loader gives"),
  construct_args_key: key("list", undefined, "columns that the model takes"),
  num_parallel_workers: key("int", 8, "threads that prepare batches"),
  python_multiprocessing: key("bool", false, "processes instead of threads"),
  drop_remainder: key("bool", true, "drop the last batch if it is not full"),
  numa_enable: key("bool", false, "bind to memory nodes"),
  prefetch_size: key("int", 1, "batches prepared in advance"),
  seed: key("int", undefined, "order of the samples in other loaders"),
  ...plainKeys([
    "int: batch_size repeat num_samples eod_token_id num_shards shard_id auto_tune autotune_per_step filepath_prefix",
    "bool: do_eval eod_reset dynamic_batch profile shuffle use_generator",
    "map: tokenizer input_output_config",
    "list: output_columns divisor remainder",
    "string: token_monitor_config",
    "any: data_sampler text_col padding_side mask_policy",
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
  sizes: key("list", undefined, "samples for training, validation and test"),
  config: key("map", undefined, "settings of GPTDataset"),
  shuffle: key("bool", false, "shuffle once more"),
};

/** `train_dataset.data_loader.config`: settings of GPTDataset. Others are ignored without a word. */
export const gptDatasetKeys: Keys = {
  seed: key("int", 1234, "order of the samples"),
  seq_length: key("int", undefined, "tokens of a sample; equals the model's seq_length"),
  data_path: key("list|string", undefined, "prefixes without .bin, or weight and prefix in turns"),
  split: key("string|list|null", undefined, "shares for training, validation and test"),
  train_data_path: key("list|null", undefined, "prefixes for training, instead of data_path and split"),
  valid_data_path: key("list|null", undefined, "prefixes for validation"),
  test_data_path: key("list|null", undefined, "prefixes for test"),
  num_dataset_builder_threads: key("int", 1, "threads that build the index"),
  path_to_cache: key("string|null", null, "folder for the index; default: beside the data"),
  mmap_bin_files: key("bool|null", null, "map the files instead of reading them"),
  reset_position_ids: key("bool", false, "count positions anew after every document"),
  reset_attention_mask: key("bool", false, "documents don't see each other"),
  eod_mask_loss: key("bool", false, "no loss at the end of a document"),
  create_attention_mask: key("bool", true, "give a full mask to the model"),
  create_compressed_eod_mask: key("bool", false, "give the ends of documents instead of a mask"),
  eod_pad_length: key("int", 128, "most documents in one sample, for the compressed mask"),
  compressed_eod_mask_length: key("int", 128, "the same as eod_pad_length"),
  eod: key("int", -1, "token that ends a document"),
  pad: key("int", -1, "token that fills up"),
  drop_last_partial_validation_sequence: key("bool", true, "drop the last short sample"),
  add_extra_token_to_sequence: key("bool", true, "read one token more, for the labels"),
  ...plainKeys(["string|null: s3_cache_path", "any: tokenizer renormalize_blend_weights"]),
};

const warmup: Keys = {
  warmup_steps: key("int|null", null, "steps with a rising rate"),
  warmup_ratio: key("float|null", null, "the same as a share of total_steps"),
  warmup_lr_init: key("float", 0, "rate at the first step"),
};

/** `lr_schedule`, all types together. */
export const scheduleKeys: Keys = {
  type: key("string", "CosineWithWarmUpLR", "shape of the learning rate"),
  learning_rate: key("float", 5e-5, "highest rate"),
  lr_end: key("float", 0, "last rate"),
  total_steps: key("int|null", -1, "steps that the shape covers; -1: the whole run"),
  ...warmup,
  ...plainKeys([
    "float|null: num_cycles power lr_end1 lr_end2 decay_ratio decay_start_ratio base_lr eta_min lr_scale",
    "int|null: decay_steps keep_steps final_steps decay_start_steps t_max t_0 t_mult",
  ]),
};

/** `optimizer`, all types together. */
export const optimizerKeys: Keys = {
  type: key("string", "AdamW", "AdamW, FusedAdamW, PmaAdamW, FusedPmaAdamW, Muon or Came"),
  learning_rate: key("float|null", 5e-5, "used without lr_schedule"),
  betas: key("list", [0.9, 0.999], "decay of both moments"),
  eps: key("float|list", 1e-8, "keeps the division stable"),
  weight_decay: key("float", 0, "pull towards zero"),
  swap: key("bool", false, "moments rest in host memory"),
  ...plainKeys([
    "bool: amsgrad maximize nesterov scale_parameter relative_step warmup_init compression",
    "int: fused_num interleave_step ns_steps",
    "string: fused_algo",
    "float: ema_alpha matched_adamw_rms momentum adamw_eps qk_clip_threshold clip_threshold decay_rate beta1 beta3 loss_scale",
    "list: adamw_betas",
  ]),
};

/** `runner_wrapper`. */
export const wrapperKeys: Keys = {
  type: key("string", "MFTrainOneStepCell", "cell that does one step"),
  scale_sense: key("float|int|map", undefined, "loss scale; 1.0 for bfloat16"),
  use_clip_grad: key("bool", true, "limit the gradient's norm"),
  max_grad_norm: key("float", 1, "the limit"),
  ...plainKeys([
    "bool: local_norm calculate_per_token_loss",
    "int: micro_batch_num",
    "float: global_norm_spike_threshold",
  ]),
};

/** `callbacks`, by type. */
export const callbackKeys: Readonly<Record<string, Keys>> = {
  MFLossMonitor: {
    per_print_times: key("int", 1, "steps between lines"),
    ...plainKeys([
      "any: learning_rate",
      "int: micro_batch_num micro_batch_interleave_num origin_epochs dataset_size initial_epoch initial_step",
    ]),
    ...plainKeys([
      "int: global_batch_size gradient_accumulation_steps",
      "bool: check_for_nan_in_loss_and_grad calculate_per_token_loss print_separate_loss",
    ]),
  },
  CheckpointMonitor: {
    prefix: key("string", "CKP", "beginning of file names; without the word rank"),
    directory: key("string|null", null, "folder; default: output_dir"),
    save_checkpoint_steps: key("int", 1, "steps between checkpoints"),
    save_checkpoint_seconds: key("int", 0, "seconds between checkpoints"),
    keep_checkpoint_max: key("int", 5, "checkpoints to keep"),
    keep_checkpoint_per_n_minutes: key("int", 0, "keep one per so many minutes"),
    integrated_save: key("bool", true, "put slices together; False when parallel"),
    save_network_params: key("bool", false, "also the weights alone"),
    save_trainable_params: key("bool", false, "also the trainable weights alone"),
    async_save: key("bool|string", false, "write while training goes on"),
    exception_save: key("bool", false, "save when training fails"),
    checkpoint_format: key("string", "ckpt", "safetensors or ckpt"),
    remove_redundancy: key("bool", false, "each value is stored by one rank only"),
    embedding_local_norm_threshold: key("float", 1, "limit for a sound checkpoint"),
    save_optimizer: key("bool", true, "moments as well, needed to resume"),
    ...plainKeys([
      "any: config saved_network append_info enc_key enc_mode health_ckpts_record_dir",
      "bool: use_checkpoint_health_monitor use_legacy_format",
      "int: global_batch_size embedding_size",
    ]),
  },
  TopkBiasBalanceCallback: plainKeys([
    "bool: balance_via_topk_bias",
    "float: topk_bias_update_rate",
    "int: expert_num micro_batch_num gradient_accumulation_steps",
  ]),
  MoEDropRateCallback: plainKeys(["int: expert_num num_layers mtp_depth", "float: capacity_factor"]),
  OnRequestExit: plainKeys(["bool: save_ckpt save_mindir", "string: file_name directory config_file", "any: sig"]),
};

/** `tensorboard`. */
export const tensorboardKeys: Keys = plainKeys([
  "string: tensorboard_dir",
  "int: tensorboard_queue_size",
  "bool: log_loss_scale_to_tensorboard log_timers_to_tensorboard log_expert_load_to_tensorboard",
]);

/** `checkpoint`: its presence chooses the new checkpoint format. */
export const checkpointKeys: Keys = plainKeys([
  "string|null: load_path save_path prefix",
  "bool: load_balanced no_load_optim no_save_optim save_remove_redundancy async_save",
  "int: reshard_worker_num save_max save_interleaved_steps",
]);

export const trainerKeys: Keys = {
  type: key("string", undefined, "CausalLanguageModelingTrainer for pre-training"),
  model_name: key("string", undefined, "name in logs"),
};
