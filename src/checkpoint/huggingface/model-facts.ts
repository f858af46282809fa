import { CheckpointError } from "../../core/error.js";

/** Values of a model's config that converting needs, under Hugging Face's names. */
export interface ModelFacts {
  readonly attention: "latent" | "grouped";
  readonly layers: number;
  readonly hidden: number;
  /** 0 for a dense model. */
  readonly experts: number;
  readonly heads: number;
  readonly groups: number;
  readonly headSize: number;
  /** Rows of `linear_fc1`: gate and up alternate (MindFormers' default), or all of gate stand before all of up. */
  readonly interleaved: boolean;
}

/**
 * Reads the facts from `model_config` of a MindFormers YAML file, or from Hugging Face's `config.json`: both use the
 * same names.
 */
export function modelFacts(model: Readonly<Record<string, unknown>>): ModelFacts {
  const type = String(model.model_type ?? "");
  if (!/^(deepseek_?v3|qwen3|qwen3_moe)$/.test(type)) {
    throw new CheckpointError(
      "CONVERT_MODEL_UNKNOWN",
      `model_type: expected deepseek_v3, qwen3, or qwen3_moe, found ${type}`,
      {
        hint: "merge() writes the tensors under MindFormers' own names",
      },
    );
  }
  const number = (...names: string[]): number => {
    for (const name of names) if (typeof model[name] === "number") return model[name];
    throw new CheckpointError(
      "CONVERT_MODEL_UNKNOWN",
      `model config: expected a number ${names.join(" or ")}, found none`,
      {
        hint: "pass the config that the model was trained with",
      },
    );
  };
  const optional = (...names: string[]): number => {
    const found = names.map((name) => model[name]).find((value) => typeof value === "number");
    return typeof found === "number" ? found : 0;
  };
  const heads = number("num_attention_heads", "num_heads");
  const hidden = number("hidden_size");
  return {
    attention: type.startsWith("deepseek") ? "latent" : "grouped",
    layers: number("num_hidden_layers", "num_layers"),
    hidden,
    experts: optional("n_routed_experts", "num_experts", "num_moe_experts"),
    heads,
    groups: optional("num_key_value_heads", "num_query_groups", "n_kv_heads") || heads,
    headSize: optional("head_dim", "kv_channels") || hidden / heads,
    interleaved: model.use_interleaved_weight_layout_mlp !== false,
  };
}
