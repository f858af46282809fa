import { expect, it, vi } from "vitest";
import { openCheckpoints } from "../../../../src/checkpoint/open/open.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { resumeRun } from "../../../../src/run/launch/resume.js";
import type { Run } from "../../../../src/run/run.js";
import { runsFolder } from "../../../support/fake-plan.js";
import { rememberRuns } from "../../../support/remembered-runs.js";
import { standInPlan } from "../../../support/stand-in-plan.js";

const remember = rememberRuns();

/** 400 steps of which three read bad batches, healed by leaving them out. */
async function healed(): Promise<Run> {
  const fake = { STEPS: "400", STEP_MS: "20", STATE: "1", SAVE_EVERY: "40", BAD_BATCHES: "60-62" };
  for (const [name, value] of Object.entries(fake)) vi.stubEnv(`FAKE_${name}`, value);
  const folder = runsFolder();
  const recovery = { skipBatches: 3, backoff: { first: 1, most: 1 } };
  const run = remember(await launchRun(await standInPlan(folder, 800), { name: "spike", folder, recovery }));
  // Batches 41 to 62 were left out, so the data ends 22 steps earlier.
  expect(await run.wait({ timeout: "4m" })).toMatchObject({
    ...{ state: "finished", step: 378 },
    message: "finished at step 378 of 400: the data ends there, because 22 batches were skipped",
  });
  return run;
}

const skipped = async (run: Run) => (await run.logs({ rank: 0, match: "dataset skip" })).lines.join("\n");

it("three bad batches: the spike is found, and the training continues from before them, without them", async () => {
  const run = await healed();
  const decisions = (await run.decisions()).filter(({ decision }) => decision !== "note");
  expect(decisions).toMatchObject([
    { decision: "skip-data", fromStep: 40, skip: { fromStep: 60, batches: 3 }, finding: { kind: "loss-spike" } },
    { decision: "resume equal" },
  ]);
  expect(await skipped(run)).toContain("dataset skip 62 steps");
  const steps = await run.steps();
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 378 }, (_, index) => index + 1));
  for (const { loss } of steps) expect(loss).toBeLessThan(9.1);
});

it("a resume of a run that left batches out reads none of its batches twice, nor the bad ones again", async () => {
  const run = await healed();
  const points = await openCheckpoints(run.checkpointDir);
  vi.stubEnv("FAKE_STEP_MS", "5");
  const after = remember(await resumeRun(run, { from: points.at(360), name: "after" }));
  await after.wait({ timeout: "4m" });
  expect(await skipped(after)).toContain("dataset skip 382 steps");
  await expect(resumeRun(run, { from: points.at(360), workers: 4, name: "other" })).rejects.toMatchObject({
    code: "RESUME_IMPOSSIBLE",
  });
});
