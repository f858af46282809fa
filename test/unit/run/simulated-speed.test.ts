import { afterEach, expect, it } from "vitest";
import type { SimulateOptions } from "../../../src/plan/command/simulate.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import type { LaunchablePlan } from "../../../src/run/launch/launchable.js";
import { runPaths } from "../../../src/run/record/layout.js";
import { readLease } from "../../../src/run/record/lease.js";
import type { Run } from "../../../src/run/run.js";
import { supervisorsOf } from "../../../src/run/supervise/start/start-supervisor.js";
import { runsFolder } from "../../support/fake-plan.js";

const runs: Run[] = [];
afterEach(async () => {
  for (const run of runs.splice(0)) await run.stop({ graceful: false });
});

/** Nearly three simulated hours: a start of five minutes, 1,000 steps of 10 s, and a node that dies. */
async function launch(simulate: Partial<SimulateOptions>, folder = runsFolder()): Promise<Run> {
  const faults = [{ at: "step 520", rank: 37, kind: "node" as const }];
  const plan: LaunchablePlan = {
    config: { text: "seed: 1\n", get: () => undefined },
    totalSteps: 1000,
    tokensPerStep: 4096,
    cluster: { port: 8118, simulate: { nodes: 64, devicesPerNode: 8, spares: 2, faults, ...simulate } },
    duration: { stepMs: 10_000 },
    disk: { everySteps: 50 },
    commands: () => [],
  };
  const run = await launchRun(plan, { name: "sim", folder });
  runs.push(run);
  return run;
}

/** What a run did, without the time of day. */
async function done(run: Run) {
  const steps = (await run.steps()).map(({ attempt, step, loss, time }) => [attempt, step, loss, time]);
  const begin = Number(steps[0]?.[3]);
  const incidents = (await run.incidents()).all.map(({ step, resumedFrom, t0, t1, t2, t3, t4 }) =>
    [step, resumedFrom, t0, t1, t2, t3, t4].map((value) => Math.round(Number(value) / 1000)),
  );
  return { steps: steps.map(([attempt, step, loss, time]) => [attempt, step, loss, Number(time) - begin]), incidents };
}

it("speed: the run is live while it is played, and ends as the one that is played at once", async () => {
  const atOnce = await done(await launch({}));
  const run = await launch({ speed: 1000 });
  expect(["starting", "preparing", "training"]).toContain((await run.status()).state);
  await run.wait({ untilStep: 1, timeout: "4m" });
  expect(await run.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 1000, attempt: 2 });
  expect((await run.decisions()).map(({ decision }) => decision)).toEqual(["replace-node"]);
  expect(await done(run)).toEqual(atOnce);
  expect((await run.logs({ rank: 0, tail: 2 })).lines.join()).toContain("step:[ 1000/ 1000], loss: ");
});

it("a run that is played slowly can be stopped; nothing of it is left", async () => {
  const run = await launch({ speed: 100 });
  await run.wait({ untilStep: 1, timeout: "4m" });
  const status = await run.stop();
  expect(status.state).toBe("stopped");
  expect(status.step).toBeLessThan(1000);
  expect(await supervisorsOf(run.folder)).toEqual([]);
});

it("a player that was killed: the same launch plays the rest, no step is missing or there twice", async () => {
  const folder = runsFolder();
  const run = await launch({ speed: 1000 }, folder);
  await run.wait({ untilStep: 20, timeout: "4m" });
  process.kill((await readLease(runPaths(run.folder).lease))?.lease.holder.pid ?? 0, "SIGKILL");
  const again = await launch({ speed: 1000 }, folder);
  expect(again.note).toBe("this simulation is being played");
  expect(await again.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 1000 });
  expect((await again.steps()).map(({ step }) => step)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
});

it("a speed that is no number above 0 is refused", async () => {
  for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    await expect(launch({ speed })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining("simulate.speed: expected a number above 0"),
    });
});
