import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, inject, it } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import { resumeRun } from "../../../src/run/launch/resume.js";
import { localNodeOf } from "../../../src/run/nodes/open/open-nodes.js";
import type { Run } from "../../../src/run/run.js";
import { takeGraphs } from "../../support/compiled-graphs.js";
import { tinyTraining } from "../../support/tiny-training.js";

const folder = mkdtempSync(join(tmpdir(), "iteration-layout-"));
const launched: Run[] = [];
afterAll(async () => {
  for (const run of launched) await localNodeOf(run.description, () => run.folder).end({ graceMs: 0 });
  rmSync(folder, { recursive: true, force: true });
});

let run: Run;

it("two workers save the 1.9 layout, and every save is recorded and sealed", async () => {
  takeGraphs(inject("compiledGraphs"), join(folder, "runs"));
  const config = (await tinyTraining(folder, 8)).saving({ every: 4, layout: "iteration" });
  const plan = await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 } });
  run = await launchRun(plan, { name: "first", folder: join(folder, "runs") });
  launched.push(run);
  expect(await run.wait({ timeout: "8m" })).toMatchObject({ state: "finished", checkpointStep: 8 });
  const checkpoints = await openCheckpoints(run.checkpointDir);
  expect(checkpoints.all.map(({ step, layout, complete }) => [step, layout, complete])).toEqual([
    [4, "iteration", true],
    [8, "iteration", true],
  ]);
  const { ok, facts } = await checkpoints.at(4).verify();
  expect([ok, facts.sealedAt === undefined]).toEqual([true, false]);
});

// Rank folders give the same losses to the last digit; this layout differs from the sixth digit on, after one equal
// step.
it("a resume from the 1.9 layout continues with the losses of the run that never stopped, within 1e-4", async () => {
  const next = await resumeRun(run, { from: (await openCheckpoints(run.checkpointDir)).at(4), name: "second" });
  launched.push(next);
  await next.wait({ timeout: "8m" });
  const [expected, got] = [(await run.steps()).slice(4), await next.steps()];
  expect(got.map(({ step }) => step)).toEqual(expected.map(({ step }) => step));
  expect(got[0]?.loss).toBe(expected[0]?.loss);
  for (const [index, { loss = Number.NaN }] of got.entries()) {
    expect(Math.abs(loss - (expected[index]?.loss ?? Number.NaN))).toBeLessThan(1e-4);
  }
});
