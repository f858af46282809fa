import { LabError } from "../core/error.js";
import { knownModelTypes, type ModelSection, modelNumber, otherNames } from "./numbers.js";
import { shapeFault } from "./require-shape.js";
import type { ExpertShape, GroupedAttention, LatentAttention, LayerKind, ModelShape } from "./shape.js";

/** Model types whose routers have an expert bias unless it is switched off. */
const biasedTypes = new Set(["deepseek_v3", "telechat3_moe"]);
/** Model types of the Qwen3 family: always with norms of query and key. */
const qwenTypes = new Set(["qwen3", "qwen3_moe"]);

type Read = (name: string) => number;

/**
 * TeleChat3-MoE passes over the Hugging Face names of these two, so that only MindFormers' own names change its
 * defaults.
 */
function headDimensions(model: ModelSection, of: Read): Pick<LatentAttention, "nopeDimension" | "ropeDimension"> {
  if (model.model_type !== "telechat3_moe")
    return { nopeDimension: of("qk_nope_head_dim"), ropeDimension: of("qk_rope_head_dim") };
  const own = (name: string, otherwise: number): number => modelNumber({ value: model[name] }, "value") ?? otherwise;
  return { nopeDimension: own("qk_head_dim", 128), ropeDimension: own("qk_pos_emb_head_dim", 64) };
}

function latentAttention(model: ModelSection, of: Read): LatentAttention {
  return {
    kind: "latent",
    heads: of("num_attention_heads"),
    queryRank: model.q_lora_rank === null ? undefined : of("q_lora_rank"),
    keyValueRank: of("kv_lora_rank"),
    ...headDimensions(model, of),
    valueDimension: of("v_head_dim"),
    // Norms and one matrix per projection are TransformerConfig's defaults: qk_layernorm False, mla_qkv_concat True.
    norms: model.qk_layernorm === true,
    concatenated: model.mla_qkv_concat !== false,
  };
}

function groupedAttention(model: ModelSection, of: Read): GroupedAttention {
  const heads = of("num_attention_heads");
  return {
    kind: "grouped",
    heads,
    keyValueHeads: modelNumber(model, "num_key_value_heads") ?? heads,
    headDimension: modelNumber(model, "head_dim") ?? Math.floor(of("hidden_size") / heads),
    norms: qwenTypes.has(String(model.model_type)) || model.qk_layernorm === true,
    bias: model.attention_bias === true || model.add_qkv_bias === true || model.add_bias_linear === true,
  };
}

/**
 * Which layers have experts: after `first_k_dense_replace` dense ones all, else every `moe_layer_freq`-th (or the list
 * that it is).
 */
function layerKinds(model: ModelSection, layers: number, experts: boolean): LayerKind[] {
  const first = modelNumber(model, "first_k_dense_replace") ?? 0;
  const frequency = model.moe_layer_freq ?? 1;
  // Qwen3-MoE is built from one layer description: all its layers have experts.
  const uniform = model.model_type === "qwen3_moe";
  return Array.from({ length: layers }, (_, index): LayerKind => {
    if (!experts) return "dense";
    if (uniform) return "expert";
    if (first > 0) return index < first ? "dense" : "expert";
    if (Array.isArray(frequency)) return frequency[index] === 1 ? "expert" : "dense";
    return index % Number(frequency) === 0 ? "expert" : "dense";
  });
}

function expertShape(model: ModelSection, of: Read): ExpertShape | undefined {
  const experts = modelNumber(model, "n_routed_experts");
  if (experts === undefined || model.n_routed_experts === null) return undefined;
  const feedForward = modelNumber(model, "moe_intermediate_size") ?? of("intermediate_size");
  const shared = model.moe_shared_expert_intermediate_size;
  const sharedCount = modelNumber(model, "n_shared_experts") ?? 0;
  const biased = model.moe_router_enable_expert_bias;
  return {
    experts,
    perToken: modelNumber(model, "num_experts_per_tok") ?? 2,
    feedForward,
    sharedFeedForward: typeof shared === "number" ? shared : feedForward * sharedCount,
    sharedGate: model.use_shared_expert_gating === true,
    routerBias: biasedTypes.has(String(model.model_type)) ? biased !== false : biased === true,
  };
}

/** A shape, or why it is not known. */
type ShapeOrReason =
  | { readonly shape: ModelShape; readonly reason?: undefined }
  | { readonly shape?: undefined; readonly reason: string };

/** Numbers that are missing or no numbers, as text. */
function missingText(model: ModelSection, missing: readonly string[]): string {
  const names = [...new Set(missing)];
  const parts = names.map((name) => {
    const written = [name, otherNames[name] ?? name].map((key) => model[key]).find((value) => value !== undefined);
    return written === undefined ? name : `${name} (found ${JSON.stringify(written)})`;
  });
  return `model_type ${String(model.model_type ?? "is not written")}: expected whole numbers for ${parts.join(", ")}`;
}

function readShape(model: ModelSection): ShapeOrReason {
  if (model.experimental_attention_variant === "dsa")
    return { reason: "experimental_attention_variant dsa: sparse attention is not computed" };
  const missing: string[] = [];
  const of: Read = (name) => {
    const value = modelNumber(model, name);
    if (value === undefined || !Number.isInteger(value)) missing.push(name);
    return value ?? 0;
  };
  // DeepSeek-V3 has latent attention as its default, TeleChat3-MoE only if its file says so.
  const latent = model.multi_latent_attention ?? model.model_type === "deepseek_v3";
  const typed = model.model_type !== undefined && model.model_type !== null;
  const experts = expertShape(model, of);
  const layers = of("num_hidden_layers");
  const shape: ModelShape = {
    hidden: of("hidden_size"),
    vocabulary: of("vocab_size"),
    layerKinds: layers >= 0 && layers < 1e5 ? layerKinds(model, layers, experts !== undefined) : [],
    attention: latent === true ? latentAttention(model, of) : groupedAttention(model, of),
    feedForward: of("intermediate_size"),
    // MindFormers' model classes set gated units and RMSNorm; its bare TransformerConfig has neither, but biases.
    gated: typed ? model.gated_linear_unit !== false : model.gated_linear_unit === true,
    bias: typed ? model.add_bias_linear === true : model.add_bias_linear !== false,
    normBias: (model.normalization ?? (typed ? "RMSNorm" : "LayerNorm")) === "LayerNorm",
    experts,
    mtpLayers: qwenTypes.has(String(model.model_type)) ? 0 : (modelNumber(model, "num_nextn_predict_layers") ?? 0),
    tied: qwenTypes.has(String(model.model_type)) && model.tie_word_embeddings === true,
    positions: model.position_embedding_type === "learned_absolute" ? of("max_position_embeddings") : 0,
    sequence: of("seq_length"),
    hiddenAct: String(model.hidden_act ?? (typed ? "silu" : "gelu")),
  };
  const reason = missing.length > 0 ? missingText(model, missing) : shapeFault(shape);
  return reason === undefined ? { shape } : { reason };
}

/** The shape that `modelShape` gives, or undefined where it throws. */
export const knownShape = (model: ModelSection): ModelShape | undefined => readShape(model).shape;

/** Why a section has no shape; undefined where it has one. */
export const shapeProblem = (model: ModelSection): string | undefined => readShape(model).reason;

/**
 * The shape of the model that a `model.model_config` section describes, with the defaults of its `model_type`:
 * DeepSeek-V3, Qwen3, Qwen3-MoE, TeleChat3, TeleChat3-MoE, and sections without a type that name every number (general
 * dense and expert models).
 *
 * @throws MODEL_NOT_COMPUTED with the names of missing or fractional numbers, and for sparse attention (DSA).
 *
 * @example
 * const model = (await openConfig("pretrain_deepseek3_1b")).get("model.model_config");
 * countParameters(modelShape(model as Record<string, unknown>));
 */
export function modelShape(model: ModelSection): ModelShape {
  const { shape, reason } = readShape(model ?? {});
  if (shape !== undefined) return shape;
  throw new LabError("MODEL_NOT_COMPUTED", `modelShape: ${reason}`, {
    hint: `write every number of model.model_config, or a model_type of ${knownModelTypes.join(", ")}`,
  });
}
