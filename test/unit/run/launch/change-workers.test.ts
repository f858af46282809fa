import { expect, it } from "vitest";
import { openConfig } from "../../../../src/config/open.js";
import { changeWorkers } from "../../../../src/run/launch/change-workers.js";

const point = (step: number, ranks: number) => ({
  step,
  complete: true,
  files: Array.from({ length: ranks }, (_, rank) => ({
    rank,
    path: `/c/rank_${rank}/m_rank_${rank}-1_${step}.safetensors`,
  })),
});
const tiny = async (batch: number) =>
  (await openConfig("pretrain_deepseek3_tiny_cpu")).set("runner_config.batch_size", batch);

it("2 → 1 workers keeps the global batch with a larger batch of each worker, and the step", async () => {
  const config = await tiny(2);
  const change = changeWorkers(config, point(40, 2), { saved: 2, wanted: 1 });
  expect(config.get("runner_config.batch_size")).toBe(4);
  expect(change).toMatchObject({
    step: 40,
    point: { files: [{ rank: 0, path: expect.stringContaining("_rank_0-") }] },
  });
});

it("2 → 4 workers keeps the global batch if it divides; new ranks load the files of old ones", async () => {
  const change = changeWorkers(await tiny(2), point(40, 2), { saved: 2, wanted: 4 });
  expect(change.step).toBe(40);
  expect(change.point.files.map(({ path }) => path.split("/")[2])).toEqual(["rank_0", "rank_1", "rank_0", "rank_1"]);
});

it("2 → 4 workers of one sample each: the steps are recounted, and every sample is seen once", async () => {
  const config = await tiny(1);
  const change = changeWorkers(config, point(40, 2), { saved: 2, wanted: 4 });
  expect(config.get("runner_config.batch_size")).toBe(1);
  expect(change).toMatchObject({ step: 20, note: expect.stringContaining("40 steps × 2 samples = 80 = 20 steps × 4") });
});

it("refuses a step at which samples would be seen twice, and names those that divide", async () => {
  const config = await tiny(1);
  expect(() => changeWorkers(config, point(41, 2), { saved: 2, wanted: 4 })).toThrow("2 samples would be seen twice");
});

it("refuses ranks that hold parts of the model, with the reason", async () => {
  const config = await openConfig("pretrain_deepseek3_671b");
  expect(() => changeWorkers(config, point(40, 256), { saved: 256, wanted: 128 })).toThrow("layers over 8 stages");
});
