// Written from the catalog by path-types.ts. Its test writes it again:
// npx vitest run --config test/vitest.config.ts --project fast unit/config/config-path --update

/** Every path of a configuration that MindFormers 1.9 knows for pre-training (items of lists aside). */
// biome-ignore format: many names
export type KnownConfigPath =
  | "adapter_id" | "auto_trans_ckpt" | "auto_tune" | "autotune_per_step" | "balanced_load" | "base_config"
  | "calculate_per_token_loss" | "callbacks" | "check_for_nan_in_loss_and_grad" | "checkpoint" | "context"
  | "data_simplification" | "data_skip_steps" | "do_eval" | "eval_callbacks" | "eval_dataset" | "eval_dataset_task"
  | "eval_epoch_interval" | "eval_step_interval" | "eval_steps" | "exclude_cann_cpu" | "filepath_prefix"
  | "generation_config" | "grouped_lr_schedule" | "ignore_data_skip" | "infer_precision_sync" | "init_start_profile"
  | "input_data" | "layer_decay" | "layer_scale" | "load_checkpoint" | "load_ckpt_async" | "load_ckpt_format"
  | "lr_scale" | "lr_scale_factor" | "lr_schedule" | "metric" | "micro_batch_interleave_num" | "modal_type" | "model"
  | "moe_config" | "monitor_config" | "mstx" | "only_save_strategy" | "optimizer" | "output_dir" | "parallel"
  | "parallel_config" | "postprocess_use_numpy" | "predict_batch_size" | "pretrained_model_dir"
  | "print_separate_loss" | "processor" | "profile" | "profile_communication" | "profile_level" | "profile_memory"
  | "profile_output" | "profile_pipeline" | "profile_rank_ids" | "profile_start_step" | "profile_stop_step"
  | "profiler_level" | "recompute_config" | "register_path" | "remote_save_path" | "remote_save_url"
  | "remove_redundancy" | "reshard_worker_num" | "resume_training" | "run_mode" | "runner_config" | "runner_wrapper"
  | "save_file" | "seed" | "src_strategy_path_or_dir" | "swap_config" | "tensorboard" | "train_dataset"
  | "train_dataset_task" | "train_precision_sync" | "trainer" | "transform_process_num" | "trust_remote_code"
  | "use_checkpoint_health_monitor" | "use_graceful_exit" | "use_legacy" | "use_legacy_format" | "use_parallel"
  | "use_skip_data_by_global_norm" | "with_stack"
  | `runner_config.${
  | "batch_size" | "epochs" | "gradient_accumulation_steps" | "num_classes" | "sink_mode" | "sink_size" | "stop_step"
    }`
  | `parallel_config.${
  | "context_parallel" | "context_parallel_algo" | "data_parallel" | "expert_parallel" | "gradient_aggregation_group"
  | "mem_coeff" | "micro_batch_num" | "model_parallel" | "optimizer_shard" | "pipeline_stage" | "seq_split_num"
  | "ulysses_degree_in_cp" | "use_seq_parallel" | "vocab_emb_dp"
    }`
  | `recompute_config.${
  | "mp_comm_recompute" | "parallel_optimizer_comm_recompute" | "recompute" | "recompute_slice_activation"
  | "select_comm_recompute" | "select_comm_recompute_exclude" | "select_recompute" | "select_recompute_exclude"
    }`
  | `swap_config.${
  | "default_prefetch" | "layer_swap" | "op_swap" | "swap"
    }`
  | `moe_config.${
  | "aux_loss_factor" | "aux_loss_factors" | "aux_loss_types" | "balance_via_topk_bias" | "callback_moe_droprate"
  | "capacity_factor" | "cold_token_percent" | "comp_comm_parallel" | "comp_comm_parallel_degree" | "cur_layer"
  | "dispatch_global_max_bs" | "enable_cold_hot_expert" | "enable_deredundency" | "enable_gmm_safe_tokens"
  | "enable_sdrop" | "ep_extend_tp" | "expert_group_size" | "expert_model_parallel" | "expert_num"
  | "first_k_dense_replace" | "group_wise_a2a" | "hot_expert_num" | "max_router_load" | "moe_intermediate_size"
  | "moe_module_name" | "moe_shared_expert_overlap" | "n_group" | "norm_topk_prob" | "npu_nums_per_device"
  | "num_experts_chosen" | "routed_scaling_factor" | "router_dense_type" | "routing_policy"
  | "save_token_distribution" | "shared_expert_num" | "topk_bias_update_rate" | "topk_group" | "topk_method"
  | "update_step" | "use_allgather_dispatcher" | "use_fused_ops_permute" | "use_fused_ops_topkrouter"
  | "use_gating_sigmoid" | "use_gmm" | "use_shared_expert_gating" | "z_loss_factor"
    }`
  | `monitor_config.${
  | "check_for_global_norm" | "device_local_loss_format" | "device_local_norm_format" | "dump_path"
  | "global_norm_spike_count_threshold" | "global_norm_spike_threshold" | "health_checkpoint" | "invert"
  | "local_loss_format" | "local_norm_format" | "max_attention_logit_format" | "monitor_on" | "optimizer_state_format"
  | "print_struct" | "stable_rank_config" | "step_interval" | "target" | "throughput_baseline" | "weight_state_format"
    }`
  | `monitor_config.stable_rank_config.${
  | "do_aggregation" | "format" | "moe_show_mode" | "power_iteration_num" | "step_interval" | "target"
    }`
  | `monitor_config.health_checkpoint.${
  | "embedding_local_norm_threshold" | "global_norm_spike_threshold"
    }`
  | `parallel.${
  | "all_reduce_fusion_config" | "auto_parallel_search_mode" | "auto_pipeline" | "comm_fusion" | "dataset_strategy"
  | "device_num" | "dump_local_norm_path" | "enable_alltoall" | "enable_parallel_optimizer" | "full_batch"
  | "global_rank" | "grad_accumulation_step" | "gradient_fp32_sync" | "gradients_mean" | "loss_repeated_mean"
  | "parallel_mode" | "parallel_optimizer_config" | "parameter_broadcast" | "pipeline_config" | "pipeline_stages"
  | "search_mode" | "strategy_ckpt_config" | "strategy_ckpt_load_file" | "strategy_ckpt_save_file"
    }`
  | `parallel.parallel_optimizer_config.${
  | "gradient_accumulation_shard" | "optimizer_weight_shard_size" | "parallel_optimizer_threshold"
    }`
  | `parallel.pipeline_config.${
  | "pipeline_interleave" | "pipeline_scheduler"
    }`
  | `parallel.strategy_ckpt_config.${
  | "load_file" | "only_trainable_params" | "save_file"
    }`
  | `context.${
  | "affinity_config" | "affinity_cpu_list" | "ascend_config" | "auto_tune_mode" | "check_bprop"
  | "compile_cache_path" | "dataset_broadcast_opt_level" | "deterministic" | "device_id" | "device_target"
  | "enable_auto_mixed_precision" | "enable_compile_cache" | "enable_graph_kernel" | "enable_profiling"
  | "enable_reduce_precision" | "enable_sparse" | "env_config_path" | "grad_for_scalar" | "graph_kernel_flags"
  | "jit_config" | "load_compile_cache" | "max_call_depth" | "max_device_memory" | "memory_optimize_level"
  | "mempool_block_size" | "mode" | "monitor_device_local_loss" | "monitor_local_loss" | "precompile_only"
  | "print_file_path" | "profiling_options" | "pynative_synchronize" | "reserve_class_name_in_scope"
  | "runtime_num_threads" | "save_compile_cache" | "save_dump_path" | "save_graphs" | "save_graphs_path"
  | "use_graceful_exit" | "variable_memory_max_size"
    }`
  | `context.jit_config.${
  | "infer_boost" | "jit_level"
    }`
  | `context.ascend_config.${
  | "atomic_clean_policy" | "conv_allow_hf32" | "exception_dump" | "ge_options" | "host_scheduling_max_threshold"
  | "jit_compile" | "matmul_allow_hf32" | "op_debug_option" | "op_precision_mode" | "parallel_speed_up_json_path"
  | "precision_mode"
    }`
  | `trainer.${
  | "model_name" | "type"
    }`
  | `model.${
  | "arch" | "model_config"
    }`
  | `model.model_config.${
  | "activation_func" | "add_bias_linear" | "add_mlp_fc1_bias_linear" | "add_mlp_fc2_bias_linear" | "add_qkv_bias"
  | "apply_query_key_layer_scaling" | "apply_residual_connection_post_layernorm" | "apply_rope_fusion"
  | "architectures" | "attention_bias" | "attention_dropout" | "attention_softmax_in_fp32" | "attn_allgather"
  | "attn_allreduce" | "attn_reduce_scatter" | "auto_map" | "balance_via_topk_bias" | "batch_size" | "beta_fast"
  | "beta_slow" | "bias_dropout_fusion" | "bias_swiglu_fusion" | "block_size" | "bos_token_id"
  | "calculate_per_token_loss" | "callback_moe_droprate" | "capacity_factor" | "checkpoint_name_or_path" | "coeff"
  | "comp_comm_parallel" | "comp_comm_parallel_degree" | "compute_dtype" | "context_parallel"
  | "context_parallel_algo" | "context_parallel_size" | "cp_comm_type" | "cpu_offloading"
  | "cpu_offloading_num_layers" | "data_parallel" | "data_parallel_size" | "dataset_config" | "decoder_sparse_step"
  | "default_prefetch" | "disable_lazy_inline" | "dispatch_global_max_bs" | "dsa_indexer_head_dim"
  | "dsa_indexer_loss_coeff" | "dsa_indexer_n_heads" | "dsa_indexer_topk" | "dsa_indexer_use_sparse_loss" | "dtype"
  | "enable_expert_relocation" | "enable_gmm_safe_tokens" | "enable_sdrop" | "eos_token_id" | "ep_size"
  | "experimental_attention_variant" | "expert_model_parallel" | "expert_model_parallel_size" | "expert_num"
  | "expert_parallel" | "expert_relocation_freq" | "expert_relocation_initial_iteration"
  | "expert_tensor_parallel_size" | "extend_method" | "factor" | "ffn_allgather" | "ffn_allreduce"
  | "ffn_dim_multiplier" | "ffn_hidden_size" | "ffn_reduce_scatter" | "first_k_dense_replace"
  | "fp16_lm_cross_entropy" | "fp32_residual_connection" | "fused_norm" | "gated_linear_unit"
  | "gradient_aggregation_group" | "group_wise_a2a" | "head_dim" | "hidden_act" | "hidden_dropout" | "hidden_size"
  | "hierarchical_context_parallel_sizes" | "ignore_token_id" | "index_head_dim" | "index_n_heads" | "index_topk"
  | "init_method" | "init_method_std" | "initializer_range" | "input_layout" | "input_sliced_sig"
  | "intermediate_size" | "is_dynamic" | "kv_channels" | "kv_lora_rank" | "layer_norm_epsilon" | "layer_swap"
  | "layer_types" | "layernorm_compute_dtype" | "layernorm_epsilon" | "mask_func_type" | "max_position_embeddings"
  | "max_window_layers" | "micro_batch_num" | "mindformers_version" | "mla_qkv_concat" | "mlp_only_layers"
  | "model_architecture" | "model_parallel" | "model_type" | "moe_apply_probs_on_input" | "moe_aux_loss_coeff"
  | "moe_config" | "moe_expert_capacity_factor" | "moe_ffn_hidden_size" | "moe_grouped_gemm" | "moe_intermediate_size"
  | "moe_layer_freq" | "moe_permute_fusion" | "moe_router_bias_update_rate" | "moe_router_dtype"
  | "moe_router_enable_expert_bias" | "moe_router_force_expert_balance" | "moe_router_fusion"
  | "moe_router_group_topk" | "moe_router_load_balancing_type" | "moe_router_num_groups" | "moe_router_pre_softmax"
  | "moe_router_score_function" | "moe_router_topk" | "moe_router_topk_scaling_factor"
  | "moe_shared_expert_intermediate_size" | "moe_shared_expert_overlap" | "moe_token_dispatcher_type"
  | "moe_token_drop_policy" | "moe_z_loss_coeff" | "monitor_config" | "mp_comm_recompute" | "mscale"
  | "mscale_all_dim" | "mtp_depth" | "mtp_loss_factor" | "mtp_loss_scaling_factor" | "mtp_num_layers"
  | "multi_latent_attention" | "multiple_of" | "n_group" | "n_head" | "n_kv_heads" | "n_layer" | "n_routed_experts"
  | "n_shared_experts" | "nope_layer_interval" | "norm_topk_prob" | "normalization" | "npu_nums_per_device"
  | "num_attention_heads" | "num_blocks" | "num_decoder_layers" | "num_encoder_layers" | "num_experts"
  | "num_experts_chosen" | "num_experts_per_tok" | "num_heads" | "num_hidden_layers" | "num_key_value_heads"
  | "num_layers" | "num_moe_experts" | "num_nextn_predict_layers" | "num_query_groups" | "offset" | "op_swap"
  | "original_max_position_embeddings" | "output_layer_init_method" | "output_router_logits" | "pad_token_id"
  | "parallel_config" | "parallel_optimizer_comm_recompute" | "param_init_std_rules" | "param_init_type"
  | "params_dtype" | "partial_rotary_factor" | "pet_config" | "pipeline_model_parallel_size" | "pipeline_stage"
  | "position_embedding_type" | "post_process" | "pp_interleave_num" | "pre_process" | "print_expert_load"
  | "print_separate_loss" | "q_lora_rank" | "qk_head_dim" | "qk_layernorm" | "qk_nope_head_dim"
  | "qk_pos_emb_head_dim" | "qk_rope_head_dim" | "qkv_concat" | "qkv_has_bias" | "quantization_config" | "recompute"
  | "recompute_slice_activation" | "return_extra_loss" | "rms_norm_eps" | "rope_scaling" | "rope_theta" | "rope_type"
  | "rotary_base" | "rotary_cos_format" | "rotary_dtype" | "rotary_interleaved" | "rotary_percent"
  | "rotary_scaling_factor" | "rotary_seq_len_interpolation_factor" | "routed_scaling_factor" | "router_aux_loss_coef"
  | "router_dense_type" | "sandwich_norm" | "scaling_factor" | "scoring_func" | "select_comm_recompute"
  | "select_comm_recompute_exclude" | "select_recompute" | "select_recompute_exclude" | "seq_length" | "seq_split_num"
  | "sequence_parallel" | "shared_expert_num" | "sliding_window" | "softmax_compute_dtype" | "softmax_scale"
  | "sparse_mode" | "swap" | "tensor_model_parallel_size" | "theta" | "tie_word_embeddings" | "tokenizer_class"
  | "topk_bias_update_rate" | "topk_group" | "topk_method" | "torch_dtype" | "track_max_attention_logit"
  | "transformers_version" | "type" | "ulysses_degree_in_cp" | "untie_embeddings_and_output_weights"
  | "use_alibi_mask" | "use_alltoall" | "use_attention_mask" | "use_attn_mask_compression" | "use_cache"
  | "use_contiguous_weight_layout_attention" | "use_eod_attn_mask_compression" | "use_eod_reset"
  | "use_flash_attention" | "use_fused_mla" | "use_fused_ops_permute" | "use_fused_ops_topkrouter" | "use_fused_rope"
  | "use_fused_swiglu" | "use_gating_sigmoid" | "use_gmm" | "use_interleaved_weight_layout_mlp" | "use_pad_tokens"
  | "use_past" | "use_qk_norm" | "use_ring_attention" | "use_rope_scaling" | "use_seq_parallel"
  | "use_shared_expert_gating" | "use_sliding_window" | "v_head_dim" | "virtual_pipeline_model_parallel_size"
  | "vocab_emb_dp" | "vocab_size" | "window_attn_skip_freq" | "window_size" | "z_loss_factor"
    }`
  | `train_dataset.${
  | "auto_tune" | "autotune_per_step" | "batch_size" | "construct_args_key" | "data_loader" | "data_sampler"
  | "divisor" | "do_eval" | "drop_remainder" | "dynamic_batch" | "eod_reset" | "eod_token_id" | "filepath_prefix"
  | "ignore_pad_token_for_loss" | "input_columns" | "input_output_config" | "mask_policy" | "max_seq_length"
  | "micro_batch_num" | "num_parallel_workers" | "num_samples" | "num_shards" | "numa_enable" | "output_columns"
  | "padding_side" | "prefetch_size" | "profile" | "python_multiprocessing" | "remainder" | "repeat" | "seed"
  | "shard_id" | "shuffle" | "text_col" | "token_monitor" | "token_monitor_config" | "tokenizer" | "use_generator"
    }`
  | `train_dataset.data_loader.${
  | "column_names" | "config" | "datasets_type" | "num_shards" | "phase" | "shard_id" | "shuffle" | "sizes"
  | "tokenizer" | "type"
    }`
  | `train_dataset.data_loader.config.${
  | "add_extra_token_to_sequence" | "compressed_eod_mask_length" | "create_attention_mask"
  | "create_compressed_eod_mask" | "data_path" | "drop_last_partial_validation_sequence" | "eod" | "eod_mask_loss"
  | "eod_pad_length" | "mmap_bin_files" | "num_dataset_builder_threads" | "pad" | "path_to_cache"
  | "reset_attention_mask" | "reset_position_ids" | "s3_cache_path" | "seed" | "seq_length" | "split"
  | "test_data_path" | "tokenizer" | "train_data_path" | "valid_data_path"
    }`
  | `train_dataset_task.${
  | "dataset_config" | "type"
    }`
  | `optimizer.${
  | "adamw_betas" | "adamw_eps" | "amsgrad" | "beta1" | "beta3" | "betas" | "clip_threshold" | "compression"
  | "decay_rate" | "ema_alpha" | "eps" | "fused_algo" | "fused_num" | "interleave_step" | "learning_rate"
  | "loss_scale" | "matched_adamw_rms" | "maximize" | "momentum" | "nesterov" | "ns_steps" | "qk_clip_threshold"
  | "relative_step" | "scale_parameter" | "swap" | "type" | "use_fused" | "warmup_init" | "weight_decay"
    }`
  | `lr_schedule.${
  | "base_lr" | "decay_ratio" | "decay_start_ratio" | "decay_start_steps" | "decay_steps" | "eta_min" | "final_steps"
  | "keep_steps" | "learning_rate" | "lr_end" | "lr_end1" | "lr_end2" | "lr_scale" | "num_cycles" | "power" | "t_0"
  | "t_max" | "t_mult" | "total_steps" | "type" | "warmup_lr_init" | "warmup_ratio" | "warmup_steps"
    }`
  | `grouped_lr_schedule.${
  | "default" | "grouped"
    }`
  | `runner_wrapper.${
  | "calculate_per_token_loss" | "global_norm_spike_threshold" | "local_norm" | "max_grad_norm" | "micro_batch_num"
  | "print_separate_loss" | "scale_sense" | "type" | "use_clip_grad" | "use_skip_data_by_global_norm"
    }`
  | `metric.${
  | "type"
    }`
  | `tensorboard.${
  | "log_expert_load_to_tensorboard" | "log_loss_scale_to_tensorboard" | "log_timers_to_tensorboard"
  | "tensorboard_dir" | "tensorboard_queue_size"
    }`
  | `checkpoint.${
  | "async_save" | "load_balanced" | "load_path" | "no_load_optim" | "no_save_optim" | "prefix" | "reshard_worker_num"
  | "save_interleaved_steps" | "save_max" | "save_path" | "save_remove_redundancy"
    }`;

/** A path in a configuration: known ones are offered for completion, every other text is accepted as well. */
export type ConfigPath = KnownConfigPath | (string & {});
