import { readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { launchRun } from "../../../src/run/launch/launch.js";
import type { Run } from "../../../src/run/run.js";
import { stepAhead } from "../../../src/run/save-now.js";
import { fakePlan, runsFolder } from "../../support/fake-plan.js";

const launched: Run[] = [];
afterEach(async () => {
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

const saving = "callbacks:\n- type: CheckpointMonitor\n";

async function launch(steps: number, config = saving): Promise<Run> {
  const environment = { FAKE_SAVE_EVERY: "10", FAKE_STEP_MS: "20" };
  const run = await launchRun(fakePlan({ steps, environment, config }), { name: "first", folder: runsFolder() });
  launched.push(run);
  return run;
}

/** Plays the ranks: answers each request that appears beside the control file, in the order given. */
function answers(run: Run, given: readonly ((step: number) => object)[]): number[] {
  const control = join(run.folder, "control");
  const asked: number[] = [];
  const seen = new Set<string>();
  const watcher = watch(control, (_, name) => {
    if (name !== "save.json") return;
    const { id, step } = JSON.parse(readFileSync(join(control, name), "utf8")) as { id: string; step: number };
    if (seen.has(id)) return;
    seen.add(id);
    asked.push(step);
    const answer = { id, ranks: 2, ...given[asked.length - 1]?.(step) };
    writeFileSync(join(control, "save-answer.json"), JSON.stringify(answer));
    if (asked.length === given.length) watcher.close();
  });
  return asked;
}

it("asks again for a later step when a rank saw the request too late, and returns the recorded checkpoint", async () => {
  const run = await launch(3000);
  const late = (step: number) => ({ step, saves: false, noted: 1 });
  // The engine saves every tenth step: the one that the ranks agree on shall be such a step.
  const asked = answers(run, [late, (step) => ({ step: Math.ceil(step / 10) * 10, saves: true, noted: 2 })]);
  const saved = await run.saveNow();
  expect(asked).toHaveLength(2);
  expect(saved).toMatchObject({ complete: true, step: Math.ceil(Number(asked[1]) / 10) * 10 });
});

it("says why no checkpoint can be had: ranks that never agree, a run that has ended, no callback that saves", async () => {
  const run = await launch(3000);
  const late = (step: number) => ({ step, saves: false, noted: 1 });
  answers(run, [late, late, late]);
  await expect(run.saveNow()).rejects.toThrow(/1 of 2 ranks saw the request before step \d+/);
  await run.stop({ graceful: false });
  await expect(run.saveNow()).rejects.toThrow(/but the run is stopped at step \d+/);
  const bare = await launch(3000, "seed: 1\n");
  await expect(bare.saveNow()).rejects.toMatchObject({ code: "RUN_NOT_SAVED", hint: "config.saving({ every: 500 })" });
});

it("the step of a request lies seconds ahead of fast steps, and two steps ahead of slow ones", () => {
  expect(stepAhead(100, 10, 0)).toBe(400);
  expect(stepAhead(100, 60_000, 0)).toBe(102);
  expect(stepAhead(0, undefined, 0)).toBe(2);
  expect(stepAhead(100, 10, 1)).toBe(1300);
});
