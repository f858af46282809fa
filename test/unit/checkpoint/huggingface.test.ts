import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { temporaryFolder } from "../../support/checkpoint-folder.js";
import { differing, readHere } from "../../support/checkpoint-oracle.js";
import { safetensorsFile, type TensorSpec } from "../../support/safetensors-file.js";

let next = 1;
function matrix(...shape: readonly number[]): TensorSpec {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => next++);
  return { dtype: "F32", shape, data: new Uint8Array(values.buffer) };
}

const layer = (prefix: string) => ({
  [`${prefix}input_layernorm.weight`]: matrix(4),
  [`${prefix}pre_mlp_layernorm.weight`]: matrix(4),
  [`${prefix}self_attention.linear_q_down_proj.weight`]: matrix(3, 4),
  [`${prefix}self_attention.q_layernorm.weight`]: matrix(3),
  [`${prefix}self_attention.linear_q_up_proj.weight`]: matrix(6, 3),
  [`${prefix}self_attention.linear_kv_down_proj.weight`]: matrix(3, 4),
  [`${prefix}self_attention.kv_layernorm.weight`]: matrix(2),
  [`${prefix}self_attention.linear_kv_up_proj.weight`]: matrix(8, 2),
  [`${prefix}self_attention.linear_proj.weight`]: matrix(4, 4),
});

const experts = (prefix: string) => ({
  [`${prefix}mlp.router.weight`]: matrix(2, 4),
  [`${prefix}mlp.router.expert_bias`]: matrix(2),
  [`${prefix}mlp.experts.weight1`]: matrix(2 * 4, 2 * 3),
  [`${prefix}mlp.experts.weight2`]: matrix(2 * 3, 4),
  [`${prefix}mlp.shared_experts.linear_fc1.weight`]: matrix(2 * 3, 4),
  [`${prefix}mlp.shared_experts.linear_fc2.weight`]: matrix(4, 3),
});

const outer = {
  "embedding.word_embeddings.weight": matrix(10, 4),
  "decoder.final_layernorm.weight": matrix(4),
  "output_layer.weight": matrix(10, 4),
};

const deepseek = {
  ...outer,
  ...layer("decoder.layers.0."),
  "decoder.layers.0.mlp.linear_fc1.weight": matrix(2 * 5, 4),
  "decoder.layers.0.mlp.linear_fc2.weight": matrix(4, 5),
  ...layer("decoder.layers.1."),
  ...experts("decoder.layers.1."),
  "mtp.layers.0.enorm.weight": matrix(4),
  "mtp.layers.0.hnorm.weight": matrix(4),
  "mtp.layers.0.eh_proj.weight": matrix(4, 8),
  "mtp.layers.0.final_layernorm.weight": matrix(4),
  ...layer("mtp.layers.0.transformer_layer."),
  ...experts("mtp.layers.0.transformer_layer."),
};

const deepseekConfig = {
  model_type: "deepseek_v3",
  num_hidden_layers: 2,
  hidden_size: 4,
  num_attention_heads: 2,
  n_routed_experts: 2,
  rotary_scaling_factor: 1,
};

const qwen = {
  ...outer,
  "decoder.layers.0.input_layernorm.weight": matrix(4),
  "decoder.layers.0.pre_mlp_layernorm.weight": matrix(4),
  "decoder.layers.0.self_attention.linear_qkv.weight": matrix((4 + 2 * 2) * 2, 4),
  "decoder.layers.0.self_attention.q_layernorm.weight": matrix(2),
  "decoder.layers.0.self_attention.k_layernorm.weight": matrix(2),
  "decoder.layers.0.self_attention.linear_proj.weight": matrix(4, 8),
  "decoder.layers.0.mlp.linear_fc1.weight": matrix(2 * 5, 4),
  "decoder.layers.0.mlp.linear_fc2.weight": matrix(4, 5),
};

const qwenConfig = {
  model_type: "qwen3",
  num_hidden_layers: 1,
  hidden_size: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 2,
};

async function roundTrip(tensors: Readonly<Record<string, TensorSpec>>, config: Readonly<Record<string, unknown>>) {
  const folder = await temporaryFolder();
  const [source, there, back] = ["source.safetensors", "hf", "back"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(source, safetensorsFile(tensors));
  const away = await (await openCheckpoint(source)).toHuggingFace({ output: there, config });
  await away.run();
  const home = await (await openCheckpoint(there)).fromHuggingFace({ output: back, config });
  await home.run();
  return { away, before: await readHere(source), there: await readHere(there), back: await readHere(back) };
}

test.each([
  ["DeepSeek-V3 with experts and multi-token prediction", deepseek, deepseekConfig],
  [
    "DeepSeek-V3 with contiguous gate and up",
    deepseek,
    { ...deepseekConfig, use_interleaved_weight_layout_mlp: false },
  ],
  ["Qwen3", qwen, qwenConfig],
])("%s comes back from Hugging Face's names with every value", async (_, tensors, config) => {
  const { away, before, back } = await roundTrip(tensors, config);
  expect(differing(back, before)).toEqual([]);
  expect(away.issues).toEqual([]);
});

test("Hugging Face's DeepSeek-V3 has its names and shapes; gate and up are every second row", async () => {
  const { before, there } = await roundTrip(deepseek, deepseekConfig);
  const fc1 = before["decoder.layers.0.mlp.linear_fc1.weight"]?.values as Float64Array;
  const gate = there["model.layers.0.mlp.gate_proj.weight"];
  expect(gate?.shape).toEqual([5, 4]);
  expect(Array.from(gate?.values ?? [], Number).slice(4, 8)).toEqual([...fc1.slice(8, 12)]);
  const up = there["model.layers.0.mlp.up_proj.weight"]?.values as Float64Array;
  expect([...up].slice(0, 4)).toEqual([...fc1.slice(4, 8)]);
  const weight1 = before["decoder.layers.1.mlp.experts.weight1"]?.values as Float64Array;
  const expert = there["model.layers.1.mlp.experts.1.up_proj.weight"];
  expect(expert?.shape).toEqual([3, 4]);
  // up[f][h] of expert 1 is weight1[1 * hidden + h][ffn + f].
  expect(expert?.values[1 * 4 + 2]).toBe(weight1[(4 + 2) * 6 + 3 + 1]);
  expect(Object.keys(there)).toContain("model.layers.2.shared_head.head.weight");
  expect(Object.keys(there)).toContain("model.layers.1.mlp.gate.e_score_correction_bias");
});

test("Qwen3's q, k and v are cut out of the groups of linear_qkv", async () => {
  const { before, there } = await roundTrip(qwen, qwenConfig);
  const qkv = before["decoder.layers.0.self_attention.linear_qkv.weight"]?.values as Float64Array;
  const value = there["model.layers.0.self_attn.v_proj.weight"];
  expect(value?.shape).toEqual([4, 4]);
  // The second group begins at row 8; its value at row 8 + 4 + 2.
  expect(value?.values[2 * 4]).toBe(qkv[14 * 4]);
});

test("a model that is not known is refused with the families that are", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "model.safetensors"), safetensorsFile(outer));
  const work = (await openCheckpoint(folder)).toHuggingFace({
    output: join(folder, "x"),
    config: { model_type: "gpt2" },
  });
  await expect(work).rejects.toMatchObject({ code: "CONVERT_MODEL_UNKNOWN" });
});

test("a DeepSeek-V3 without yarn says that MindFormers scaled its attention by default, as transformers does not", async () => {
  const { away } = await roundTrip(deepseek, { ...deepseekConfig, rotary_scaling_factor: 40 });
  const advice = "attention scores by 1.5896 (rotary_scaling_factor 40)";
  expect(away.issues[0]?.message).toContain(advice);
  // Also after run(), for those who never looked at the forecast.
  expect(String((await away.run())[displayKey]()["text/plain"]).replace(/\s+/g, " ")).toContain(advice);
});
