import { afterEach, expect, it, vi } from "vitest";
import { launchRun } from "../../../../src/run/launch/launch.js";
import type { Run } from "../../../../src/run/run.js";
import { runsFolder } from "../../../support/fake-plan.js";
import { standInPlan } from "../../../support/stand-in-plan.js";

const launched: Run[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

it("three bad batches: the spike is found, and the training goes on from before them without them", async () => {
  const fake = { STEPS: "400", STEP_MS: "20", STATE: "1", SAVE_EVERY: "40", BAD_BATCHES: "60-62" };
  for (const [name, value] of Object.entries(fake)) vi.stubEnv(`FAKE_${name}`, value);
  const folder = runsFolder();
  const recovery = { skipBatches: 3, backoff: { first: 1, most: 1 } };
  const run = await launchRun(await standInPlan(folder, 800), { name: "spike", folder, recovery });
  launched.push(run);
  await run.wait({ timeout: "4m" });
  const decisions = (await run.decisions()).filter(({ decision }) => decision !== "note");
  expect(decisions).toMatchObject([
    { decision: "skip-data", fromStep: 40, skip: { fromStep: 60, batches: 3 }, finding: { kind: "loss-spike" } },
    { decision: "resume equal" },
  ]);
  const { lines } = await run.logs({ rank: 0, match: "dataset skip" });
  expect(lines.join("\n")).toContain("dataset skip 62 steps");
  const steps = await run.steps();
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 400 }, (_, index) => index + 1));
  for (const { loss } of steps) expect(loss).toBeLessThan(9.1);
});
