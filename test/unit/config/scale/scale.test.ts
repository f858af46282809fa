import { expect, test } from "vitest";
import { openConfig } from "../../../../src/config/open.js";
import { ladder, readNumbers, scaleNumbers } from "../../../../src/config/scale/ladder.js";
import { estimateMemory } from "../../../../src/model/memory/estimate.js";
import { readTraining } from "../../../../src/model/memory/read-training.js";
import { countParameters } from "../../../../src/model/parameters.js";
import { knownShape } from "../../../../src/model/read-shape.js";
import { displayKey } from "../../../../src/view/display-contract.js";

test("671B scaled to 8 NPUs of 64 GB fits by the estimate and passes the check", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const before = config.text;
  const scaled = config.scaleTo({ devices: 8, memoryPerDevice: "64GB" });
  expect(config.text).toBe(before);
  const facts = readTraining((path) => scaled.config.get(path));
  if (facts === undefined) throw new Error("no facts");
  // What the scaled text says is what was proposed, and it fits.
  expect(estimateMemory(facts.shape, facts.layout, facts.options).peak).toBeCloseTo(scaled.memory, -3);
  expect(scaled.memory).toBeLessThan(scaled.limit);
  expect(countParameters(facts.shape).total).toBeGreaterThan(20e9);
  const issues = scaled.config.check({ device: "Ascend", devices: 8, memoryPerDevice: 64 * 2 ** 30 });
  expect(issues.filter(({ severity }) => severity === "error")).toEqual([]);
});

test("every change has a reason, is shown, and is what differs afterwards", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const scaled = config.scaleTo({ devices: 8, memoryPerDevice: "64GB" });
  expect(scaled.changes.every(({ why }) => why.length > 4)).toBe(true);
  for (const { path, now } of scaled.changes) expect(scaled.config.get(path)).toEqual(now);
  const text = String(scaled[displayKey]()["text/plain"]);
  expect(text).toContain("Scaled to 8 NPUs of 64GB");
  expect(text).toMatch(/682,636,487,424 → [\d,]+ parameters; about [\d.]+ GB on the fullest device/);
  expect(text).toContain("Nothing is changed yet");
  expect(scaled.apply()).toBe(config);
  expect(config.text).toBe(scaled.config.text);
});

test("671B scaled to a laptop: data parallelism, short samples, small enough for two workers of 6 GB, and more than two of 2 GB can take", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const scaled = config.scaleTo({ devices: 2, memoryPerDevice: "6GB", device: "CPU" });
  const get = (path: string): unknown => scaled.config.get(path);
  expect(get("context.device_target")).toBe("CPU");
  expect(get("parallel.parallel_mode")).toBe(0);
  expect(get("parallel_config.data_parallel")).toBe(2);
  expect(get("parallel_config.model_parallel")).toBe(1);
  expect(get("model.model_config.seq_length")).toBe(128);
  expect(get("train_dataset.data_loader.config.seq_length")).toBe(128);
  expect(get("model.model_config.vocab_size")).toBe(129280);
  // MindFormers: "seq_length should be larger than 2048 when use mask_compression".
  expect(get("model.model_config.use_attn_mask_compression")).toBe(false);
  expect(scaled.memory).toBeLessThan(6 * 2 ** 30);
  expect(() => config.scaleTo({ devices: 2, memoryPerDevice: "2GB", device: "CPU" })).toThrow(
    expect.objectContaining({ code: "SCALE_IMPOSSIBLE" }),
  );
  const issues = scaled.config.check({ device: "CPU", devices: 2 });
  expect(issues.filter(({ severity }) => severity === "error")).toEqual([]);
});

test("a configuration that fits already keeps its model", async () => {
  const config = await openConfig("pretrain_deepseek3_1b");
  const scaled = config.scaleTo({ devices: 16, memoryPerDevice: "64GB" });
  expect(scaled.changes.some(({ path }) => path.endsWith("hidden_size") || path.endsWith("num_hidden_layers"))).toBe(
    false,
  );
  expect(scaled.config.check({ device: "Ascend", devices: 16 }).filter(({ severity }) => severity === "error")).toEqual(
    [],
  );
});

test("a model with grouped attention is scaled as well", async () => {
  const config = await openConfig("pretrain_deepseek3_1b");
  config.set("model.model_config", {
    model_type: "qwen3",
    architectures: ["Qwen3ForCausalLM"],
    vocab_size: 151936,
    hidden_size: 5120,
    intermediate_size: 25600,
    num_hidden_layers: 64,
    num_attention_heads: 64,
    num_key_value_heads: 8,
    head_dim: 128,
    seq_length: 4096,
  });
  const scaled = config.scaleTo({ devices: 8, memoryPerDevice: "32GB" });
  const model = scaled.config.get("model.model_config") as Record<string, number>;
  expect(model.num_attention_heads as number).toBeLessThan(64);
  expect((model.num_attention_heads as number) % (model.num_key_value_heads as number)).toBe(0);
  expect(scaled.memory).toBeLessThan(scaled.limit);
});

test("what can't be is refused with the numbers", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const scale =
    (memoryPerDevice: string, devices = 1) =>
    () =>
      config.scaleTo({ devices, memoryPerDevice });
  expect(scale("100MB")).toThrow(expect.objectContaining({ code: "SCALE_IMPOSSIBLE" }));
  expect(scale("64GB", 0)).toThrow(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
  config.set("model.model_config.model_type", "glm4");
  expect(scale("64GB")).toThrow(expect.objectContaining({ code: "MODEL_NOT_COMPUTED" }));
});

test("the rungs get smaller and keep the rules of experts and groups", () => {
  const numbers = readNumbers({ model_type: "deepseek_v3" });
  const rungs = ladder(numbers).map((rung) => scaleNumbers(numbers, rung));
  const sizes = rungs.map((scaled) => {
    const shape = knownShape({ model_type: "deepseek_v3", qk_layernorm: true, ...scaled });
    return shape === undefined ? 0 : countParameters(shape).total;
  });
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  expect(sizes[0]).toBe(682_636_487_424);
  for (const of of rungs) {
    const [experts, groups, chosen, perToken] = [
      of.n_routed_experts,
      of.n_group,
      of.topk_group,
      of.num_experts_per_tok,
    ] as [number, number, number, number];
    expect(experts % groups).toBe(0);
    expect(perToken % chosen).toBe(0);
    expect(chosen).toBeLessThanOrEqual(groups);
    // MindFormers takes perToken ÷ chosen experts from every chosen group.
    expect(perToken / chosen).toBeLessThanOrEqual(experts / groups);
    expect((of.qk_rope_head_dim as number) % 2).toBe(0);
    expect((of.num_hidden_layers as number) > (of.first_k_dense_replace as number)).toBe(true);
  }
});
