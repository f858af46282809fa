import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it, vi } from "vitest";
import { openCheckpoints } from "../../../../src/checkpoint/open/open.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { resumeRun } from "../../../../src/run/launch/resume.js";
import { openRun } from "../../../../src/run/open.js";
import type { Run } from "../../../../src/run/run.js";
import { runsFolder } from "../../../support/fake-plan.js";
import { rememberRuns } from "../../../support/remembered-runs.js";
import { standInPlan } from "../../../support/stand-in-plan.js";

const remember = rememberRuns();
beforeEach(() => {
  for (const [name, value] of Object.entries({ FAKE_STEPS: "60", FAKE_STEP_MS: "10", FAKE_STATE: "1" }))
    vi.stubEnv(name, value);
  vi.stubEnv("FAKE_SAVE_EVERY", "20");
});

/** A run that did all its 60 steps. */
async function finished(folder: string): Promise<Run> {
  const run = remember(await launchRun(await standInPlan(folder, 120), { name: "wiki", folder }));
  await run.wait({ timeout: "4m" });
  return run;
}

it("a checkpoint from after the loss became NaN is refused with the step; the one before continues the training", async () => {
  const folder = runsFolder();
  const faults = [0, 1].map((rank) => ({ rank, step: 30, how: "nan" }));
  writeFileSync(join(folder, "faults.json"), JSON.stringify(faults));
  vi.stubEnv("FAKE_FAULTS", join(folder, "faults.json"));
  const run = await finished(folder);
  const points = await openCheckpoints(run.checkpointDir);
  await expect(resumeRun(run, { from: points.at(40) })).rejects.toMatchObject({
    code: "RESUME_IMPOSSIBLE",
    message: expect.stringMatching(/certificate is red:\n- health: the loss was bad from step 30 on/),
  });
  const next = remember(await resumeRun(run, { from: points.at(20) }));
  expect(await next.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 60 });
  expect((await next.steps()).every(({ loss }) => Number.isFinite(loss))).toBe(true);
});

it("a resume whose first losses are those of the record is exact; one that strays is stopped with both losses", async () => {
  const folder = runsFolder();
  const run = await finished(folder);
  const from = (await openCheckpoints(run.checkpointDir)).at(20);
  const same = remember(await resumeRun(run, { from, name: "same" }));
  await same.wait({ timeout: "4m" });
  expect((await same.decisions()).map(({ decision }) => decision)).toEqual(["resume", "resume exact"]);
  vi.stubEnv("FAKE_STRAY", "50");
  vi.stubEnv("FAKE_STEPS", "4000");
  // Whether the resume is stopped before resumeRun() returns depends on the machine.
  const whole = resumeRun(run, { from, name: "strayed" }).then((resumed) => resumed.wait({ timeout: "4m" }));
  await expect(whole).rejects.toMatchObject({
    code: "RUN_FAILED",
    message: expect.stringContaining("does not continue the training"),
  });
  const strayed = remember(await openRun("strayed", { folder }));
  expect((await strayed.decisions()).map(({ decision }) => decision)).toContain("resume diverged");
  expect((await strayed.status()).step).toBeLessThan(4000);
});
