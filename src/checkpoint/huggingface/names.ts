/** A rule of names inside of one layer: MindFormers' part and Hugging Face's part. */
export type NameRule = readonly [mindFormers: string, huggingFace: string];

/** Parts that both attention kinds have, and the dense layer's second matrix. */
const common: readonly NameRule[] = [
  ["input_layernorm.weight", "input_layernorm.weight"],
  ["pre_mlp_layernorm.weight", "post_attention_layernorm.weight"],
  ["self_attention.linear_proj.weight", "self_attn.o_proj.weight"],
  ["mlp.linear_fc2.weight", "mlp.down_proj.weight"],
  ["mlp.router.weight", "mlp.gate.weight"],
  ["mlp.router.expert_bias", "mlp.gate.e_score_correction_bias"],
  ["mlp.shared_experts.linear_fc2.weight", "mlp.shared_experts.down_proj.weight"],
];

/** DeepSeek-V3's multi-head latent attention. */
const latent: readonly NameRule[] = [
  ["self_attention.linear_q_down_proj.weight", "self_attn.q_a_proj.weight"],
  ["self_attention.q_layernorm.weight", "self_attn.q_a_layernorm.weight"],
  ["self_attention.linear_q_up_proj.weight", "self_attn.q_b_proj.weight"],
  ["self_attention.linear_kv_down_proj.weight", "self_attn.kv_a_proj_with_mqa.weight"],
  ["self_attention.kv_layernorm.weight", "self_attn.kv_a_layernorm.weight"],
  ["self_attention.linear_kv_up_proj.weight", "self_attn.kv_b_proj.weight"],
];

/** Qwen3's grouped-query attention; its q, k, v matrix is cut apart. */
const grouped: readonly NameRule[] = [
  ["self_attention.q_layernorm.weight", "self_attn.q_norm.weight"],
  ["self_attention.k_layernorm.weight", "self_attn.k_norm.weight"],
];

/** Beside the layers. */
export const outerRules: readonly NameRule[] = [
  ["embedding.word_embeddings.weight", "model.embed_tokens.weight"],
  ["decoder.final_layernorm.weight", "model.norm.weight"],
  ["output_layer.weight", "lm_head.weight"],
];

/** The multi-token prediction layer beside its transformer layer. */
export const predictionRules: readonly NameRule[] = [
  ["enorm.weight", "enorm.weight"],
  ["hnorm.weight", "hnorm.weight"],
  ["eh_proj.weight", "eh_proj.weight"],
  ["final_layernorm.weight", "shared_head.norm.weight"],
];

/** Rules of a model's layers, by whether its attention is latent (DeepSeek-V3) or grouped (Qwen3). */
export function layerRules(attention: "latent" | "grouped"): readonly NameRule[] {
  return [...common, ...(attention === "latent" ? latent : grouped)];
}
