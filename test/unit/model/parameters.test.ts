import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { isSection } from "../../../src/config/text/values.js";
import { flopsPerStep, flopsPerToken } from "../../../src/model/flops.js";
import { countParameters } from "../../../src/model/parameters.js";
import { knownShape, modelShape } from "../../../src/model/read-shape.js";
import type { ModelShape } from "../../../src/model/shape.js";
import { displayKey } from "../../../src/view/display-contract.js";

async function shapeOf(template: string, changes: Readonly<Record<string, unknown>> = {}): Promise<ModelShape> {
  const section = (await openConfig(template)).get("model.model_config");
  const shape = isSection(section) ? knownShape({ ...section, ...changes }) : undefined;
  if (shape === undefined) throw new Error("no shape");
  return shape;
}

const twelve = {
  hidden_size: 1792,
  num_hidden_layers: 16,
  num_attention_heads: 8,
  intermediate_size: 3072,
  v_head_dim: 192,
  n_routed_experts: 64,
  first_k_dense_replace: 1,
};

test("the 671B model has the published number of parameters, to the unit", async () => {
  const shape = await shapeOf("pretrain_deepseek3_671b");
  expect(countParameters(shape)).toMatchObject({
    attentionPerLayer: 187_107_328,
    denseLayer: 583_483_392,
    expertLayer: 11_507_286_272,
    main: 671_026_419_200,
    mtp: 11_610_068_224,
    total: 682_636_487_424,
    activeMain: 37_552_297_472,
  });
  const unbiased = await shapeOf("pretrain_deepseek3_671b", { moe_router_enable_expert_bias: false });
  expect(countParameters(unbiased).main).toBe(671_026_404_352);
  expect(countParameters(shape).activeMain - countParameters(shape).embedding).toBe(36_625_618_432);
  expect(flopsPerToken(shape)).toBe(259_992_950_784);
  expect(flopsPerToken({ ...shape, mtpLayers: 0 })).toBe(249_812_054_016);
});

test("the 1B model", async () => {
  const shape = await shapeOf("pretrain_deepseek3_1b");
  expect(countParameters(shape)).toMatchObject({
    attentionPerLayer: 9_832_448,
    denseLayer: 47_585_280,
    expertLayer: 223_778_832,
    main: 1_024_675_872,
    mtp: 232_173_584,
    total: 1_256_849_456,
    activeMain: 823_349_280,
  });
  expect(flopsPerToken(shape)).toBe(5_854_285_824);
});

test("the 12B model of MindFormers 1.9", async () => {
  const shape = await shapeOf("pretrain_deepseek3_671b", twelve);
  expect(countParameters(shape)).toMatchObject({
    attentionPerLayer: 10_209_280,
    denseLayer: 26_727_936,
    expertLayer: 725_980_736,
    main: 11_379_780_288,
    mtp: 732_408_640,
    total: 12_112_188_928,
    activeMain: 2_131_339_968,
  });
  expect(flopsPerToken(shape)).toBe(14_113_451_520);
});

test("a tiny model has as many parameters as MindFormers counts on a CPU", async () => {
  const tiny = await shapeOf("pretrain_deepseek3_671b", {
    hidden_size: 256,
    vocab_size: 512,
    num_hidden_layers: 3,
    first_k_dense_replace: 1,
    num_attention_heads: 8,
    q_lora_rank: 48,
    kv_lora_rank: 24,
    qk_nope_head_dim: 32,
    qk_rope_head_dim: 16,
    v_head_dim: 32,
    intermediate_size: 384,
    moe_intermediate_size: 64,
    n_routed_experts: 8,
    num_experts_per_tok: 2,
  });
  const counts = countParameters(tiny);
  expect(counts.total).toBe(2_499_896);
  expect(counts.total + counts.counters).toBe(2_499_944);
});

const qwen3 = {
  model_type: "qwen3",
  vocab_size: 151936,
  hidden_size: 5120,
  intermediate_size: 25600,
  num_hidden_layers: 64,
  num_attention_heads: 64,
  num_key_value_heads: 8,
  head_dim: 128,
};

test("Qwen3 32B and 30B-A3B have the published numbers of parameters", () => {
  const dense = knownShape(qwen3);
  // Published: 32.8 billion, 31.2 billion without embeddings; 30.5 billion, of which a token uses 3.3 billion.
  expect(dense && countParameters(dense).total).toBe(32_762_123_264);
  const experts = knownShape({ model_type: "qwen3_moe", num_hidden_layers: 48, head_dim: 128 });
  expect(experts && countParameters(experts)).toMatchObject({ total: 30_532_122_624, activeMain: 3_353_032_704 });
});

test("an output layer that is the embedding is counted once", () => {
  const shapes = [false, true].map((tied) => knownShape({ ...qwen3, tie_word_embeddings: tied }));
  const [apart, tied] = shapes.map((shape) => shape && countParameters(shape).total) as [number, number];
  expect(apart - tied).toBe(151936 * 5120);
});

test("the work of a step is what MindFormers prints as full model flops", async () => {
  const shape = await shapeOf("pretrain_deepseek3_671b");
  expect(flopsPerStep(shape, 128)).toBe(259_992_950_784 * 4096 * 128);
});

test("a model of an unknown kind, with sparse attention or with text for a number has no computed size", () => {
  expect(knownShape({ model_type: "glm4", hidden_size: 4096 })).toBeUndefined();
  expect(knownShape({ model_type: "deepseek_v3", hidden_size: "wide" })).toBeUndefined();
  expect(knownShape({ model_type: "deepseek_v3", experimental_attention_variant: "dsa" })).toBeUndefined();
});

test.each([
  [{ model_type: "glm4", hidden_size: 4096 }, /expected whole numbers for .*num_hidden_layers, vocab_size/],
  [{ model_type: "deepseek_v3", hidden_size: "wide" }, /for hidden_size \(found "wide"\)/],
  [{ model_type: "deepseek_v3", experimental_attention_variant: "dsa" }, /sparse attention is not computed/],
])("modelShape names the number that is missing: %j", (section, message) => {
  expect(() => modelShape(section)).toThrow(message);
});

test("a count of parameters shows itself as a table, and is plain numbers for everybody else", () => {
  const shape = knownShape({ model_type: "deepseek_v3" });
  if (shape === undefined) throw new Error("expected a known model");
  const count = countParameters(shape);
  expect(String(count[displayKey]()["text/plain"])).toContain("routed experts");
  expect(Object.getOwnPropertySymbols(JSON.parse(JSON.stringify(count)))).toEqual([]);
  expect(Object.values(count).every((value) => typeof value === "number")).toBe(true);
});
