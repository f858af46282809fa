import type { ReadValue } from "../../../model/read-value.js";
import { callbackKeys } from "../../keys/sections/callback-sections.js";
import { modelTypes } from "../../keys/sections/model-config.js";
import { typesOf } from "../../keys/sections/optimizer-sections.js";

export type Choice = string | number | boolean;

const model = "model.model_config";
/** Keys of monitor_config that say where a value is written. */
export const monitors = [
  "local_loss_format",
  "local_norm_format",
  "device_local_norm_format",
  "device_local_loss_format",
  "optimizer_state_format",
  "weight_state_format",
  "max_attention_logit_format",
];

/** Values that a setting may have; the first one is offered if nothing similar is written. */
export const choices: Readonly<Record<string, readonly Choice[]>> = {
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

export const monitorChoices: readonly Choice[] = ["log", "tensorboard"];
export const saveFormats: readonly Choice[] = ["safetensors", "ckpt"];

/** Values that a setting may have, if they can be listed; those of `type` come from what the catalog knows. */
export function choicesOf(path: string, get: ReadValue): readonly Choice[] {
  if (Object.hasOwn(choices, path)) return choices[path] ?? [];
  const [section = "", name = ""] = path.split(/\.(?=[^.]*$)/);
  if (section === "monitor_config" && monitors.includes(name)) return monitorChoices;
  if (path === `${model}.model_type`) return modelTypes;
  if (name === "type" && /^callbacks\.\d+$/.test(section)) return Object.keys(callbackKeys);
  if (name === "checkpoint_format" && get(`${section}.type`) === "CheckpointMonitor") return saveFormats;
  return name === "type" ? typesOf(section) : [];
}
