import { expect, test } from "vitest";
import { openConfig } from "../../../../src/config/open.js";
import { searchLayouts } from "../../../../src/plan/search/search-layouts.js";
import { bundleBytes, maximumBundleBytes } from "../../../../src/view/budget.js";
import { type Displayable, displayKey, type MimeBundle } from "../../../../src/view/display-contract.js";

const shown = async (value: Displayable): Promise<MimeBundle> => value[displayKey]();
const text = async (value: Displayable): Promise<string> => String((await shown(value))["text/plain"]);

test("256 NPUs for the 671B model: a table with the fastest layouts and why, a figure of memory against time", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const before = config.text;
  const search = searchLayouts({ config, devices: 256, memoryPerDevice: "64GB" });
  expect(config.text).toBe(before);
  expect(search.facts.globalBatch).toBe(128);
  expect(search.fitting).toBeGreaterThan(100);
  expect(search.fitting).toBeLessThan(search.legal);
  const best = search.best;
  expect(best?.rank).toBe(1);
  expect(best?.memory).toBeLessThanOrEqual(58 * 2 ** 30);
  expect(best?.utilization).toBeGreaterThan(0.05);
  expect(best?.utilization).toBeLessThan(0.5);
  expect(best?.why).toMatch(/^computing \d+ %, .*recomputed/);
  expect(await text(search)).toContain("fastest first");
  expect(await text(search)).toMatch(/[\d,]+ of [\d,]+ legal layouts fit into 58\.0 GB/);
  const figure = await shown(search.figure);
  expect(Object.keys(figure).sort()).toEqual([
    "application/vnd.mindformers-lab.figure+json",
    "application/vnd.plotly.v1+json",
    "image/svg+xml",
    "text/plain",
  ]);
  expect(bundleBytes(figure)).toBeLessThanOrEqual(maximumBundleBytes);
  expect(String(figure["text/plain"])).toContain("1. dp ");
});

test("a row can be applied, is then what the configuration asks for, and edits no more than it must", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const search = searchLayouts({ config, devices: 256, memoryPerDevice: "64GB" });
  const best = search.best;
  if (best === undefined) throw new Error("no layout");
  const applied = best.apply(config.copy());
  const mesh = (name: string): unknown => applied.get(`parallel_config.${name}`);
  expect(mesh("data_parallel")).toBe(best.layout.dataParallel);
  expect(mesh("pipeline_stage")).toBe(best.layout.pipelineStages);
  expect(applied.check({ device: "Ascend", devices: 256 }).filter(({ severity }) => severity === "error")).toEqual([]);
  expect(applied.diff().changes.some(({ path }) => path.startsWith("runner_config"))).toBe(false);
  const merged = config.copy().merge(best.settings);
  expect(merged.get("parallel_config")).toMatchObject(best.settings.parallel_config as object);
});

test("the first number of a dataset_strategy follows data_parallel", async () => {
  const config = (await openConfig("pretrain_deepseek3_1b")).set("parallel.full_batch", false);
  config.set("parallel.dataset_strategy", [
    [2, 1],
    [2, 1],
  ]);
  const search = searchLayouts({ config, devices: 8, memoryPerDevice: "64GB", globalBatch: 8 });
  const row = search.top(50).find(({ layout }) => layout.dataParallel !== 2);
  const applied = row?.apply(config);
  expect(applied?.get("parallel.dataset_strategy")).toEqual([
    [row?.layout.dataParallel, 1],
    [row?.layout.dataParallel, 1],
  ]);
});

test("a model that is too large: no row, the smallest layout and the way out in the text", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  const search = searchLayouts({ config, devices: 8, memoryPerDevice: "64GB" });
  expect(search.best).toBeUndefined();
  expect(search.top()).toEqual([]);
  expect(await text(search)).toMatch(
    /none of [\d,]+ legal layouts fits: the smallest \(dp .*\) needs [\d.,]+ (GB|TB) of 58\.0 GB; scale the model/,
  );
});

test("a global batch that can't be divided is said to be the reason", async () => {
  const config = await openConfig("pretrain_deepseek3_1b");
  const search = searchLayouts({ config, devices: 7, memoryPerDevice: "64GB", globalBatch: 8 });
  expect(search.legal).toBe(0);
  expect(await text(search)).toContain("no legal layout: the global batch 8");
});

test("what can't be searched is refused", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  expect(() => searchLayouts({ config, devices: 0, memoryPerDevice: "64GB" })).toThrow(
    /devices: expected a whole number from 1 on, found 0/,
  );
  expect(() => searchLayouts({ config, devices: 8, memoryPerDevice: "lots" })).toThrow(/memoryPerDevice/);
  config.set("model.model_config.model_type", "glm4");
  expect(() => searchLayouts({ config, devices: 8, memoryPerDevice: "64GB" })).toThrow(
    expect.objectContaining({ code: "MODEL_NOT_COMPUTED" }),
  );
});
