import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listRuns, openRun } from "../../../../src/run/open.js";
import { runsFolder } from "../../../support/fake-plan.js";
import { stepLines } from "../../../support/synthetic-run.js";

/** A run folder as version 1 of the layout had it: one file of events with the steps in it, logs of the only node. */
function oldRun(state: "finished" | "training"): string {
  const runs = runsFolder();
  const folder = join(runs, "old");
  const logs = join(folder, "logs", "attempt-1");
  mkdirSync(logs, { recursive: true });
  const file = {
    ...{ layout: 1, name: "old", createdAt: 1000, host: hostname(), attempt: 1, fingerprint: "f", totalSteps: 6 },
    ...{ tokensPerStep: 256, lossRank: 0, localNode: 0, cluster: {}, versions: {} },
    commands: [{ node: "127.0.0.1", nodeRank: 0, argv: ["/nowhere/msrun", "--worker_num=1"], environment: {} }],
  };
  writeFileSync(join(folder, "run.json"), JSON.stringify(file));
  const supervisor = { pid: 1, startTicks: 1, host: "000000", place: "0".repeat(12) };
  const step = (number: number) => ({
    ...{ kind: "step", time: number * 1000, attempt: 1, step: number, totalSteps: 6, epoch: 1 },
    ...{ loss: 7 - number, stepTimeMs: 571 },
  });
  const events = [
    { kind: "state", time: 1000, attempt: 1, state: "starting", supervisor },
    ...[1, 2, 3].map(step),
    { kind: "state", time: 9000, attempt: 1, state },
  ];
  writeFileSync(join(folder, "events.jsonl"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  writeFileSync(join(logs, "worker_0.log"), [1, 2, 3, 4, 5].map((number) => stepLines(number, 6)).join(""));
  return runs;
}

it("a run of layout 1 opens with its steps, its logs, and its place in the list; nothing is written into it", async () => {
  const folder = oldRun("finished");
  const run = await openRun("old", { folder });
  expect(await run.status()).toMatchObject({ state: "finished", step: 3, loss: 4, totalSteps: 6 });
  expect((await run.steps()).map(({ step }) => step)).toEqual([1, 2, 3]);
  expect((await run.logs({ match: /step:\[\s*5/ })).lines).toHaveLength(1);
  expect(await listRuns({ folder })).toHaveLength(1);
  expect(readdirSync(run.folder).sort()).toEqual(["events.jsonl", "logs", "run.json"]);
});

it("a lost run of layout 1 gets the steps that only its log has", async () => {
  const run = await openRun("old", { folder: oldRun("training") });
  const old = 7 * 24 * 3600;
  utimesSync(join(run.folder, "events.jsonl"), old, old);
  expect(await run.status()).toMatchObject({ state: "lost", step: 5 });
  expect((await run.steps()).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  expect((await run.status()).step).toBe(5);
});
