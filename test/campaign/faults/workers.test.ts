import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { resumeRun } from "../../../src/run/launch/resume.js";
import type { Run } from "../../../src/run/run.js";
import { FaultLab } from "../../support/fault-lab.js";
import { samplesRead } from "../../support/samples-read.js";

const lab = new FaultLab("workers", inject("compiledGraphs"));
let saved: Run;
const resumed: Run[] = [];
beforeAll(async () => {
  saved = await lab.launch("saved");
  await saved.wait({ timeout: "9m" });
}, 600_000);
afterAll(async () => {
  for (const run of resumed) await run.stop({ graceful: false });
  await lab.end();
});

async function resumeWith(workers: number): Promise<Run> {
  const from = (await openCheckpoints(saved.checkpointDir)).at(40);
  const run = await resumeRun(saved, { from, workers, name: `on-${workers}` });
  resumed.push(run);
  return run;
}

const everySample = Array.from({ length: 160 }, (_, sample) => sample);

/** What the engine says that it left out of the data at its start. */
const skipped = async (run: Run) =>
  (await run.logs({ attempt: 1, rank: 0, tail: 5000 })).lines.filter((line) => /dataset skip \d+ steps/.test(line));

it("2 → 1 workers: the same step and global batches, and every sample is seen exactly once", async () => {
  const run = await resumeWith(1);
  expect(await run.wait({ timeout: "9m" })).toMatchObject({ state: "finished", step: 80 });
  expect((await run.steps())[0]?.step).toBe(41);
  expect((await run.decisions()).at(-1)).toMatchObject({ decision: "resume equal" });
  expect(await skipped(run)).toEqual([expect.stringContaining("skip 40 steps")]);
  expect([...(await samplesRead(saved, 2, [1, 40])), ...(await samplesRead(run, 1, [41, 80]))]).toEqual(everySample);
});

it("2 → 4 workers: the steps are recounted, and every sample is seen exactly once", async () => {
  const run = await resumeWith(4);
  expect(await run.wait({ timeout: "9m" })).toMatchObject({ state: "finished", step: 40 });
  expect((await run.steps())[0]?.step).toBe(21);
  expect((await run.decisions()).at(-1)).toMatchObject({ decision: "resume equal" });
  expect(await skipped(run)).toEqual([expect.stringContaining("skip 20 steps")]);
  expect([...(await samplesRead(saved, 2, [1, 40])), ...(await samplesRead(run, 4, [21, 40]))]).toEqual(everySample);
});
