import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { planRun } from "../../../src/plan/plan-run.js";

const nodes = Array.from({ length: 32 }, (_, index) => `n${index}`);

async function disk(template: string, changes: Record<string, unknown> = {}) {
  const config = await openConfig(template);
  for (const [path, value] of Object.entries(changes)) config.set(path, value);
  const cpu = template.endsWith("cpu");
  const plan = await planRun(config, {
    ...(cpu ? {} : { cluster: { device: "Ascend", nodes } as const }),
    onErrors: "show",
  });
  const { total = 0, routedExperts = 0 } = plan.parameters ?? {};
  return { ...plan.disk, once: 12 * total, experts: 12 * routedExperts };
}

test("with optimizer parallelism every value is stored once, 12 bytes, but for the few that nothing divides", async () => {
  const { checkpointBytes = 0, once, copies } = await disk("pretrain_deepseek3_671b");
  expect(checkpointBytes / once).toBeCloseTo(1.00005, 5);
  expect(copies).toBe(checkpointBytes / once);
});

test("without it every replica writes the dense weights, and each expert stands once among 32 expert-parallel ranks", async () => {
  const {
    checkpointBytes = 0,
    once,
    experts,
  } = await disk("pretrain_deepseek3_671b", {
    "parallel.enable_parallel_optimizer": false,
  });
  const dense = checkpointBytes - experts;
  // 4 replicas at least; more of what model_parallel 8 does not divide.
  expect(dense / (once - experts)).toBeGreaterThan(4);
  expect(dense / (once - experts)).toBeLessThan(32);
});

test("an optimizer divided among 2 of 4 replicas stores the dense values twice", async () => {
  const path = "parallel.parallel_optimizer_config.optimizer_weight_shard_size";
  const whole = await disk("pretrain_deepseek3_671b");
  const half = await disk("pretrain_deepseek3_671b", { [path]: 2 });
  expect(half.checkpointBytes).toBeGreaterThan(whole.checkpointBytes ?? 0);
});

test("in data-parallel mode every worker writes everything, unless redundancy is removed", async () => {
  const whole = await disk("pretrain_deepseek3_tiny_cpu");
  expect(whole.checkpointBytes).toBe(2 * whole.once);
  expect(whole.copies).toBe(2);
  const slim = await disk("pretrain_deepseek3_tiny_cpu", { "callbacks.2.remove_redundancy": true });
  expect(slim.checkpointBytes).toBe(slim.once);
});

test("keep_checkpoint_max checkpoints stay, each rank's logs grow with the steps", async () => {
  const result = await disk("pretrain_deepseek3_671b", {
    "callbacks.2.save_checkpoint_steps": 300,
    "callbacks.2.keep_checkpoint_max": 2,
  });
  expect(result).toMatchObject({
    everySteps: 300,
    written: 4,
    kept: 2,
    checkpointsBytes: 2 * (result.checkpointBytes ?? 0),
  });
  expect(result.logBytes).toBe(256 * (220_000 + 1000 * 2080));
});

test("without a CheckpointMonitor nothing is saved, and for a model of unknown size nothing is claimed", async () => {
  const none = await disk("pretrain_deepseek3_671b", { callbacks: [{ type: "MFLossMonitor" }] });
  expect(none).toMatchObject({ everySteps: undefined, kept: undefined, checkpointsBytes: undefined });
  const unknown = await disk("pretrain_dense_general");
  expect(unknown).toMatchObject({ checkpointBytes: undefined, copies: undefined });
});
