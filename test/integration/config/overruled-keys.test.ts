import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { rules as everyRule } from "../../../src/config/every-rule.js";
import { runPython } from "../../support/project-python.js";

/** Keys that MindFormers writes during a start, by the rule that reports a value it would overwrite. */
const byRule: Readonly<Record<string, string>> = {
  "overruled-key":
    "auto_tune balanced_load data_skip_steps eval_dataset.auto_tune eval_dataset.autotune_per_step " +
    "eval_dataset.batch_size eval_dataset.do_eval eval_dataset.filepath_prefix eval_dataset.profile " +
    "eval_dataset.seed load_checkpoint lr_schedule.warmup_steps model.model_config.attention_dropout " +
    "model.model_config.attention_softmax_in_fp32 model.model_config.checkpoint_name_or_path " +
    "model.model_config.disable_lazy_inline model.model_config.input_layout " +
    "model.model_config.max_position_embeddings model.model_config.nope_layer_interval " +
    "model.model_config.position_embedding_type model.model_config.rotary_scaling_factor " +
    "model.model_config.sparse_mode model.model_config.track_max_attention_logit " +
    "model.model_config.use_eod_attn_mask_compression model.model_config.vocab_emb_dp moe_config " +
    "monitor_config.health_checkpoint.embedding_local_norm_threshold optimizer.learning_rate " +
    "parallel.pipeline_stages parallel_config.vocab_emb_dp runner_config.sink_size " +
    "runner_wrapper.calculate_per_token_loss runner_wrapper.micro_batch_num train_dataset.auto_tune " +
    "train_dataset.autotune_per_step train_dataset.batch_size train_dataset.do_eval " +
    "train_dataset.filepath_prefix train_dataset.micro_batch_num train_dataset.profile train_dataset.seed " +
    "train_dataset_task.dataset_config use_legacy_format",
  "idle-axes":
    "parallel_config.context_parallel parallel_config.data_parallel parallel_config.expert_parallel " +
    "parallel_config.model_parallel parallel_config.pipeline_stage parallel_config.use_seq_parallel",
  "micro-batches": "parallel_config.micro_batch_num",
  accumulation: "runner_config.gradient_accumulation_steps",
  "dataset-strategy": "parallel.dataset_strategy parallel.full_batch",
  resume: "resume_training",
  debugging: "profile_start_step profile_stop_step",
  "unknown-key":
    "runner_config.global_batch_size runner_config.initial_epoch runner_config.initial_step " +
    "runner_config.mini_batch_size runner_config.origin_epochs runner_config.step_scale",
};

/** Keys that MindFormers writes, but whose written value counts or can't be written, by the reason. */
const byReason: Readonly<Record<string, string>> = {
  "set only where it is missing":
    "checkpoint eval_dataset.data_loader eval_dataset.output_columns load_ckpt_format lr_schedule " +
    "lr_schedule.total_steps model.model_config.ffn_hidden_size model.model_config.init_method " +
    "model.model_config.kv_channels model.model_config.moe_ffn_hidden_size model.model_config.moe_layer_freq " +
    "model.model_config.moe_shared_expert_intermediate_size model.model_config.mtp_num_layers " +
    "model.model_config.num_query_groups model.model_config.output_layer_init_method " +
    "model.model_config.pad_token_id monitor_config monitor_config.health_checkpoint " +
    "monitor_config.health_checkpoint.global_norm_spike_threshold optimizer remove_redundancy runner_wrapper " +
    "train_dataset.construct_args_key train_dataset.data_loader train_dataset.input_columns " +
    "train_dataset.output_columns",
  "the same value in another form":
    "checkpoint.load_path learning_rate lr_schedule.learning_rate metric model.model_config.compute_dtype " +
    "model.model_config.hidden_act model.model_config.layernorm_compute_dtype " +
    "model.model_config.moe_expert_capacity_factor model.model_config.moe_router_dtype " +
    "model.model_config.params_dtype model.model_config.rotary_dtype model.model_config.softmax_compute_dtype " +
    "parallel_config recompute_config runner_config.batch_size runner_config.epochs runner_wrapper.scale_sense " +
    "runner_wrapper.type swap_config tensorboard.tensorboard_dir",
  "no key of a configuration":
    "data_size device_num local_rank model.model_config.is_dryrun model.model_config.num_decoder_layers " +
    "model.model_config.num_encoder_layers profile_cb rank_id",
  "an argument of Trainer.train":
    "auto_trans_ckpt do_eval ignore_data_skip src_strategy_path_or_dir transform_process_num",
  "inference and other tasks":
    "eval_dataset_task.dataset_config eval_dataset_task.dataset_config.data_loader.phase " +
    "model.generation_config model.model_config.param_init_type model.model_config.use_flash_attention " +
    "model.model_config.use_past model.pretrained_model_dir train_dataset.mixup_op.num_classes",
  "packed samples of other loaders": "train_dataset.data_loader.create_attention_mask",
  "a resume takes it from the checkpoint": "runner_wrapper.scale_sense.loss_scale_value",
};

const listed = (table: Readonly<Record<string, string>>) => Object.values(table).flatMap((keys) => keys.split(" "));

test("every key that MindFormers overwrites during a start is reported by a rule, or has a reason not to be", async () => {
  const written = await runPython<string[]>("integration/config/written_keys.py", [], tmpdir());
  expect(written).toEqual([...listed(byRule), ...listed(byReason)].sort());
  const ids = new Set(everyRule.map(({ id }) => id));
  expect(Object.keys(byRule).filter((id) => !ids.has(id))).toEqual([]);
});
