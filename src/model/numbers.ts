/**
 * MindFormers' own names for what the model's Hugging Face configuration calls otherwise; both are accepted in a YAML.
 */
export const otherNames: Readonly<Record<string, string>> = {
  num_hidden_layers: "num_layers",
  intermediate_size: "ffn_hidden_size",
  num_nextn_predict_layers: "mtp_num_layers",
  n_routed_experts: "num_moe_experts",
  n_shared_experts: "shared_expert_num",
  num_experts_per_tok: "moe_router_topk",
  moe_intermediate_size: "moe_ffn_hidden_size",
  qk_nope_head_dim: "qk_head_dim",
  qk_rope_head_dim: "qk_pos_emb_head_dim",
  n_group: "moe_router_num_groups",
  topk_group: "moe_router_group_topk",
};

/** Further spellings that MindFormers reads as the same number, by model. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  n_routed_experts: ["num_experts"],
  num_key_value_heads: ["num_query_groups"],
  head_dim: ["kv_channels"],
  rope_theta: ["rotary_base"],
};

/** Defaults of MindFormers 1.9's DeepseekV3Config, which are those of the 671B model. */
const deepseek: Readonly<Record<string, number>> = {
  vocab_size: 129280,
  hidden_size: 7168,
  intermediate_size: 18432,
  moe_intermediate_size: 2048,
  num_hidden_layers: 61,
  num_nextn_predict_layers: 1,
  num_attention_heads: 128,
  n_shared_experts: 1,
  n_routed_experts: 256,
  kv_lora_rank: 512,
  q_lora_rank: 1536,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  qk_nope_head_dim: 128,
  n_group: 8,
  topk_group: 4,
  num_experts_per_tok: 8,
  first_k_dense_replace: 3,
  seq_length: 4096,
};

const qwen3: Readonly<Record<string, number>> = {
  vocab_size: 151936,
  hidden_size: 4096,
  intermediate_size: 22016,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 32,
  head_dim: 128,
  seq_length: 4096,
};

/** Default sizes of the model classes that MindFormers 1.9 trains (`model_type`), from their configuration classes. */
export const sizeDefaults = {
  deepseek_v3: deepseek,
  qwen3,
  qwen3_moe: {
    vocab_size: 151936,
    hidden_size: 2048,
    intermediate_size: 6144,
    num_hidden_layers: 24,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    moe_intermediate_size: 768,
    num_experts_per_tok: 8,
    n_routed_experts: 128,
    seq_length: 4096,
  },
  telechat3: { ...qwen3, vocab_size: 131072, num_nextn_predict_layers: 0 },
  telechat3_moe: {
    ...deepseek,
    vocab_size: 131072,
    hidden_size: 2560,
    intermediate_size: 7680,
    moe_intermediate_size: 1536,
    num_hidden_layers: 4,
    num_attention_heads: 32,
    n_routed_experts: 192,
  },
} satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Values of `model_type` whose defaults are known. */
export const knownModelTypes: readonly string[] = Object.keys(sizeDefaults);

/** The values of `model.model_config`. */
export type ModelSection = Readonly<Record<string, unknown>>;

/** A number of `model.model_config` under any of its names; else the default of its `model_type`, or undefined. */
export function modelNumber(model: ModelSection, name: string): number | undefined {
  const names = [name, otherNames[name] ?? "", ...(spellings[name] ?? [])];
  const written = names.map((key) => model[key]).find((value) => value !== undefined && value !== null);
  if (typeof written === "number") return written;
  if (written !== undefined) return undefined;
  const sizes: Readonly<Record<string, Readonly<Record<string, number>>>> = sizeDefaults;
  return sizes[String(model.model_type)]?.[name];
}
