import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../../src/core/clock.js";
import { markedProcesses } from "../../../../src/core/liveness/process-table.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { openRun } from "../../../../src/run/open.js";
import { LeaseWatch, readLease } from "../../../../src/run/record/lease.js";
import type { Run } from "../../../../src/run/run.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";

// A lease expires sooner than in real life, so that the tests need seconds. On a busy machine a beat may be late, and
// waiting for an event may take long.
process.env.MF_LAB_LEASE_MS = "8000";
const patience = { timeout: 240_000 };

const launched: Run[] = [];
afterEach(async () => {
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

async function launch(name: string, steps: number, environment = {}): Promise<Run> {
  const run = await launchRun(fakePlan({ steps, environment }), { name, folder: runsFolder() });
  launched.push(run);
  return run;
}

const leaseOf = async (run: Run) => (await readLease(join(run.folder, "lease")))?.lease;

/** Waits until somebody stands by, as it does some seconds after the launch. */
async function standbyOf(run: Run): Promise<number> {
  const lock = join(run.folder, "control", "standby.lock");
  await expect.poll(() => existsSync(lock), patience).toBe(true);
  return JSON.parse(readFileSync(lock, "utf8")).pid;
}

async function supervisorOf(run: Run): Promise<number> {
  return (await leaseOf(run))?.holder.pid ?? 0;
}

function isContinuous(steps: readonly { readonly step: number }[], last: number): void {
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
}

describe("a supervisor that dies", () => {
  it("is replaced by the standby: the record is complete, and nothing is trained twice", async () => {
    const run = await launch("killed", 700, { FAKE_SAVE_EVERY: "100" });
    const standby = await standbyOf(run);
    const launcher = (await markedProcesses("MF_LAB_RUN", run.folder)).map(({ pid }) => pid).sort();
    process.kill(await supervisorOf(run), "SIGKILL");
    await expect.poll(async () => (await leaseOf(run))?.number, patience).toBe(2);
    expect(await supervisorOf(run)).toBe(standby);
    expect((await markedProcesses("MF_LAB_RUN", run.folder)).map(({ pid }) => pid).sort()).toEqual(launcher);
    const status = await run.wait({ timeout: "4m" });
    expect(status).toMatchObject({ state: "finished", step: 700, attempt: 1, checkpointStep: 700, processes: 0 });
    isContinuous(await run.steps(), 700);
    const events = readFileSync(join(run.folder, "events", "supervisor-2.jsonl"), "utf8");
    expect(JSON.parse(events.split("\n")[0] as string)).toMatchObject({ kind: "takeover", lease: 2 });
    expect(readdirSync(join(run.folder, "logs"))).toEqual(["attempt-1", "supervisor.log"]);
  });

  it("together with its standby is replaced when a cell waits, also after the training has ended", async () => {
    const run = await launch("both", 300);
    const standby = await standbyOf(run);
    process.kill(standby, "SIGKILL");
    process.kill(await supervisorOf(run), "SIGKILL");
    await expect.poll(async () => (await run.status()).processes, patience).toBe(0);
    expect((await run.status()).state).toMatch(/lost|finished/);
    expect(await run.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 300 });
    isContinuous(await run.steps(), 300);
  });

  it("leaves a run that can be stopped with a checkpoint", async () => {
    const run = await launch("stoppable", 5000);
    process.kill(await supervisorOf(run), "SIGKILL");
    const status = await run.stop();
    expect(status).toMatchObject({ state: "stopped", processes: 0 });
    expect(status.checkpointStep).toBe(status.step);
    isContinuous(await run.steps(), status.step);
  });
});

it("a frozen supervisor is replaced when its lease has expired, and ended so that it can't thaw", async () => {
  const run = await launch("frozen", 1200);
  const standby = await standbyOf(run);
  const frozen = await supervisorOf(run);
  process.kill(frozen, "SIGSTOP");
  await expect.poll(async () => (await leaseOf(run))?.number, patience).toBe(2);
  expect(await supervisorOf(run)).toBe(standby);
  await expect.poll(() => existsSync(`/proc/${frozen}`), patience).toBe(false);
  expect(await run.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 1200 });
  isContinuous(await run.steps(), 1200);
});

it("a reader sees that a supervisor which it can't see has died by its beat, not by any clock", async () => {
  let elapsed = 0;
  const clock = { ...systemClock, elapsed: () => elapsed };
  const run = await launch("elsewhere", 3000);
  const watch = new LeaseWatch(() => join(run.folder, "lease"), clock, 10_000);
  expect(await watch.look()).toBe("held");
  const { beat = 0 } = watch.lease ?? {};
  elapsed = 60_000;
  await expect.poll(async () => (await leaseOf(run))?.beat, patience).toBeGreaterThan(beat);
  expect(await watch.look()).toBe("held");
  process.kill(await supervisorOf(run), "SIGSTOP");
  await watch.look();
  elapsed += 9000;
  expect(await watch.look()).toBe("held");
  elapsed += 2000;
  expect(await watch.look()).toBe("expired");
});

describe("a run folder that is moved or deleted while the run is live", () => {
  it("renamed: the run continues there, can be opened and stopped, and keeps its checkpoints together", async () => {
    const run = await launch("before", 20_000, { FAKE_SAVE_EVERY: "100" });
    await run.wait({ untilStep: 20 });
    const folder = join(run.folder, "..");
    renameSync(run.folder, join(folder, "after"));
    const moved = await openRun("after", { folder });
    expect(moved.description.id).toBe(run.description.id);
    const note = async () => readFileSync(join(moved.folder, "events", "supervisor-1.jsonl"), "utf8");
    await expect.poll(note, patience).toContain("was moved to");
    const { step } = await moved.status();
    await moved.wait({ untilStep: step + 150, timeout: "4m" });
    const status = await moved.stop();
    expect(status).toMatchObject({ state: "stopped", processes: 0 });
    expect(status.checkpointStep).toBe(status.step);
    isContinuous(await moved.steps(), status.step);
  });

  it("deleted: the engine is ended, and a waiting cell fails with the reason", async () => {
    const run = await launch("deleted", 20_000);
    await run.wait({ untilStep: 5 });
    const told = run.wait({ timeout: "4m" }).catch((error: Error) => error.message);
    renameSync(run.folder, `${run.folder}.trash`);
    rmSync(`${run.folder}.trash`, { recursive: true, force: true });
    expect(await told).toMatch(/run folder .* was moved or deleted/);
    await expect.poll(async () => (await markedProcesses("MF_LAB_RUN", run.folder)).length, patience).toBe(0);
    launched.splice(0);
  });
});
