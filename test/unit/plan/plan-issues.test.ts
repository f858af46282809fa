import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import type { Plan } from "../../../src/plan/plan.js";
import { localMemoryIssues, repetitionIssues } from "../../../src/plan/plan-issues.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { displayKey } from "../../../src/view/display-contract.js";

const gigabyte = 2 ** 30;

async function tiny(workers: number, changes: Readonly<Record<string, unknown>> = {}): Promise<Plan> {
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu")).set("parallel_config.data_parallel", workers);
  for (const [path, value] of Object.entries(changes)) config.set(path, value);
  return planRun(config, { cluster: { device: "CPU", devicesPerNode: workers }, onErrors: "show" });
}

test("16 workers on a machine of 23.5 GB had no finding: what they need, what there is, and how many fit", async () => {
  const [found] = localMemoryIssues(await tiny(16), 23.5 * gigabyte);
  expect(found).toMatchObject({ severity: "warning", rule: "memory-of-this-machine" });
  expect(found?.message).toMatch(/^16 workers need about 4\d\.\d GB, but this machine has 23\.5 GB: a worker takes/);
  expect(found?.hint).toBe(
    'config.set("parallel_config.data_parallel", 8), ' +
      'then planRun(config, { cluster: { device: "CPU", devicesPerNode: 8 } })',
  );
  expect(localMemoryIssues(await tiny(8), 23.5 * gigabyte)).toEqual([]);
  expect(localMemoryIssues(await tiny(2), 2 * gigabyte)[0]?.hint).toContain("a machine with more memory");
});

test("the memory of other machines is not compared with that of this one", async () => {
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu")).set("parallel_config.data_parallel", 16);
  const cluster = { device: "CPU", hosts: ["a", "b"], devicesPerNode: 8 } as const;
  const remote = await planRun(config, { cluster, onErrors: "show" });
  expect(localMemoryIssues(remote, gigabyte)).toEqual([]);
  const played = { device: "CPU", via: "this-machine", nodeCount: 2, devicesPerNode: 8 } as const;
  expect(localMemoryIssues(await planRun(config, { cluster: played, onErrors: "show" }), gigabyte)).toHaveLength(1);
});

test("the memory of CPU workers says what it counts, and counts are read once", async () => {
  const text = String((await tiny(2))[displayKey]()["text/plain"]);
  expect(text).toMatch(/about \d+ MB for the tensors of the fullest worker; a worker's process takes about 2\.30 GB/);
  expect(text).toContain("each value stored in 2.0 copies on average");
  expect(text).toMatch(/parameters +8,319,876 \(8\.32 million\); a token uses /);
});

test("200,000 samples of 83 sequences: the plan says how often the data is read", async () => {
  const plan = await tiny(2, { "train_dataset.data_loader.sizes": [200_000, 0, 0] });
  const data = { sequences: 83, tokens: 83 * 129 };
  expect(repetitionIssues(plan, data)).toMatchObject([{ severity: "advice", rule: "data-repeated" }]);
  expect(repetitionIssues(plan, data)[0]?.message).toMatch(/^the training reads the data 2,391 times: 200,000 samples/);
  expect(repetitionIssues(plan, { ...data, tokens: 10_000_000 })).toEqual([]);
});
