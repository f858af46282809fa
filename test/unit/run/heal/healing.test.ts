import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { markedProcesses } from "../../../../src/core/liveness/process-table.js";
import type { RecoveryOptions } from "../../../../src/recover/decide/policy.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import type { Run } from "../../../../src/run/run.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";

const launched: Run[] = [];
afterEach(async () => {
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

interface Fault {
  readonly rank: number;
  readonly step: number;
  readonly how: string;
}

async function launch(
  faults: readonly Fault[],
  options: { readonly recovery?: RecoveryOptions; readonly environment?: Record<string, string> } = {},
): Promise<Run> {
  const folder = runsFolder();
  const script = join(folder, "faults.json");
  writeFileSync(script, JSON.stringify(faults));
  const environment = { FAKE_STATE: "1", FAKE_SAVE_EVERY: "20", FAKE_FAULTS: script, ...options.environment };
  const recovery = { backoff: { first: 1, most: 1 }, ...options.recovery };
  const run = await launchRun(fakePlan({ steps: 100, environment }), { name: "heal", folder, recovery });
  launched.push(run);
  return run;
}

/** Losses of a run without faults, by the same arithmetic as the stand-in's. */
function calmLosses(): number[] {
  let weights = 0;
  return Array.from({ length: 100 }, (_, index) => {
    weights = weights * 0.97 + Math.sin((index + 1) * 1.7) + (index + 1) / 1000;
    return Number((9 - Math.log(index + 1) + weights / 50).toFixed(6));
  });
}

async function expectHealed(run: Run): Promise<void> {
  expect(await run.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 100 });
  expect((await run.steps()).map(({ loss }) => loss)).toEqual(calmLosses());
  expect(await markedProcesses("MF_LAB_RUN", run.folder)).toEqual([]);
}

it("a killed worker: continues from the newest checkpoint with the losses of an undisturbed run", async () => {
  // Ten steps after step 40 at the least, as the other rank may be so far behind, and must have saved it.
  const run = await launch([{ rank: 1, step: 52, how: "SIGKILL" }]);
  await expectHealed(run);
  const [restart, compared] = await run.decisions();
  expect(restart).toMatchObject({ decision: "restart", fromStep: 40, finding: { cause: "killed", rank: 1 } });
  expect(restart?.certificate?.verdict).not.toBe("red");
  expect(compared).toMatchObject({ decision: "resume exact" });
  expect((await run.decisions())[displayKey]()["text/plain"]).toContain("resume exact");
  const incidents = await run.incidents();
  expect(incidents.all).toMatchObject([{ number: 1, resumedFrom: 40, action: "restart", rank: 1 }]);
  // The ranks of the stand-in may be ten steps apart.
  expect(Math.abs((incidents.all[0]?.step ?? 0) - 52)).toBeLessThanOrEqual(11);
  expect(incidents.all[0]?.t0).toBeGreaterThan(0);
  expect(incidents.effective).toBeLessThan(1);
  expect((await run.logs({ attempt: 1, rank: 1 })).lines.join("\n")).toContain("step:[   51/");
});

it("a newest checkpoint of which one rank is cut off: the one before is taken, and the decision says why", async () => {
  const run = await launch([{ rank: 1, step: 45, how: "damage" }]);
  await expectHealed(run);
  // The record may hold before that the checkpoint was cut off.
  const decision = (await run.decisions()).find((each) => each.decision !== "note");
  expect(decision).toMatchObject({ decision: "restart", fromStep: 20 });
  expect(decision?.reason).toContain("skipped: step 40");
});

it("a kill in the middle of a save: the half-written checkpoint is never loaded", async () => {
  const run = await launch([{ rank: 0, step: 55, how: "cut-save" }]);
  await expectHealed(run);
  expect((await run.decisions())[0]).toMatchObject({ decision: "restart", fromStep: 40 });
});

it("a kill while meta.json is written: all checkpoints of the rank stay usable", async () => {
  const run = await launch([{ rank: 1, step: 55, how: "cut-notes" }]);
  await expectHealed(run);
  const [decision] = await run.decisions();
  expect(decision).toMatchObject({ decision: "restart", finding: { cause: "killed" } });
  expect([40, 60]).toContain(decision?.fromStep);
});

it("a kill in the middle of the first save: no complete checkpoint is lost, the training starts again", async () => {
  const run = await launch([{ rank: 0, step: 15, how: "cut-save" }]);
  await expectHealed(run);
  const [decision] = await run.decisions();
  expect(decision).toMatchObject({ decision: "restart", finding: { cause: "killed" } });
  expect(decision?.reason).toContain("no complete checkpoint yet: starts again from the beginning");
});

it("a NaN in the weights: goes back to a checkpoint from before it", async () => {
  const run = await launch([
    { rank: 0, step: 50, how: "nan" },
    { rank: 1, step: 50, how: "nan" },
  ]);
  await expectHealed(run);
  expect((await run.decisions())[0]).toMatchObject({
    decision: "go-back",
    fromStep: 40,
    finding: { kind: "loss-not-finite", step: 50 },
  });
});

it("a NaN just before the end, which the engine reached as if nothing were wrong: goes back, too", async () => {
  const faults = [0, 1].map((rank) => ({ rank, step: 97, how: "nan" }));
  const run = await launch(faults, { environment: { FAKE_STEP_MS: "1" } });
  await expectHealed(run);
  const [decision] = await run.decisions();
  expect(decision).toMatchObject({ decision: "go-back", fromStep: 80, finding: { kind: "loss-not-finite", step: 97 } });
});

it("a stopped process: the hang is found, the rank is named, and the training continues", async () => {
  const run = await launch([{ rank: 1, step: 45, how: "SIGSTOP" }], { recovery: { hangAfter: "4s" } });
  await expectHealed(run);
  expect((await run.decisions())[0]).toMatchObject({ decision: "restart", finding: { kind: "hang", rank: 1 } });
});

it("a memory error of a device in the log of a rank that lives on: the training starts again, its node is named", async () => {
  const words = "[ERROR] DEVICE(1,7f,python):2026-11-29 [a.cc:1] HBM multi-bit ECC error, uncorrectable";
  const run = await launch([{ rank: 1, step: 45, how: `say: ${words}` }], { environment: { FAKE_STEP_MS: "50" } });
  await expectHealed(run);
  const [decision] = await run.decisions();
  expect(decision).toMatchObject({ decision: "replace-node", fromStep: 40 });
  expect(decision?.finding).toMatchObject({ kind: "device-error", cause: "device", rank: 1, node: "127.0.0.1" });
});

it("a checkpoint that all ranks reported and one has cut off: a finding, and the training continues", async () => {
  const environment = { FAKE_BROKEN_SAVE: "1:20", FAKE_STEP_MS: "40", FAKE_SAVE_EVERY: "20" };
  const run = await launch([], { environment });
  expect(await run.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 100, attempt: 1 });
  expect(await run.decisions()).toMatchObject([
    { decision: "note", finding: { kind: "checkpoint-failed", cause: "storage", rank: 1 } },
  ]);
});

it("a checkpoint that was cut off counted as progress, so that restarts never ran out", async () => {
  const faults = [25, 26, 27].map((step) => ({ rank: 0, step, how: "SIGKILL" }));
  const environment = { FAKE_BROKEN_SAVE: "1:20" };
  const run = await launch(faults, { recovery: { retries: 1 }, environment });
  await expect(run.wait({ timeout: "4m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  const decisions = (await run.decisions()).filter(({ decision }) => decision !== "note");
  expect(decisions.map(({ decision }) => decision)).toEqual(["restart", "stop"]);
  expect(decisions[1]?.reason).toContain("1 restart since the newest checkpoint");
});

it("an error in the code: ends at once, for it would come back", async () => {
  const run = await launch([{ rank: 0, step: 45, how: "exception: ModuleNotFoundError: No module named 'oops'" }]);
  await expect(run.wait({ timeout: "4m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  expect(await run.decisions()).toMatchObject([{ decision: "stop", finding: { cause: "code" } }]);
  expect(readdirSync(join(run.folder, "logs"))).not.toContain("attempt-2");
});

it("a worker that dies at the same step of every attempt: ends after the second time, with a reason", async () => {
  const run = await launch([], { environment: { FAKE_DIE: "0:30:exception" } });
  await expect(run.wait({ timeout: "4m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  const decisions = (await run.decisions()).map(({ decision, reason }) => `${decision}: ${reason}`);
  expect(decisions.filter((line) => line.startsWith("restart"))).toHaveLength(1);
  expect(decisions.at(-1)).toContain("no progress");
  expect(existsSync(join(run.folder, "logs", "attempt-2"))).toBe(true);
});

it("a program of the user receives every decision, and can forbid it", async () => {
  const place = runsFolder();
  const hook = join(place, "hook.mjs");
  writeFileSync(
    hook,
    `import { appendFileSync, readFileSync } from "node:fs";
const { run, decision } = JSON.parse(readFileSync(0, "utf8"));
appendFileSync(${JSON.stringify(join(place, "told"))}, run + " " + decision.decision);
console.log(JSON.stringify({ veto: "not tonight" }));`,
  );
  const recovery = { onDecision: [process.execPath, hook] };
  const run = await launch([{ rank: 1, step: 45, how: "SIGKILL" }], { recovery });
  await expect(run.wait({ timeout: "4m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  expect(readFileSync(join(place, "told"), "utf8")).toBe("heal restart");
  expect((await run.decisions()).at(-1)).toMatchObject({
    decision: "stop",
    reason: expect.stringContaining("forbids restart: not tonight"),
  });
});
