import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { readMesh } from "../../../src/config/settings.js";
import { diskOf } from "../../../src/plan/disk.js";

const parameters = { total: 1000, routedExperts: 600 };

async function disk(template: string, changes: Record<string, unknown> = {}, devices = 256) {
  const config = await openConfig(template);
  for (const [path, value] of Object.entries(changes)) config.set(path, value);
  const mesh = readMesh((path) => config.get(path));
  return diskOf(config, { mesh, devices, parameters, totalSteps: 1000 });
}

test("with optimizer parallelism every value is stored once: 12 bytes a parameter", async () => {
  expect(await disk("pretrain_deepseek3_671b")).toMatchObject({
    checkpointBytes: 12_000,
    copies: 1,
    everySteps: 5000,
    written: 1,
  });
});

test("without it, every replica writes the weights, and every replica of an expert that expert", async () => {
  const result = await disk("pretrain_deepseek3_671b", { "parallel.enable_parallel_optimizer": false });
  // 4 replicas; 4 · 8 / 32 = 1 replica of each expert.
  expect(result).toMatchObject({ checkpointBytes: 12 * (400 * 4 + 600), copies: 4 });
});

test("an optimizer divided among 2 of 4 replicas is stored twice", async () => {
  const path = "parallel.parallel_optimizer_config.optimizer_weight_shard_size";
  expect((await disk("pretrain_deepseek3_671b", { [path]: 2 })).copies).toBe(2);
});

test("in data-parallel mode every worker writes everything, unless redundancy is removed", async () => {
  expect((await disk("pretrain_deepseek3_tiny_cpu", {}, 2)).checkpointBytes).toBe(24_000);
  expect(
    (await disk("pretrain_deepseek3_tiny_cpu", { "callbacks.2.remove_redundancy": true }, 2)).checkpointBytes,
  ).toBe(12_000);
});

test("keep_checkpoint_max checkpoints stay, each rank's logs grow with the steps", async () => {
  const result = await disk("pretrain_deepseek3_671b", {
    "callbacks.2.save_checkpoint_steps": 300,
    "callbacks.2.keep_checkpoint_max": 2,
  });
  expect(result).toMatchObject({ written: 4, kept: 2, checkpointsBytes: 24_000 });
  expect(result.logBytes).toBeGreaterThan(256 * 1000 * 500);
});

test("without a CheckpointMonitor nothing is saved", async () => {
  const result = await disk("pretrain_deepseek3_671b", { callbacks: [{ type: "MFLossMonitor" }] });
  expect(result).toMatchObject({ everySteps: undefined, kept: undefined, checkpointsBytes: undefined });
});
