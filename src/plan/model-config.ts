import { type ModelSection, modelNumber } from "../config/model-numbers.js";
import type { ModelShape } from "./model.js";

/** The shape of a DeepSeek-V3 model, or undefined for other models (their size is not computed) and for values that are not numbers. */
export function modelShape(model: ModelSection): ModelShape | undefined {
  if (model.model_type !== "deepseek_v3") return undefined;
  const of = (name: string): number => modelNumber(model, name) ?? Number.NaN;
  const shared = model.moe_shared_expert_intermediate_size;
  const shape: ModelShape = {
    hidden: of("hidden_size"),
    vocabulary: of("vocab_size"),
    layers: of("num_hidden_layers"),
    denseLayers: Math.min(of("first_k_dense_replace"), of("num_hidden_layers")),
    heads: of("num_attention_heads"),
    queryRank: of("q_lora_rank"),
    keyValueRank: of("kv_lora_rank"),
    nopeDimension: of("qk_nope_head_dim"),
    ropeDimension: of("qk_rope_head_dim"),
    valueDimension: of("v_head_dim"),
    feedForward: of("intermediate_size"),
    expertFeedForward: of("moe_intermediate_size"),
    sharedFeedForward: typeof shared === "number" ? shared : of("moe_intermediate_size") * of("n_shared_experts"),
    experts: of("n_routed_experts"),
    expertsPerToken: of("num_experts_per_tok"),
    routerBias: model.moe_router_enable_expert_bias !== false,
    mtpLayers: of("num_nextn_predict_layers"),
    sequence: of("seq_length"),
  };
  return Object.values(shape).some((value) => Number.isNaN(value)) ? undefined : shape;
}
