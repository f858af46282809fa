import { beforeEach, expect, it, vi } from "vitest";
import { openCheckpoints } from "../../../../src/checkpoint/open/open.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { resumeRun } from "../../../../src/run/launch/resume.js";
import { runsFolder } from "../../../support/fake-plan.js";
import { rememberRuns } from "../../../support/remembered-runs.js";
import { samplesRead } from "../../../support/samples-read.js";
import { standInPlan } from "../../../support/stand-in-plan.js";

const remember = rememberRuns();
beforeEach(() => {
  vi.stubEnv("FAKE_STEP_MS", "10");
  vi.stubEnv("FAKE_SAVE_EVERY", "20");
});

/** 60 steps of two workers, and its checkpoint of step 40. */
async function saved() {
  const folder = runsFolder();
  vi.stubEnv("FAKE_STEPS", "60");
  const run = remember(await launchRun(await standInPlan(folder, 120), { name: "saved", folder }));
  await run.wait({ timeout: "4m" });
  return { run, from: (await openCheckpoints(run.checkpointDir)).at(40) };
}

const everySample = Array.from({ length: 120 }, (_, sample) => sample);

it("2 → 1 workers, over within a moment, was not compared with the record", async () => {
  const { run, from } = await saved();
  vi.stubEnv("FAKE_STEP_MS", "0");
  const next = remember(await resumeRun(run, { from, workers: 1 }));
  await next.wait({ timeout: "4m" });
  expect((await next.decisions()).at(-1)).toMatchObject({ decision: "resume equal" });
});

it("2 → 1 workers continues at the same step, though a rank's losses are those of other samples now", async () => {
  const { run, from } = await saved();
  const next = remember(await resumeRun(run, { from, workers: 1 }));
  expect(await next.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 60 });
  expect((await next.steps())[0]?.step).toBe(41);
  expect((await next.decisions()).at(-1)).toMatchObject({
    decision: "resume equal",
    reason: expect.stringContaining("against: trend"),
  });
  expect([...(await samplesRead(run, 2, [1, 40])), ...(await samplesRead(next, 1, [41, 60]))]).toEqual(everySample);
});

it("2 → 4 workers that were stopped before their first save: resumed from the same sample, not refused", async () => {
  const { run, from } = await saved();
  vi.stubEnv("FAKE_STEPS", "30");
  vi.stubEnv("FAKE_SAVE_EVERY", "1000");
  vi.stubEnv("FAKE_STEP_MS", "2000");
  const next = remember(await resumeRun(run, { from, workers: 4, name: "on-4" }));
  expect(next.description.parent?.step).toBe(20);
  await next.wait({ untilStep: 21, timeout: "4m" });
  await next.stop({ graceful: false });
  vi.stubEnv("FAKE_STEP_MS", "10");
  const again = remember(await resumeRun(next));
  expect(again.description.parent?.step).toBe(20);
  expect(await again.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 30 });
  expect((await again.steps())[0]?.step).toBe(21);
  expect([...(await samplesRead(run, 2, [1, 40])), ...(await samplesRead(again, 4, [21, 30]))]).toEqual(everySample);
});
