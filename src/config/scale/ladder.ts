import { type ModelSection, modelNumber } from "../../model/numbers.js";

/** Numbers of a model by their names in `model.model_config`. */
export type ModelNumbers = Readonly<Record<string, number>>;

/** How far a model is scaled down: shares of the original. */
export interface Rung {
  readonly experts: number;
  readonly layers: number;
  readonly width: number;
}

/** Names that scaling changes. */
const names = [
  "num_hidden_layers",
  "first_k_dense_replace",
  "hidden_size",
  "intermediate_size",
  "num_attention_heads",
  "num_key_value_heads",
  "head_dim",
  "q_lora_rank",
  "kv_lora_rank",
  "qk_nope_head_dim",
  "qk_rope_head_dim",
  "v_head_dim",
  "n_routed_experts",
  "moe_intermediate_size",
  "num_experts_per_tok",
  "n_group",
  "topk_group",
] as const;

/** The numbers that a model has, written or by default. */
export function readNumbers(model: ModelSection): ModelNumbers {
  const read = names.map((name) => [name, model[name] === null ? undefined : modelNumber(model, name)] as const);
  return Object.fromEntries(
    read.filter((entry): entry is readonly [(typeof names)[number], number] => entry[1] !== undefined),
  );
}

/** A share of a size, rounded to what devices like: 256 for large sizes, less for small ones. */
function sized(value: number, share: number, least: number): number {
  if (share >= 1) return value;
  const wanted = value * share;
  const unit = wanted >= 1024 ? 256 : wanted >= 256 ? 64 : 16;
  return Math.min(value, Math.max(least, Math.round(wanted / unit) * unit));
}

/** Largest divisor of `value` that is not above `most` (at least 1). */
function divisorBelow(value: number, most: number): number {
  for (let candidate = Math.max(1, Math.floor(most)); candidate > 1; candidate--)
    if (value % candidate === 0) return candidate;
  return 1;
}

const fewestHeads = 4;

function attentionNumbers(of: ModelNumbers, width: number): Record<string, number> {
  const heads = of.num_attention_heads ?? 1;
  const fewer = Math.max(Math.min(heads, fewestHeads), divisorBelow(heads, heads * width));
  // Below four heads' worth of width the heads themselves get narrower.
  const narrow = Math.min(1, (heads * width) / fewer);
  const result: Record<string, number> = { num_attention_heads: fewer };
  const keys = of.num_key_value_heads;
  if (keys !== undefined)
    result.num_key_value_heads = keys >= heads ? fewer : divisorBelow(fewer, Math.max(1, keys * width));
  for (const [name, least] of [
    ["head_dim", 16],
    ["qk_nope_head_dim", 16],
    ["qk_rope_head_dim", 8],
    ["v_head_dim", 16],
  ] as const)
    if (of[name] !== undefined) result[name] = Math.max(least, Math.round(((of[name] ?? 0) * narrow) / 8) * 8);
  for (const [name, least] of [
    ["q_lora_rank", 32],
    ["kv_lora_rank", 16],
  ] as const)
    if (of[name] !== undefined) result[name] = sized(of[name] ?? 0, width, least);
  return result;
}

/**
 * Fewer experts; with fewer than twice as many as a token uses, groups and experts of a token are halved together, so
 * that their rules still hold.
 */
function expertNumbers(of: ModelNumbers, share: number): Record<string, number> {
  if (of.n_routed_experts === undefined) return {};
  const experts = Math.max(1, Math.round(of.n_routed_experts * share));
  let [perToken, groups, chosen] = [of.num_experts_per_tok ?? 1, of.n_group ?? 1, of.topk_group ?? 1];
  while (perToken > 1 && experts < 2 * perToken) {
    perToken = Math.max(1, Math.floor(perToken / 2));
    groups = Math.max(1, Math.floor(groups / 2));
    chosen = Math.max(1, Math.floor(chosen / 2));
  }
  const result: Record<string, number> = { n_routed_experts: experts, num_experts_per_tok: perToken };
  if (of.n_group !== undefined) result.n_group = groups;
  if (of.topk_group !== undefined) result.topk_group = Math.min(chosen, groups);
  return result;
}

/** The numbers of a model on a rung. */
export function scaleNumbers(of: ModelNumbers, { experts, layers, width }: Rung): ModelNumbers {
  const count = Math.max(2, Math.round((of.num_hidden_layers ?? 2) * layers));
  const dense = of.first_k_dense_replace;
  const least = Math.min(of.hidden_size ?? 32, 32);
  return {
    ...of,
    num_hidden_layers: Math.min(of.num_hidden_layers ?? count, count),
    ...(dense === undefined || dense === 0
      ? {}
      : { first_k_dense_replace: Math.min(count - 1, Math.max(1, Math.round(dense * layers))) }),
    ...attentionNumbers(of, width),
    hidden_size: sized(of.hidden_size ?? 0, width, least),
    intermediate_size: sized(of.intermediate_size ?? 0, width, 32),
    ...(of.moe_intermediate_size === undefined
      ? {}
      : { moe_intermediate_size: sized(of.moe_intermediate_size, width, 32) }),
    ...expertNumbers(of, experts),
  };
}

/**
 * Ever smaller models: by turns half the experts (memory without much work), three quarters of the layers, three
 * quarters of the width (heads, ranks, and feed-forward widths follow), so that depth, width, and experts keep their
 * proportions. The first rung is the model itself.
 */
export function ladder(of: ModelNumbers, fewestExperts = 4): Rung[] {
  const rungs: Rung[] = [{ experts: 1, layers: 1, width: 1 }];
  let { experts, layers, width } = rungs[0] as Rung;
  const push = (): void => {
    rungs.push({ experts, layers, width });
  };
  while (width * (of.hidden_size ?? 0) > 32) {
    const total = (of.n_routed_experts ?? 0) * experts;
    if (total / 2 >= fewestExperts && total % 2 === 0) {
      experts /= 2;
      push();
    }
    if ((of.num_hidden_layers ?? 0) * layers > 2) {
      layers *= 0.75;
      push();
    }
    width *= 0.75;
    push();
  }
  return rungs;
}
