import { closeSync, openSync, writeSync } from "node:fs";
import { afterAll, expect, inject, it } from "vitest";
import { openDataOrder } from "../../../src/data/order/data-order.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { FaultLab } from "../../support/fault-lab.js";
import { writeTokenFiles } from "../../support/token-files.js";

const length = 65;
const cluster = { device: "CPU", devicesPerNode: 2 } as const;
const lab = new FaultLab("spike", inject("compiledGraphs"));
afterAll(() => lab.end());

/** Twelve tokens in a fixed round, which the model soon knows; tokens that it has never seen in the named steps. */
async function plantBadData(steps: readonly number[]) {
  writeTokenFiles(lab.prefix, { count: 2000, length, vocabulary: 12 });
  const config = await lab.config(160, 40);
  const order = await openDataOrder({ plan: await planRun(config, { cluster }) });
  const file = openSync(`${lab.prefix}.bin`, "r+");
  for (const step of steps)
    for (const rank of [0, 1])
      for (const { sources } of (await order.step(step, { rank })).samples)
        for (const { sequence, from, tokens } of sources) {
          const odd = new Int32Array(tokens).map((_, i) => 500 + ((i * 37 + sequence) % 400));
          writeSync(file, Buffer.from(odd.buffer), 0, 4 * tokens, 4 * (length * sequence + from));
        }
  closeSync(file);
  return config;
}

it("planted bad data: the spike is found, its batches are left out, and the loss stays low", async () => {
  const config = await plantBadData([100, 101, 102, 103, 104, 105]);
  const run = await lab.launch("spike", { config, cluster, recovery: { skipBatches: 6, backoff: { first: "1s" } } });
  // Batches 81 to 105 were left out, so the data ends 25 steps earlier.
  expect(await run.wait({ timeout: "9m" })).toMatchObject({
    ...{ state: "finished", step: 135 },
    message: expect.stringContaining("because 25 batches were skipped"),
  });
  await lab.close(run, "spike of planted bad data");
  const made = (await run.decisions()).filter(({ decision }) => decision !== "note");
  expect(made).toMatchObject([
    { decision: "skip-data", fromStep: 80, skip: { fromStep: 100, batches: 6 }, finding: { kind: "loss-spike" } },
    { decision: "resume equal" },
  ]);
  const steps = await run.steps();
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 135 }, (_, index) => index + 1));
  // What it has never seen has a higher loss than what it knew nothing of in the first step.
  for (const { loss } of steps.slice(80)) expect(loss).toBeLessThan(steps[0]?.loss ?? 0);
});
