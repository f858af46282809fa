/** Small sections `model.model_config`, one per way in which MindFormers 1.9 builds a layer. */
const common = { vocab_size: 512, seq_length: 128, compute_dtype: "float32", params_dtype: "float32", offset: 0 };

const deepseek = {
  ...common,
  model_type: "deepseek_v3",
  architectures: ["DeepseekV3ForCausalLM"],
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 3,
  first_k_dense_replace: 1,
  num_attention_heads: 4,
  q_lora_rank: 16,
  kv_lora_rank: 8,
  qk_nope_head_dim: 16,
  qk_rope_head_dim: 8,
  v_head_dim: 16,
  n_routed_experts: 8,
  num_experts_per_tok: 2,
  n_group: 2,
  topk_group: 1,
  n_shared_experts: 1,
  moe_intermediate_size: 32,
  num_nextn_predict_layers: 1,
  mla_qkv_concat: false,
  qk_layernorm: true,
  moe_grouped_gemm: true,
};

const qwen = {
  ...common,
  model_type: "qwen3",
  architectures: ["Qwen3ForCausalLM"],
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
};

const qwenExperts = {
  ...common,
  model_type: "qwen3_moe",
  architectures: "Qwen3MoeForCausalLM",
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  num_experts: 8,
  num_experts_per_tok: 2,
  moe_intermediate_size: 32,
  moe_grouped_gemm: true,
};

const telechat = { ...qwen, model_type: "telechat3", architectures: ["TeleChat3ForCausalLM"], head_dim: 16 };
const telechatExperts = {
  ...deepseek,
  model_type: "telechat3_moe",
  architectures: ["TeleChat3MoeForCausalLM"],
  multi_latent_attention: true,
};

/** Numbers that MindFormers' bare TransformerConfig takes: no model class, so also none of its defaults. */
const general = {
  ...common,
  num_layers: 2,
  hidden_size: 64,
  ffn_hidden_size: 96,
  num_attention_heads: 4,
  num_query_groups: 2,
};

const generalExperts = {
  ...general,
  normalization: "RMSNorm",
  gated_linear_unit: true,
  add_bias_linear: false,
  num_layers: 4,
  num_moe_experts: 4,
  moe_ffn_hidden_size: 48,
  moe_router_topk: 2,
  moe_grouped_gemm: true,
};

export const sections: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "DeepSeek-V3": deepseek,
  "DeepSeek-V3 without token prediction": { ...deepseek, num_nextn_predict_layers: 0 },
  "DeepSeek-V3 with joined projections": { ...deepseek, mla_qkv_concat: true },
  "DeepSeek-V3 with queries that are not compressed": { ...deepseek, q_lora_rank: null },
  "DeepSeek-V3 with joined projections and queries that are not compressed": {
    ...deepseek,
    mla_qkv_concat: true,
    q_lora_rank: null,
  },
  "DeepSeek-V3 without norms in the attention": { ...deepseek, qk_layernorm: false },
  "DeepSeek-V3 without expert bias": { ...deepseek, moe_router_enable_expert_bias: false },
  "DeepSeek-V3 with two shared experts and no dense layer": {
    ...deepseek,
    n_shared_experts: 2,
    first_k_dense_replace: 0,
  },
  "DeepSeek-V3 of dense layers only": {
    ...deepseek,
    n_routed_experts: null,
    n_shared_experts: 0,
    n_group: null,
    topk_group: null,
    moe_router_enable_expert_bias: false,
  },
  "DeepSeek-V3 with experts in every second layer": {
    ...deepseek,
    num_hidden_layers: 4,
    first_k_dense_replace: 0,
    moe_layer_freq: 2,
  },
  Qwen3: qwen,
  "Qwen3 with a shared embedding": { ...qwen, tie_word_embeddings: true },
  "Qwen3 with biases in the attention": { ...qwen, attention_bias: true },
  "Qwen3 with as many keys as queries": { ...qwen, num_key_value_heads: 4 },
  "Qwen3-MoE": qwenExperts,
  TeleChat3: telechat,
  "TeleChat3-MoE": telechatExperts,
  "general dense": general,
  "general dense with SiLU": { ...general, hidden_act: "silu", gated_linear_unit: true },
  "general dense, gated, RMSNorm, no biases": {
    ...general,
    gated_linear_unit: true,
    normalization: "RMSNorm",
    add_bias_linear: false,
    qk_layernorm: true,
  },
  "general with experts": generalExperts,
  "general with experts, shared experts and their gate": {
    ...generalExperts,
    shared_expert_num: 2,
    use_shared_expert_gating: true,
    first_k_dense_replace: 2,
  },
};
