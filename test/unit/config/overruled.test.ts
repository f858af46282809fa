import { expect, test } from "vitest";
import { Config } from "../../../src/config/config.js";

const of = (text: string) => new Config({ kind: "text", name: "text" }, `use_legacy: False\n${text}`);
const found = (text: string, rule = "overruled-key") =>
  of(text)
    .check({ device: "Ascend" })
    .filter((issue) => issue.rule === rule)
    .map(({ path, message }) => `${path}: ${message}`);

test.each([
  [
    "optimizer: {type: AdamW, learning_rate: 1.0e-3}\nlr_schedule: {learning_rate: 1.0e-4}",
    /^optimizer.learning_rate: .*lr_schedule/,
  ],
  [
    "lr_schedule: {warmup_epochs: 2, warmup_ratio: 0.1, warmup_steps: 9}",
    /^lr_schedule.warmup_steps: .*warmup_epochs 2/,
  ],
  ["use_legacy_format: True\ncheckpoint: {save_max: 3}", /^use_legacy_format: .*section checkpoint/],
  ["load_checkpoint: /a\ncheckpoint: {load_path: /b}", /^load_checkpoint: .*checkpoint.load_path is "\/b"/],
  [
    "callbacks: [{type: CheckpointMonitor, save_checkpoint_steps: 5}]\ncheckpoint: {save_interleaved_steps: 9}",
    /^callbacks.0.save_checkpoint_steps: .*checkpoint.save_interleaved_steps is 9/,
  ],
  [
    "callbacks: [{type: MFLossMonitor, print_separate_loss: True}]",
    /^callbacks.0.print_separate_loss: .*trainer takes/,
  ],
  [
    "runner_wrapper: {type: MFTrainOneStepCell, micro_batch_num: 3}\n" +
      "parallel_config: {pipeline_stage: 2, micro_batch_num: 4}",
    /^runner_wrapper.micro_batch_num: .*parallel_config.micro_batch_num \(4\)/,
  ],
  [
    "optimizer: {type: Muon}\nmodel: {model_config: {track_max_attention_logit: False}}",
    /^model.model_config.track_max_attention_logit: .*Muon sets it to True/,
  ],
  [
    "runner_wrapper: {type: MFTrainOneStepCell, use_clip_grad: False, max_grad_norm: 0.5}",
    /^runner_wrapper.max_grad_norm: has no effect: use_clip_grad is False/,
  ],
  ["parallel_config: {ulysses_degree_in_cp: 2, context_parallel: 2}", /ulysses_degree_in_cp: .*not hybrid_cp/],
  [
    "model: {model_config: {offset: [0, 1], pp_interleave_num: 2}}",
    /^model.model_config.offset: .*pipeline_stage is 1/,
  ],
  ["runner_config: {sink_mode: False, sink_size: 4}", /^runner_config.sink_size: .*sink_mode is False/],
  ["seed: 42\ntrain_dataset: {seed: 7}", /^train_dataset.seed: .*takes seed \(42\)/],
  ["train_dataset: {batch_size: 9}\nrunner_config: {batch_size: 1}", /^train_dataset.batch_size: .*runner_config/],
  ["train_dataset: {profile: True}", /^train_dataset.profile: .*takes profile \(not set\)/],
  [
    "train_dataset: {micro_batch_num: 9}\nrunner_config: {gradient_accumulation_steps: 2}",
    /^train_dataset.micro_batch_num: .*takes runner_config.gradient_accumulation_steps \(2\)/,
  ],
  ["train_dataset: {do_eval: True}", /^train_dataset.do_eval: .*sets it to False/],
  ["eval_dataset: {do_eval: False}", /^eval_dataset.do_eval: .*sets it to True/],
  ["eval_dataset: {auto_tune: True}\nauto_tune: False", /^eval_dataset.auto_tune: /],
  [
    "train_dataset: {prefetch_size: 1}\ntrain_dataset_task: {dataset_config: {prefetch_size: 2}}",
    /^train_dataset_task.dataset_config: .*takes train_dataset/,
  ],
  ["balanced_load: True\nuse_parallel: False", /^balanced_load: .*use_parallel is False/],
  ["auto_tune: True\nprofile: True", /^auto_tune: .*profile is True/],
  ["load_checkpoint: /a\nmodel: {model_config: {checkpoint_name_or_path: /b}}", /checkpoint_name_or_path: .*load_ch/],
  ["lr_schedule: {type: A}\ngrouped_lr_schedule: {default: {type: B}}", /^lr_schedule: .*grouped_lr_schedule gives/],
  [
    "callbacks: [{type: CheckpointMonitor, embedding_local_norm_threshold: 1.0}]\n" +
      "monitor_config: {health_checkpoint: {embedding_local_norm_threshold: 2.0}}",
    /^callbacks.0.embedding_local_norm_threshold: .*health_checkpoint.embedding_local_norm_threshold is 2/,
  ],
  [
    "parallel: {pipeline_stages: 4}\nuse_parallel: True\nparallel_config: {pipeline_stage: 2}",
    /^parallel.pipeline_stages: .*takes parallel_config.pipeline_stage \(2\)/,
  ],
  ["use_parallel: True\ncontext: {device_id: 3}", /^context.device_id: .*msrun gives each worker/],
  ["moe_config: {expert_num: 4}", /^moe_config: .*are in model.model_config/],
  ["parallel_config: {vocab_emb_dp: True}", /^parallel_config.vocab_emb_dp: /],
  ["model: {model_config: {input_layout: BSH}}", /input_layout: .*flash attention takes "BNSD"/],
  [
    "model: {model_config: {use_eod_attn_mask_compression: True, attention_dropout: 0.1, sparse_mode: 0}}",
    /sparse_mode: .*takes 3/,
  ],
  [
    "model: {model_config: {use_eod_attn_mask_compression: True, attention_dropout: 0.1, sparse_mode: 0}}",
    /attention_dropout: .*takes 0/,
  ],
  [
    "model: {model_config: {apply_query_key_layer_scaling: True, attention_softmax_in_fp32: False}}",
    /attention_softmax_in_fp32: .*sets it to True/,
  ],
  ["model: {model_config: {position_embedding_type: none, nope_layer_interval: 4}}", /nope_layer_interval: /],
  [
    "model: {model_config: {moe_router_enable_expert_bias: True, n_routed_experts: 0}}",
    /moe_router_enable_expert_bias: .*no experts/,
  ],
  [
    "model: {model_config: {rope_scaling: {type: yarn, factor: 4.0}, position_embedding_type: rope}}",
    /position_embedding_type: .*rope_scaling.type is "yarn"/,
  ],
  ["model: {model_config: {disable_lazy_inline: False}}", /disable_lazy_inline: .*without a pipeline/],
])("a key that another rules is reported with the key that rules it: %s", (text, message) => {
  expect(found(text)).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
});

test.each([
  "optimizer: {type: AdamW, learning_rate: 1.0e-3}",
  "callbacks: [{type: CheckpointMonitor, save_checkpoint_steps: 5}]\ncheckpoint: {save_interleaved_steps: 5}",
  "callbacks: [{type: CheckpointMonitor, save_optimizer: True}]\ncheckpoint: {no_save_optim: False}",
  "model: {model_config: {offset: 0}}",
  "runner_config: {sink_mode: True, sink_size: 4}",
  "seed: 42\ntrain_dataset: {seed: 42, auto_tune: False, do_eval: False}",
  "train_dataset: {batch_size: 2}\nrunner_config: {batch_size: 2}",
  "model: {model_config: {input_layout: BNSD, sparse_mode: 0, attention_dropout: 0.1}}",
  "use_parallel: True\ncontext: {device_id: 0}",
])("a key that counts is not reported: %s", (text) => {
  expect(found(text)).toEqual([]);
});

test("settings of a feature that is off are advice, with the switch; the default says nothing", () => {
  expect(found("profile_start_step: 5\nprofile_stop_step: 10", "switched-off")).toEqual([
    "profile_start_step: has no effect while profile is not set",
  ]);
  expect(found("profile: False\nprofile_start_step: 5", "switched-off")).toEqual([]);
  expect(found("swap_config: {swap: False, default_prefetch: 3}", "switched-off")).toEqual([
    "swap_config.default_prefetch: has no effect while swap_config.swap is False",
  ]);
  expect(found("eval_step_interval: 5\neval_epoch_interval: 2\nlr_scale_factor: 64", "switched-off")).toEqual([
    "eval_step_interval: has no effect while do_eval is not set",
    "eval_epoch_interval: has no effect while do_eval is not set",
    "lr_scale_factor: has no effect while lr_scale is not set",
  ]);
  expect(found("do_eval: True\neval_step_interval: 5", "switched-off")).toEqual([]);
  expect(found("context: {enable_profiling: True}", "switched-off")).toEqual([
    "context.enable_profiling: MindFormers 1.9 no longer reads it; use profile",
  ]);
});

test("fixAll moves a rate from the optimizer to the schedule that rules it", () => {
  const config = of(
    "optimizer: {type: AdamW, learning_rate: 1.0e-3}\nlr_schedule: {type: ConstantWarmUpLR, learning_rate: 1.0e-4}\n",
  );
  config.fixAll({ device: "Ascend" });
  expect(config.get("lr_schedule.learning_rate")).toBe(1e-3);
  expect(config.has("optimizer.learning_rate")).toBe(false);
});
