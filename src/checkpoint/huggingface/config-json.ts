import type { ElementType } from "../../formats/dtype.js";

const architectures: Readonly<Record<string, readonly [architecture: string, type: string]>> = {
  deepseek_v3: ["DeepseekV3ForCausalLM", "deepseek_v3"],
  deepseekv3: ["DeepseekV3ForCausalLM", "deepseek_v3"],
  qwen3: ["Qwen3ForCausalLM", "qwen3"],
  qwen3_moe: ["Qwen3MoeForCausalLM", "qwen3_moe"],
};

/** Values that Hugging Face's config knows under the same name. */
const sameName = [
  "attention_bias",
  "bos_token_id",
  "eos_token_id",
  "first_k_dense_replace",
  "head_dim",
  "hidden_size",
  "initializer_range",
  "intermediate_size",
  "kv_lora_rank",
  "max_position_embeddings",
  "moe_intermediate_size",
  "n_group",
  "n_routed_experts",
  "n_shared_experts",
  "norm_topk_prob",
  "num_attention_heads",
  "num_experts",
  "num_experts_per_tok",
  "num_hidden_layers",
  "num_key_value_heads",
  "num_nextn_predict_layers",
  "q_lora_rank",
  "qk_nope_head_dim",
  "qk_rope_head_dim",
  "rms_norm_eps",
  "rope_scaling",
  "rope_theta",
  "routed_scaling_factor",
  "scoring_func",
  "topk_group",
  "topk_method",
  "v_head_dim",
  "vocab_size",
] as const;

const torchTypes: Partial<Record<ElementType, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** Hugging Face's `config.json` of a `model_config`. */
export function huggingFaceConfig(
  model: Readonly<Record<string, unknown>>,
  dtype: ElementType | undefined,
): Record<string, unknown> {
  const [architecture, type] = architectures[String(model.model_type)] ?? ["", String(model.model_type)];
  const config: Record<string, unknown> = { architectures: [architecture], model_type: type, hidden_act: "silu" };
  for (const name of sameName) if (model[name] !== undefined && model[name] !== null) config[name] = model[name];
  // Hugging Face reads a missing value as its own default of the large model.
  if (type === "deepseek_v3") {
    config.num_key_value_heads ??= model.num_attention_heads;
    config.topk_method ??= "noaux_tc";
    config.rope_scaling ??= null;
  }
  const torchType = dtype && torchTypes[dtype];
  return { ...config, tie_word_embeddings: model.tie_word_embeddings ?? false, torch_dtype: torchType ?? "bfloat16" };
}
