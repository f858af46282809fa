import { shortValue } from "../../text/short-value.js";
import { suggestName } from "../../text/suggest.js";
import { setTo } from "../cure.js";
import { error } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";
import { callbacksOf } from "../training/checkpoint.js";

const model = "model.model_config";
const monitors = [
  "local_loss_format",
  "local_norm_format",
  "device_local_norm_format",
  "device_local_loss_format",
  "optimizer_state_format",
  "weight_state_format",
  "max_attention_logit_format",
];

/** Values that a setting may have; the first one is offered if nothing similar is written. */
const choices: Readonly<Record<string, readonly (string | number | boolean)[]>> = {
  run_mode: ["train", "finetune", "eval", "predict", "predict_with_train_model"],
  load_ckpt_format: ["safetensors", "ckpt"],
  "context.mode": [0, 1, "GRAPH_MODE", "PYNATIVE_MODE"],
  "context.device_target": ["Ascend", "CPU"],
  "context.memory_optimize_level": ["O0", "O1"],
  "context.jit_config.jit_level": ["O0", "O1", "O2"],
  "context.dataset_broadcast_opt_level": [3, 0, 1, 2],
  "parallel.parallel_mode": [
    1,
    0,
    2,
    3,
    "SEMI_AUTO_PARALLEL",
    "DATA_PARALLEL",
    "AUTO_PARALLEL",
    "HYBRID_PARALLEL",
    "STAND_ALONE",
    "MANUAL_PARALLEL",
  ],
  "parallel.search_mode": ["sharding_propagation", "recursive_programming", "dynamic_programming"],
  "parallel.pipeline_config.pipeline_scheduler": ["1f1b", "gpipe", "seqpipe", "seqvpp", "seqsmartvpp", "zero_bubble_v"],
  "parallel_config.context_parallel_algo": ["colossalai_cp", "ulysses_cp", "hybrid_cp"],
  [`${model}.moe_router_load_balancing_type`]: ["seq_aux_loss", "sub_seq_aux_loss", "gbs_aux_loss"],
  [`${model}.moe_token_dispatcher_type`]: ["alltoall", "alltoall_deredundency", "alltoall_zero_redundancy"],
  [`${model}.moe_router_score_function`]: ["sigmoid", "softmax"],
  [`${model}.position_embedding_type`]: ["rope", "yarn", "none", "relative", "learned_absolute", "partial_rope"],
  [`${model}.params_dtype`]: ["float32", "bfloat16", "float16", "fp32", "bf16", "fp16"],
  [`${model}.compute_dtype`]: ["bfloat16", "float32", "float16", "bf16", "fp32", "fp16"],
  [`${model}.layernorm_compute_dtype`]: ["float32", "bfloat16", "float16", "fp32", "bf16", "fp16"],
  "train_dataset.data_loader.datasets_type": ["GPTDataset"],
};

const spoken = (value: string | number | boolean): string => String(value);

function* allowedValues(context: RuleContext): Generator<RuleFinding> {
  const { get } = context;
  const check = function* (
    path: string,
    allowed: readonly (string | number | boolean)[],
    value: unknown,
  ): Generator<RuleFinding> {
    if (value === undefined || value === null || typeof value === "object" || allowed.includes(value as string)) return;
    const near = suggestName(String(value), allowed.filter((one) => typeof one === "string").map(spoken));
    yield error(
      [path, `expected one of ${allowed.map(spoken).join(", ")}, found ${shortValue(value)}`],
      setTo(path, near ?? allowed[0]),
    );
  };
  for (const [path, allowed] of Object.entries(choices)) {
    if (path.startsWith(model) && !context.mcore) continue;
    if (path.endsWith("datasets_type") && !context.megatron) continue;
    const legal = context.mcore ? allowed.filter((one) => one !== "hybrid_cp") : allowed;
    yield* check(path, legal, get(path));
  }
  for (const name of monitors) {
    const value = get(`monitor_config.${name}`);
    for (const [index, one] of (Array.isArray(value) ? (value as unknown[]) : [value]).entries())
      yield* check(
        Array.isArray(value) ? `monitor_config.${name}.${index}` : `monitor_config.${name}`,
        ["log", "tensorboard"],
        one,
      );
  }
  for (const { path, values } of callbacksOf(context, "CheckpointMonitor"))
    yield* check(`${path}.checkpoint_format`, ["safetensors", "ckpt"], values.checkpoint_format);
}

function* runMode({ get }: RuleContext): Generator<RuleFinding> {
  const value = get("run_mode");
  if (value === undefined || value === null)
    yield error(
      ["run_mode", `expected one of ${(choices.run_mode ?? []).join(", ")}, found nothing`],
      setTo("run_mode", "train"),
    );
}

/** Whole numbers from a lowest value on. */
const lowest: Readonly<Record<string, number>> = {
  "parallel_config.data_parallel": 1,
  "parallel_config.model_parallel": 1,
  "parallel_config.pipeline_stage": 1,
  "parallel_config.context_parallel": 1,
  "parallel_config.expert_parallel": 1,
  "parallel_config.micro_batch_num": 1,
  "parallel_config.seq_split_num": 1,
  "runner_config.batch_size": 1,
  "runner_config.epochs": 1,
  "runner_config.gradient_accumulation_steps": 1,
  micro_batch_interleave_num: 1,
  "train_dataset.num_parallel_workers": 1,
  "train_dataset.prefetch_size": 1,
  "train_dataset.data_loader.config.seq_length": 1,
  "train_dataset.data_loader.config.eod_pad_length": 1,
  "monitor_config.step_interval": 1,
  "monitor_config.global_norm_spike_count_threshold": 1,
  [`${model}.hidden_size`]: 1,
  [`${model}.num_hidden_layers`]: 1,
  [`${model}.num_attention_heads`]: 1,
  [`${model}.vocab_size`]: 1,
  [`${model}.seq_length`]: 1,
  [`${model}.intermediate_size`]: 1,
};

function* ranges({ get }: RuleContext): Generator<RuleFinding> {
  for (const [path, low] of Object.entries(lowest)) {
    const value = get(path);
    if (typeof value === "number" && value < low)
      yield error([path, `expected at least ${low}, found ${value}`], setTo(path, low));
  }
  const baseline = get("monitor_config.throughput_baseline");
  if (typeof baseline === "number" && baseline <= 0)
    yield error(
      ["monitor_config.throughput_baseline", `expected a number above 0, found ${baseline}`],
      setTo("monitor_config.throughput_baseline", null),
    );
}

export const valueRules: readonly Rule[] = [
  {
    id: "run-mode",
    about: "run_mode is written",
    engine: "fails later",
    cure: true,
    check: runMode,
  },
  {
    id: "allowed-value",
    about: "settings with a fixed set of values have one of them",
    engine: "refuses",
    cure: true,
    check: allowedValues,
  },
  {
    id: "value-range",
    about: "sizes and counts are at least 1",
    engine: "refuses",
    cure: true,
    check: ranges,
  },
];
