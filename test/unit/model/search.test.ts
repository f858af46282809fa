import { expect, test } from "vitest";
import { globalBatch } from "../../../src/model/layout/batch.js";
import { layersOnStages } from "../../../src/model/layout/layers.js";
import { singleDevice } from "../../../src/model/layout/layout.js";
import { meshDevices } from "../../../src/model/layout/mesh.js";
import { estimateMemory } from "../../../src/model/memory/estimate.js";
import { defaultMemoryOptions } from "../../../src/model/memory/options.js";
import { countStages } from "../../../src/model/memory/stage-layers.js";
import { staticGroups, tensorGroups } from "../../../src/model/memory/static.js";
import { knownShape } from "../../../src/model/read-shape.js";
import { enumerateLayouts, paretoFront, type SearchSpace } from "../../../src/model/search/enumerate.js";
import { atlas800tA2 } from "../../../src/model/search/hardware.js";
import { divisors, legalMeshes, tensorFault } from "../../../src/model/search/meshes.js";
import { stepTime, workModel } from "../../../src/model/search/step-time.js";
import type { ModelShape } from "../../../src/model/shape.js";

const section = {
  model_type: "deepseek_v3",
  qk_layernorm: true,
  hidden_size: 2048,
  intermediate_size: 6144,
  num_hidden_layers: 5,
  num_attention_heads: 8,
  n_routed_experts: 12,
  num_experts_per_tok: 4,
};
const small = knownShape(section) as ModelShape;
const space = (changes: Partial<SearchSpace> = {}): SearchSpace => ({
  shape: small,
  devices: 12,
  globalBatch: 24,
  largestMicroBatch: 4,
  base: defaultMemoryOptions,
  hardware: atlas800tA2,
  limit: 64 * 2 ** 30,
  ...changes,
});

/** Every combination of axes up to the number of devices, by the rules as MindFormers states them. */
function bruteForce(shape: ModelShape, devices: number): string[] {
  const found: string[] = [];
  for (let dp = 1; dp <= devices; dp++)
    for (let tp = 1; tp <= devices; tp++)
      for (let pp = 1; pp <= devices; pp++)
        for (let cp = 1; cp <= devices; cp++) {
          if (dp * tp * pp * cp !== devices || pp > shape.layerKinds.length) continue;
          if (shape.attention.heads % tp || shape.hidden % tp || shape.vocabulary % tp || shape.feedForward % tp)
            continue;
          if (shape.sequence % tp || shape.sequence % (cp * tp * (cp > 1 ? 2 : 1))) continue;
          for (let ep = 1; ep <= (shape.experts?.experts ?? 1); ep++)
            if ((shape.experts?.experts ?? 1) % ep === 0 && (dp * tp) % ep === 0)
              found.push(`${dp} ${tp} ${pp} ${cp} ${ep}`);
        }
  return found.sort();
}

test.each([1, 2, 3, 4, 6, 8, 12, 16, 24])("the meshes for %i devices are those of a brute-force count", (devices) => {
  const ours = legalMeshes(small, devices).map(
    (m) => `${m.dataParallel} ${m.tensorParallel} ${m.pipelineStages} ${m.contextParallel} ${m.expertParallel}`,
  );
  expect(ours.sort()).toEqual(bruteForce(small, devices));
});

test("every layout uses every device once and keeps the global batch", () => {
  const { fitting, legal } = enumerateLayouts(space());
  expect(legal).toBeGreaterThan(100);
  expect(fitting.length).toBe(legal);
  expect(new Set(fitting.map(({ layout }) => meshDevices(layout)))).toEqual(new Set([12]));
  expect(new Set(fitting.map(({ layout }) => globalBatch(layout).size))).toEqual(new Set([24]));
});

test("the search's shortcuts give the memory that the plain estimate gives", () => {
  const { fitting } = enumerateLayouts(space());
  for (const { layout, options, memory } of fitting.filter((_, index) => index % 7 === 0))
    expect(memory).toBe(estimateMemory(small, layout, options).peak);
});

test("only what fits is ranked, fastest first, and the smallest is known even if nothing fits", () => {
  const all = enumerateLayouts(space());
  const middle = [...all.fitting].sort((a, b) => a.memory - b.memory)[Math.floor(all.fitting.length / 2)]?.memory ?? 0;
  const some = enumerateLayouts(space({ limit: middle }));
  expect(some.fitting.length).toBe(all.fitting.filter(({ memory }) => memory <= middle).length);
  expect(some.fitting.every(({ memory }) => memory <= middle)).toBe(true);
  const times = some.fitting.map(({ time }) => time.total);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  const none = enumerateLayouts(space({ limit: 1 }));
  expect(none.fitting).toEqual([]);
  expect(none.smallest?.memory).toBe(Math.min(...all.fitting.map(({ memory }) => memory)));
});

test("no layout beats one of the front in both time and memory", () => {
  const { fitting } = enumerateLayouts(space());
  const front = paretoFront(fitting);
  const beaten = (memory: number, time: number): boolean =>
    fitting.some((other) => other.memory < memory && other.time.total < time);
  expect(front.every(({ memory, time }) => !beaten(memory, time.total))).toBe(true);
  expect(front[0]).toBe(fitting[0]);
});

test("one device computes and does nothing else: time is work over speed", () => {
  const layers = layersOnStages(small.layerKinds.length, singleDevice);
  if (layers === undefined) throw new Error("one stage holds every layer");
  const time = stepTime({
    work: workModel(small),
    layout: { ...singleDevice, microBatches: 3 },
    options: defaultMemoryOptions,
    stages: countStages(small, layers, defaultMemoryOptions.recompute),
    statics: staticGroups(tensorGroups(small), singleDevice, defaultMemoryOptions),
    hardware: atlas800tA2,
  });
  const { layer, output, mtp } = workModel(small);
  const flops = 3 * 4096 * (3 * layer.dense + 2 * layer.expert + output + mtp);
  expect(time.compute).toBeCloseTo(flops / (313e12 * 0.5), 9);
  expect(time.total).toBe(time.compute);
});

test("slower links and a lower efficiency cost time", () => {
  const best = (hardware: typeof atlas800tA2): number =>
    enumerateLayouts(space({ hardware, devices: 16, globalBatch: 16 })).fitting[0]?.time.total ?? 0;
  const usual = best(atlas800tA2);
  expect(best({ ...atlas800tA2, betweenNodes: 5e9 })).toBeGreaterThan(usual);
  expect(best({ ...atlas800tA2, efficiency: 0.25 })).toBeGreaterThan(1.5 * usual);
});

test("divisors, and why a size of model_parallel can't be", () => {
  expect(divisors(12)).toEqual([1, 2, 3, 4, 6, 12]);
  expect(divisors(1)).toEqual([1]);
  expect(divisors(16)).toEqual([1, 2, 4, 8, 16]);
  expect(tensorFault(small, 3)).toBe("attention heads 8 / 3 leaves 2");
  expect(tensorFault(small, 8)).toBeUndefined();
});
