import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/config/config.js";
import { openConfig } from "../../src/config/open.js";
import { packageRoot } from "../../src/core/package-root.js";
import { Dice } from "./random-cases.js";
import { safetensorsFile, type TensorSpec } from "./safetensors-file.js";

// Models of few weights, the same in every run: large enough for each kind of layer, small enough that their logits
// stand in a file. `transformers` made test/golden/hugging-face from them, in campaign/checkpoint/logits.

export interface TinyModel {
  /** Begin of the names of its golden files. */
  readonly name: string;
  readonly template: string;
  /** What differs from the template's `model_config`. */
  readonly model: Readonly<Record<string, unknown>>;
  /** How far MindFormers' logits may lie from those of transformers. */
  readonly tolerance: number;
  /** Kind and shape of each tensor, by MindFormers' name. */
  readonly tensors: Readonly<Record<string, TensorShape>>;
}

type TensorShape = readonly [kind: "matrix" | "norm" | "bias" | "zero", ...shape: readonly number[]];

/** Token ids of one sequence. */
export const tinyIds = Array.from({ length: 16 }, (_, i) => (i * 37 + 11) % 64);

const sizes = {
  vocab_size: 64,
  seq_length: 16,
  max_position_embeddings: 16,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
};

const deepseekLayer = (prefix: string): Record<string, TensorShape> => ({
  [`${prefix}input_layernorm.weight`]: ["norm", 16],
  [`${prefix}pre_mlp_layernorm.weight`]: ["norm", 16],
  [`${prefix}self_attention.linear_q_down_proj.weight`]: ["matrix", 12, 16],
  [`${prefix}self_attention.q_layernorm.weight`]: ["norm", 12],
  [`${prefix}self_attention.linear_q_up_proj.weight`]: ["matrix", 2 * (8 + 4), 12],
  [`${prefix}self_attention.linear_kv_down_proj.weight`]: ["matrix", 8 + 4, 16],
  [`${prefix}self_attention.kv_layernorm.weight`]: ["norm", 8],
  [`${prefix}self_attention.linear_kv_up_proj.weight`]: ["matrix", 2 * (8 + 8), 8],
  [`${prefix}self_attention.linear_proj.weight`]: ["matrix", 16, 2 * 8],
});

const qwenLayer = (prefix: string): Record<string, TensorShape> => ({
  [`${prefix}input_layernorm.weight`]: ["norm", 16],
  [`${prefix}pre_mlp_layernorm.weight`]: ["norm", 16],
  [`${prefix}self_attention.linear_qkv.weight`]: ["matrix", (4 + 2 * 2) * 8, 16],
  [`${prefix}self_attention.q_layernorm.weight`]: ["norm", 8],
  [`${prefix}self_attention.k_layernorm.weight`]: ["norm", 8],
  [`${prefix}self_attention.linear_proj.weight`]: ["matrix", 16, 4 * 8],
});

const dense = (prefix: string): Record<string, TensorShape> => ({
  [`${prefix}mlp.linear_fc1.weight`]: ["matrix", 2 * 24, 16],
  [`${prefix}mlp.linear_fc2.weight`]: ["matrix", 16, 24],
});

const experts = (prefix: string): Record<string, TensorShape> => ({
  [`${prefix}mlp.router.weight`]: ["matrix", 4, 16],
  [`${prefix}mlp.experts.weight1`]: ["matrix", 4 * 16, 2 * 12],
  [`${prefix}mlp.experts.weight2`]: ["matrix", 4 * 12, 16],
});

const outer: Record<string, TensorShape> = {
  "embedding.word_embeddings.weight": ["matrix", 64, 16],
  "decoder.final_layernorm.weight": ["norm", 16],
  "output_layer.weight": ["matrix", 64, 16],
};

const deepseek: TinyModel = {
  name: "deepseek3",
  tolerance: 5e-5, // measured: 1.1e-5 at most, 7e-7 in the mean, of logits up to 3.5
  template: "pretrain_deepseek3_tiny_cpu",
  model: {
    ...sizes,
    num_attention_heads: 2,
    q_lora_rank: 12,
    kv_lora_rank: 8,
    qk_nope_head_dim: 8,
    qk_rope_head_dim: 4,
    v_head_dim: 8,
    moe_intermediate_size: 12,
    // The default 40 scales attention, which transformers does not.
    rotary_scaling_factor: 1,
  },
  tensors: {
    ...outer,
    ...deepseekLayer("decoder.layers.0."),
    ...dense("decoder.layers.0."),
    ...deepseekLayer("decoder.layers.1."),
    ...experts("decoder.layers.1."),
    "decoder.layers.1.mlp.router.expert_bias": ["bias", 4],
    "decoder.layers.1.mlp.shared_experts.linear_fc1.weight": ["matrix", 2 * 12, 16],
    "decoder.layers.1.mlp.shared_experts.linear_fc2.weight": ["matrix", 16, 12],
    "decoder.layers.1.mlp.router.fi_accu": ["zero", 4],
  },
};

const qwen: TinyModel = {
  name: "qwen3",
  tolerance: 1e-2, // measured: 3.3e-3 at most; MindFormers casts queries, keys, and values to float16
  template: "pretrain_qwen3_32b",
  model: {
    ...sizes,
    offset: 0,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 8,
  },
  tensors: {
    ...outer,
    ...qwenLayer("decoder.layers.0."),
    ...dense("decoder.layers.0."),
    ...qwenLayer("decoder.layers.1."),
    ...dense("decoder.layers.1."),
  },
};

export const tinyModels = [deepseek, qwen];

/** The training that the weights belong to, for one process without an accelerator. */
export async function tinyConfig({ template, model }: TinyModel): Promise<Config> {
  const config = await openConfig(template);
  const types = ["params", "compute", "layernorm_compute", "softmax_compute", "rotary"];
  const all = Object.entries({ ...model, ...Object.fromEntries(types.map((name) => [`${name}_dtype`, "float32"])) });
  for (const [name, value] of all) config.set(`model.model_config.${name}`, value);
  for (const name of ["data_parallel", "model_parallel", "pipeline_stage"]) config.set(`parallel_config.${name}`, 1);
  return config.set("context.device_target", "CPU").set("parallel.parallel_mode", 0);
}

/** A safetensors file with MindFormers' names. */
export function tinyWeights({ tensors }: TinyModel): Uint8Array {
  const dice = new Dice(20261129);
  const ranges = { matrix: [0, 0.5], norm: [1, 0.2], bias: [0, 0.1], zero: [0, 0] } as const;
  const specs = Object.entries(tensors).map(([name, [kind, ...shape]]): [string, TensorSpec] => {
    const count = shape.reduce((product, size) => product * size, 1);
    const [middle, spread] = ranges[kind];
    // Thousandths are the same number on every machine.
    const values = Float32Array.from({ length: count }, () => middle + (dice.whole(-1000, 1000) / 1000) * spread);
    return [name, { dtype: "F32", shape, data: new Uint8Array(values.buffer) }];
  });
  return safetensorsFile(Object.fromEntries(specs), { metadata: { format: "ms" } });
}

/** Where the golden files of these models stand. */
export const tinyGolden = join(packageRoot(), "test", "golden", "hugging-face");

/** Numbers of a `.npy` file of float32. */
export function floatsOfNpy(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(Uint8Array.from(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}

/** Numbers of a model's golden file, row after row. */
export function goldenLogits({ name }: TinyModel): Float32Array {
  const text = readFileSync(join(tinyGolden, `${name}-logits.txt`), "utf8");
  return Float32Array.from(text.trim().split(/\s+/), Number);
}

/** The largest difference; infinite for another count of numbers. */
export function farthest(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? 0))), 0);
}
