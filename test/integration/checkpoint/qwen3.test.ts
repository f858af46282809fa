import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import { differing, readHere } from "../../support/checkpoint-oracle.js";
import { runPython } from "../../support/project-python.js";
import { safetensorsFile, type TensorSpec } from "../../support/safetensors-file.js";

let next = 1;
function matrix(...shape: readonly number[]): TensorSpec {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, () => next++);
  return { dtype: "F32", shape, data: new Uint8Array(values.buffer) };
}

const sizes = {
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 6,
  intermediate_size: 10,
  vocab_size: 16,
};

const layer = (prefix: string) => ({
  [`${prefix}input_layernorm.weight`]: matrix(8),
  [`${prefix}post_attention_layernorm.weight`]: matrix(8),
  [`${prefix}self_attn.q_proj.weight`]: matrix(4 * 6, 8),
  [`${prefix}self_attn.k_proj.weight`]: matrix(2 * 6, 8),
  [`${prefix}self_attn.v_proj.weight`]: matrix(2 * 6, 8),
  [`${prefix}self_attn.o_proj.weight`]: matrix(8, 4 * 6),
  [`${prefix}self_attn.q_norm.weight`]: matrix(6),
  [`${prefix}self_attn.k_norm.weight`]: matrix(6),
});

const gated = (prefix: string, width: number) => ({
  [`${prefix}gate_proj.weight`]: matrix(width, 8),
  [`${prefix}up_proj.weight`]: matrix(width, 8),
  [`${prefix}down_proj.weight`]: matrix(8, width),
});

function experts(prefix: string): Record<string, TensorSpec> {
  const all = [0, 1, 2].map((expert) => gated(`${prefix}experts.${expert}.`, 5));
  return Object.assign({ [`${prefix}gate.weight`]: matrix(3, 8) }, ...all);
}

const layers = [0, 1].map((index) => `model.layers.${index}.`);
const outer = {
  "model.embed_tokens.weight": matrix(16, 8),
  "model.norm.weight": matrix(8),
  "lm_head.weight": matrix(16, 8),
};

/** Hugging Face files of a model, converted by us; what MindFormers' converter needs to do the same. */
async function converted(folder: string, config: Readonly<Record<string, unknown>>, mlp: typeof experts) {
  const model = String(config.model_type);
  const place = (name: string) => join(folder, `${model}-${name}`);
  const tensors = Object.assign(
    { ...outer },
    ...layers.map((prefix) => ({ ...layer(prefix), ...mlp(`${prefix}mlp.`) })),
  );
  writeFileSync(place("hf.safetensors"), safetensorsFile(tensors));
  writeFileSync(place("config.json"), JSON.stringify(config));
  const point = await openCheckpoint(place("hf.safetensors"));
  await (await point.fromHuggingFace({ output: place("ours"), config })).run();
  return { ours: place("ours"), theirs: ["hf.safetensors", "config.json", "theirs.safetensors"].map(place) };
}

test("Qwen3 and Qwen3-MoE of Hugging Face get the names, shapes, and values of MindFormers' own converter", async () => {
  const folder = mkdtempSync(join(tmpdir(), "qwen3-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const moe = { ...sizes, model_type: "qwen3_moe", num_experts: 3, moe_intermediate_size: 5 };
  const models = [
    await converted(folder, { ...sizes, model_type: "qwen3" }, (prefix) => gated(prefix, 10)),
    await converted(folder, moe, experts),
  ];
  const script = "integration/checkpoint/qwen3_weights.py";
  const counts = await runPython<number[]>(
    script,
    models.flatMap(({ theirs }) => theirs),
    folder,
  );
  for (const [index, { ours, theirs }] of models.entries()) {
    const expected = await readHere(theirs[2] as string);
    expect(Object.keys(expected)).toHaveLength(counts[index] as number);
    expect(differing(await readHere(ours), expected)).toEqual([]);
  }
});
