import { expect, it } from "vitest";
import type { SimulateOptions } from "../../../src/plan/command/simulate.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import type { LaunchablePlan } from "../../../src/run/launch/launchable.js";
import { openRun } from "../../../src/run/open.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { runsFolder } from "../../support/fake-plan.js";

function plan(simulate: Partial<SimulateOptions>): LaunchablePlan {
  return {
    config: { text: "seed: 1\n", get: () => undefined },
    totalSteps: 1000,
    tokensPerStep: 4096,
    cluster: { port: 8118, simulate: { nodes: 64, devicesPerNode: 8, spares: 2, ...simulate } },
    duration: { stepMs: 10_000 },
    disk: { everySteps: 50 },
    commands: () => [],
  };
}

it("a run on a simulated cluster reads like a real one: status, steps, logs, decisions, incidents", async () => {
  const folder = runsFolder();
  const faults = [{ at: "step 520", rank: 37, kind: "node" as const }];
  const run = await launchRun(plan({ faults }), { name: "sim", folder });
  expect(await run.status()).toMatchObject({ state: "finished", step: 1000, totalSteps: 1000, checkpointStep: 1000 });
  expect((await run.status()).damage).toBeUndefined();
  expect((await run.steps()).map(({ step }) => step)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1));
  expect((await run.steps())[999]?.loss).toBeLessThan((await run.steps())[0]?.loss ?? 0);
  expect((await run.logs({ rank: 0, tail: 2 })).lines.join()).toContain("step:[ 1000/ 1000], loss: ");
  expect(await run.decisions()).toMatchObject([{ decision: "replace-node", finding: { node: "node-4" } }]);
  const incidents = await run.incidents();
  expect(incidents.all).toMatchObject([{ step: 520, resumedFrom: 500, node: "node-4" }]);
  for (const part of ["t0", "t1", "t2", "t3", "t4"] as const) expect(incidents.all[0]?.[part]).toBeGreaterThan(0);
  expect((await run[displayKey]())["text/plain"]).toContain("devices that do not exist");
});

it("the same simulation again plays nothing, and another one needs another name", async () => {
  const folder = runsFolder();
  const first = await launchRun(plan({ seed: 3 }), { name: "sim", folder });
  const again = await launchRun(plan({ seed: 3 }), { name: "sim", folder });
  expect(again.note).toContain("already played");
  expect(again.description.id).toBe(first.description.id);
  await expect(launchRun(plan({ seed: 4 }), { name: "sim", folder })).rejects.toMatchObject({ code: "RUN_NAME_TAKEN" });
  expect((await (await openRun("sim", { folder })).status()).state).toBe("finished");
});

it("a plan without a step time is refused with the line to type", async () => {
  const { duration: _, ...bare } = plan({});
  await expect(launchRun(bare, { name: "sim", folder: runsFolder() })).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    hint: expect.stringContaining("stepTime"),
  });
});
