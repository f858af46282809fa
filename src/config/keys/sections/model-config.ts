import { sizeDefaults } from "../../../model/numbers.js";
import { type Keys, key, newKeys, pastKeys, plainKeys, withDefaults } from "./key.js";
import { expertKeys } from "./model-experts.js";
import { latentKeys, networkKeys } from "./model-network.js";
import { runningKeys } from "./model-running.js";

/** Names of Hugging Face configurations that MindFormers translates, and keys of the section itself. */
const translatedKeys: Keys = {
  model_type: key("string", undefined, "deepseek_v3, qwen3, qwen3_moe, …: which model"),
  architectures: key("list|string", undefined, "class of the model"),
  num_hidden_layers: key("int", undefined, "layers without multi-token prediction"),
  num_key_value_heads: key("int|null", undefined, "heads of keys and values"),
  intermediate_size: key("int|null", undefined, "width of dense feed-forward layers"),
  head_dim: key("int|null", undefined, "dimensions of a head"),
  rms_norm_eps: key("float", undefined, "added inside the norm for numerical stability"),
  initializer_range: key("float", undefined, "standard deviation of the initial weights"),
  attention_bias: key("bool", undefined, "biases of query, key, and value"),
  rope_theta: key("float", undefined, "base of rotary positions"),
  qk_nope_head_dim: key("int", undefined, "dimensions per head without position"),
  qk_rope_head_dim: key("int", undefined, "dimensions per head with rotary position"),
  num_nextn_predict_layers: key("int|null", undefined, "multi-token prediction layers: 0 or 1"),
  mtp_loss_factor: key("float|null", undefined, "weight of their loss"),
  n_routed_experts: key("int|null", undefined, "experts; divisible by expert_parallel and n_group"),
  num_experts: key("int|null", undefined, "experts; divisible by expert_parallel"),
  num_experts_per_tok: key("int", undefined, "experts per token; divisible by topk_group"),
  n_shared_experts: key("int", undefined, "shared experts, which every token uses"),
  moe_intermediate_size: key("int|null", undefined, "width of an expert"),
  n_group: key("int|null", undefined, "groups of experts"),
  topk_group: key("int|null", undefined, "groups that a token may use"),
  routed_scaling_factor: key("float|null", undefined, "scale of the routed experts' output"),
  router_dense_type: key("string", undefined, "type of the router"),
  bos_token_id: key("int|null", undefined, "token that begins a text"),
  eos_token_id: key("int|list|null", undefined, "token that ends a text"),
  scaling_factor: key("float", undefined, "yarn: factor of the length"),
  use_seq_parallel: key("bool", undefined, "set it in parallel_config"),
  index_head_dim: key("int|null", undefined, "dsa: dimensions of an indexer head"),
  index_n_heads: key("int|null", undefined, "dsa: heads of the indexer"),
  index_topk: key("int|null", undefined, "dsa: tokens that are attended to"),
};

/** What MindFormers takes out of a Hugging Face configuration without using it. */
const ignoredKeys: Keys = pastKeys({
  ep_size: key("int", undefined, "without effect: expert_parallel"),
  scoring_func: key("string", undefined, "without effect: moe_router_score_function"),
  use_cache: key("bool", undefined, "without effect"),
  torch_dtype: key("any", undefined, "without effect: compute_dtype"),
  auto_map: key("any", undefined, "without effect"),
  transformers_version: key("string", undefined, "without effect"),
  use_sliding_window: key("bool", undefined, "without effect"),
  sliding_window: key("int|null", undefined, "without effect: window_size"),
  max_window_layers: key("int", undefined, "without effect"),
  layer_types: key("list|null", undefined, "without effect"),
  decoder_sparse_step: key("int", undefined, "without effect: moe_layer_freq"),
  mlp_only_layers: key("list|null", undefined, "without effect: first_k_dense_replace"),
  output_router_logits: key("bool", undefined, "without effect"),
  router_aux_loss_coef: key("float", undefined, "without effect: moe_aux_loss_coeff"),
  tokenizer_class: key("string", undefined, "without effect"),
});

/** Names of other models, of older versions and of the parallel settings, which the converters let pass. */
const otherKeys: Keys = plainKeys([
  "any: use_gating_sigmoid enable_sdrop type multiple_of ffn_dim_multiplier moe_config monitor_config dataset_config",
  "any: checkpoint_name_or_path mindformers_version dtype",
  "bool: swap qkv_has_bias use_qk_norm use_fused_rope use_fused_swiglu use_fused_ops_permute " +
    "balance_via_topk_bias use_gmm",
  "bool: enable_gmm_safe_tokens qkv_concat use_past input_sliced_sig return_extra_loss",
  "float: layer_norm_epsilon topk_bias_update_rate theta factor",
  "float|null: z_loss_factor capacity_factor",
  "int: data_parallel model_parallel pipeline_stage context_parallel expert_parallel num_heads n_head n_layer " +
    "num_experts_chosen",
  "int: original_max_position_embeddings",
  "int|null: expert_model_parallel mtp_depth n_kv_heads expert_num",
  "list|map|null: layer_swap",
  "string: param_init_type extend_method",
]);

/** Every key that some model takes, with the defaults of the general (dense or expert) transformer. */
export const generalModelKeys: Keys = newKeys(
  { ...otherKeys, ...ignoredKeys, ...latentKeys, ...networkKeys, ...expertKeys, ...runningKeys, ...translatedKeys },
  ["experimental_attention_variant", ...Object.keys(networkKeys).filter((name) => name.startsWith("dsa_"))],
);

/** `DeepseekV3Config`: the 671B model. */
const deepseekDefaults = {
  ...sizeDefaults.deepseek_v3,
  num_key_value_heads: 128,
  ep_size: 1,
  routed_scaling_factor: 2.5,
  topk_method: "noaux_tc",
  moe_layer_freq: 1,
  norm_topk_prob: true,
  scoring_func: "sigmoid",
  hidden_act: "silu",
  max_position_embeddings: 4096,
  initializer_range: 0.02,
  rms_norm_eps: 1e-6,
  use_cache: true,
  pad_token_id: null,
  bos_token_id: 0,
  eos_token_id: 1,
  tie_word_embeddings: false,
  rope_theta: 10000,
  rope_scaling: null,
  attention_bias: false,
  attention_dropout: 0,
  compute_dtype: "bf16",
  layernorm_compute_dtype: "fp32",
  rotary_dtype: "fp32",
  hidden_dropout: 0,
  use_flash_attention: true,
  moe_router_score_function: "sigmoid",
  moe_router_enable_expert_bias: true,
  moe_router_fusion: true,
  normalization: "RMSNorm",
  add_bias_linear: false,
  gated_linear_unit: true,
  multi_latent_attention: true,
  is_dynamic: false,
};

/** What `Qwen3Config` and `Qwen3MoeConfig` share. */
const qwenDefaults = {
  hidden_act: "silu",
  max_position_embeddings: 32768,
  initializer_range: 0.02,
  rms_norm_eps: 1e-6,
  use_cache: true,
  tie_word_embeddings: false,
  rope_theta: 10000,
  rope_scaling: null,
  attention_bias: false,
  use_sliding_window: false,
  sliding_window: 4096,
  attention_dropout: 0,
  pad_token_id: 151643,
  block_size: 32,
  num_blocks: 1024,
  normalization: "RMSNorm",
  add_bias_linear: false,
  gated_linear_unit: true,
  is_dynamic: false,
};

const denseDefaults = {
  ...qwenDefaults,
  ...sizeDefaults.qwen3,
  max_window_layers: 28,
  layer_types: null,
  use_contiguous_weight_layout_attention: false,
};

/** `Qwen3MoeConfig` has another name for the number of experts. */
const { n_routed_experts: num_experts, ...sparseSizes } = sizeDefaults.qwen3_moe;

const sparseDefaults = {
  ...qwenDefaults,
  ...sparseSizes,
  num_experts,
  decoder_sparse_step: 1,
  norm_topk_prob: false,
  output_router_logits: false,
  router_aux_loss_coef: 0.001,
  mlp_only_layers: null,
  moe_router_score_function: "softmax",
  moe_router_enable_expert_bias: false,
};

const families: Readonly<Record<string, Keys>> = {
  deepseek_v3: withDefaults(generalModelKeys, deepseekDefaults),
  qwen3: withDefaults(generalModelKeys, denseDefaults),
  qwen3_moe: withDefaults(generalModelKeys, sparseDefaults),
};

/** Names of models (`model_type`) whose defaults are known. */
export const modelTypes: readonly string[] = Object.keys(families);

/**
 * Keys of `model.model_config` with the defaults of a model (`model_type`); other models have those of the general
 * transformer.
 */
export function modelKeys(modelType: unknown): Keys {
  return typeof modelType === "string" && Object.hasOwn(families, modelType)
    ? (families[modelType] as Keys)
    : generalModelKeys;
}
