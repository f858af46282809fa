import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/config/config.js";
import { openConfig } from "../../src/config/open.js";
import { packageRoot } from "../../src/core/package-root.js";
import { Dice } from "./random-cases.js";
import { safetensorsFile, type TensorSpec } from "./safetensors-file.js";

// A DeepSeek-V3 of 9,000 weights, the same in every run: large enough for each kind of layer, small enough that its
// logits stand in a file. `transformers` made test/golden/hugging-face from it, in campaign/checkpoint/logits.

const sizes = {
  vocab_size: 64,
  seq_length: 16,
  max_position_embeddings: 16,
  hidden_size: 16,
  intermediate_size: 24,
  num_attention_heads: 2,
  q_lora_rank: 12,
  kv_lora_rank: 8,
  qk_nope_head_dim: 8,
  qk_rope_head_dim: 4,
  v_head_dim: 8,
  moe_intermediate_size: 12,
  // The default 40 scales attention, which transformers does not.
  rotary_scaling_factor: 1,
};

/** The training that the weights belong to. */
export async function tinyDeepseekConfig(): Promise<Config> {
  const config = await openConfig("pretrain_deepseek3_tiny_cpu");
  return Object.entries(sizes).reduce(
    (changed, [name, value]) => changed.set(`model.model_config.${name}`, value),
    config.set("train_dataset.data_loader.config.seq_length", sizes.seq_length),
  );
}

/** Token ids of one sequence. */
export const tinyDeepseekIds = Array.from({ length: sizes.seq_length }, (_, i) => (i * 37 + 11) % sizes.vocab_size);

/** A safetensors file with MindFormers' names. */
export function tinyDeepseekWeights(): Uint8Array {
  const dice = new Dice(20261129);
  // Thousandths are the same number on every machine.
  const tensor = (shape: readonly number[], middle: number, spread: number): TensorSpec => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: count }, () => middle + (dice.whole(-1000, 1000) / 1000) * spread);
    return { dtype: "F32", shape, data: new Uint8Array(values.buffer) };
  };
  const matrix = (...shape: readonly number[]) => tensor(shape, 0, 0.5);
  const norm = (size: number) => tensor([size], 1, 0.2);
  const attention = (prefix: string) => ({
    [`${prefix}input_layernorm.weight`]: norm(16),
    [`${prefix}pre_mlp_layernorm.weight`]: norm(16),
    [`${prefix}self_attention.linear_q_down_proj.weight`]: matrix(12, 16),
    [`${prefix}self_attention.q_layernorm.weight`]: norm(12),
    [`${prefix}self_attention.linear_q_up_proj.weight`]: matrix(2 * (8 + 4), 12),
    [`${prefix}self_attention.linear_kv_down_proj.weight`]: matrix(8 + 4, 16),
    [`${prefix}self_attention.kv_layernorm.weight`]: norm(8),
    [`${prefix}self_attention.linear_kv_up_proj.weight`]: matrix(2 * (8 + 8), 8),
    [`${prefix}self_attention.linear_proj.weight`]: matrix(16, 2 * 8),
  });
  return safetensorsFile(
    {
      "embedding.word_embeddings.weight": matrix(64, 16),
      ...attention("decoder.layers.0."),
      "decoder.layers.0.mlp.linear_fc1.weight": matrix(2 * 24, 16),
      "decoder.layers.0.mlp.linear_fc2.weight": matrix(16, 24),
      ...attention("decoder.layers.1."),
      "decoder.layers.1.mlp.router.weight": matrix(4, 16),
      "decoder.layers.1.mlp.router.expert_bias": tensor([4], 0, 0.1),
      "decoder.layers.1.mlp.experts.weight1": matrix(4 * 16, 2 * 12),
      "decoder.layers.1.mlp.experts.weight2": matrix(4 * 12, 16),
      "decoder.layers.1.mlp.shared_experts.linear_fc1.weight": matrix(2 * 12, 16),
      "decoder.layers.1.mlp.shared_experts.linear_fc2.weight": matrix(16, 12),
      "decoder.layers.1.mlp.router.fi_accu": tensor([4], 0, 0),
      "decoder.final_layernorm.weight": norm(16),
      "output_layer.weight": matrix(64, 16),
    },
    { metadata: { format: "ms" } },
  );
}

/** Where the golden files of these weights stand. */
export const tinyDeepseekGolden = join(packageRoot(), "test", "golden", "hugging-face");

/** Numbers of a `.npy` file of float32. */
export function floatsOfNpy(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(Uint8Array.from(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}

/** Numbers of a golden file, row after row. */
export function goldenLogits(): Float32Array {
  const text = readFileSync(join(tinyDeepseekGolden, "deepseek3-logits.txt"), "utf8");
  return Float32Array.from(text.trim().split(/\s+/), Number);
}

/** The largest difference; infinite for another count of numbers. */
export function farthest(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? 0))), 0);
}
