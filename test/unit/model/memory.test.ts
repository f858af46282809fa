import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { layersOnStages } from "../../../src/model/layout/layers.js";
import { type Layout, singleDevice } from "../../../src/model/layout/layout.js";
import { balancedOffset } from "../../../src/model/layout/offset.js";
import { bubbleShare, inFlight } from "../../../src/model/layout/schedule.js";
import { estimateMemory } from "../../../src/model/memory/estimate.js";
import { defaultMemoryOptions, type MemoryOptions } from "../../../src/model/memory/options.js";
import { readTraining } from "../../../src/model/memory/read-training.js";
import { countParameters } from "../../../src/model/parameters.js";
import { knownShape } from "../../../src/model/read-shape.js";
import type { ModelShape } from "../../../src/model/shape.js";

const big = knownShape({ model_type: "deepseek_v3", qk_layernorm: true, mla_qkv_concat: false }) as ModelShape;
const options: MemoryOptions = { ...defaultMemoryOptions, compressedMask: true };
const mesh: Layout = {
  ...singleDevice,
  dataParallel: 4,
  tensorParallel: 8,
  pipelineStages: 8,
  expertParallel: 32,
  sequenceParallel: true,
  microBatches: 32,
};
const gibi = 2 ** 30;

test("without parallelism a device holds 16 bytes per parameter, exactly", () => {
  const memory = estimateMemory(big, singleDevice, options);
  const counts = countParameters(big);
  const stage = memory.stages[0];
  // The expert biases and load counters are neither trained nor optimized: 4 bytes each.
  expect(stage?.weights).toBe(4 * (counts.total + counts.counters));
  expect(stage?.gradients).toBe(4 * counts.trainable);
  expect(stage?.optimizer).toBe(8 * counts.trainable);
});

test("the devices of all stages hold every value once if nothing is held twice", () => {
  const layout = { ...singleDevice, pipelineStages: 8, microBatches: 8 };
  const { stages } = estimateMemory(big, layout, options);
  expect(stages.reduce((sum, { weights }) => sum + weights, 0)).toBe(
    4 * (countParameters(big).total + countParameters(big).counters),
  );
  expect(stages.reduce((sum, { layers }) => sum + layers, 0)).toBe(61);
  expect(stages[0]?.holds).toEqual(["embedding"]);
  expect(stages[7]?.holds).toEqual(["mtp", "output"]);
});

test("MindFormers' own 671B configuration fits below its max_device_memory of 56GB", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const facts = readTraining((path) => config.get(path));
  if (facts === undefined) throw new Error("no facts");
  const { stages, peak } = estimateMemory(facts.shape, facts.layout, facts.options);
  expect(stages.map(({ layers }) => layers)).toEqual([8, 8, 8, 8, 8, 8, 8, 5]);
  expect(peak).toBeLessThan(56 * gibi);
  // Its optimizer states rest in the host's memory.
  expect(stages.every(({ optimizer, onHost }) => optimizer === 0 && onHost > 12 * gibi)).toBe(true);
  const onDevice = estimateMemory(facts.shape, facts.layout, { ...facts.options, statesOnHost: false });
  expect(onDevice.peak).toBeCloseTo(peak + (stages[1]?.onHost ?? 0), -6);
});

test("optimizer parallelism divides weights and states among equal devices, gradients only if asked to", () => {
  const alone = { ...singleDevice, dataParallel: 8, microBatches: 2 };
  const whole = estimateMemory(big, alone, options).stages[0];
  const divided = estimateMemory(big, alone, { ...options, optimizerShard: "all" }).stages[0];
  const gradients = estimateMemory(big, alone, { ...options, optimizerShard: "all", gradientShard: true }).stages[0];
  expect((divided?.weights ?? 0) / (whole?.weights ?? 1)).toBeCloseTo(1 / 8, 4);
  expect((divided?.optimizer ?? 0) / (whole?.optimizer ?? 1)).toBeCloseTo(1 / 8, 4);
  expect(divided?.gradients).toBe(whole?.gradients);
  expect((gradients?.gradients ?? 0) / (whole?.gradients ?? 1)).toBeCloseTo(1 / 8, 4);
});

test("a demanded shard size counts only if it divides the number of equal devices", () => {
  const at = (optimizerShard: number | "all"): number =>
    estimateMemory(big, { ...singleDevice, dataParallel: 8 }, { ...options, optimizerShard }).stages[0]?.weights ?? 0;
  expect(at(4) / at("all")).toBeCloseTo(2, 3);
  expect(at(3)).toBe(at("all"));
  expect(at(256)).toBe(at("all"));
});

test("recomputing whole layers keeps their inputs, select recomputation drops the activation of the feed-forward part", () => {
  const kept = (recompute: MemoryOptions["recompute"]): number =>
    estimateMemory(big, mesh, { ...options, recompute }).stages[0]?.activations ?? 0;
  const none = kept({ layers: "none", select: false });
  const select = kept({ layers: "none", select: true });
  const all = kept({ layers: "all", select: false });
  expect(all).toBeLessThan(none / 8);
  expect(select).toBeLessThan(none);
  expect(kept({ layers: [4, 0, 0, 0, 0, 0, 0, 0], select: false })).toBeLessThan(none);
  expect(kept({ layers: [4, 0, 0, 0, 0, 0, 0, 0], select: false })).toBeGreaterThan(all);
  expect(kept({ layers: [8, 8, 8, 8, 8, 8, 8, 8], select: false })).toBe(all);
});

test("earlier stages hold more micro-batches, and all of them with gpipe", () => {
  const of = (changes: Partial<Layout>, stage: number): number => inFlight({ ...mesh, ...changes }, stage);
  expect([0, 3, 7].map((stage) => of({}, stage))).toEqual([8, 5, 1]);
  expect(of({ microBatches: 8 }, 0)).toBe(8);
  expect(of({ schedule: "gpipe" }, 7)).toBe(32);
  expect(of({ interleave: 2 }, 0)).toBe((2 * 7 + 8 + 1) / 2);
  expect(of({ pipelineStages: 1 }, 0)).toBe(1);
});

test("the bubble is that of the performance guide", () => {
  expect(bubbleShare(mesh)).toBeCloseTo(7 / 39, 12);
  expect(bubbleShare({ ...mesh, interleave: 2 })).toBeCloseTo(7 / 71, 12);
  expect(bubbleShare({ ...mesh, pipelineStages: 1 })).toBe(0);
});

test("layers are assigned as MindFormers assigns them", () => {
  const offset = [
    [1, 1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1, 1, -2],
  ];
  expect(layersOnStages(61, { ...singleDevice, pipelineStages: 8, interleave: 2, offset })?.counts).toEqual([
    [4, 4, 4, 4, 4, 4, 4, 4],
    [4, 4, 4, 4, 4, 4, 4, 1],
  ]);
  expect(balancedOffset(61, 8, 1)).toEqual([[0, 1, 1, 1, 1, 1, 0, 0]]);
  expect(balancedOffset(61, 4, 4).flat()).toHaveLength(16);
  expect(
    balancedOffset(61, 4, 4)
      .flat()
      .reduce((sum, value) => sum + value, 0),
  ).toBe(13);
  expect(balancedOffset(64, 8, 1)).toEqual([[0, 0, 0, 0, 0, 0, 0, 0]]);
});
