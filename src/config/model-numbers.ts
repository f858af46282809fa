/** MindFormers' own names for what the model's Hugging Face configuration calls otherwise; both are accepted in a YAML. */
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

/** Defaults of MindFormers 1.9's DeepseekV3Config, which are those of the 671B model. */
const deepseekDefaults: Readonly<Record<string, number>> = {
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

/** The values of `model.model_config`. */
export type ModelSection = Readonly<Record<string, unknown>>;

/** A number of `model.model_config` under either of its names; for DeepSeek-V3 with the model's default, else undefined. */
export function modelNumber(model: ModelSection, name: string): number | undefined {
  const written = model[name] ?? model[otherNames[name] ?? ""];
  if (typeof written === "number") return written;
  if (written !== undefined && written !== null) return undefined;
  return model.model_type === "deepseek_v3" ? deepseekDefaults[name] : undefined;
}
