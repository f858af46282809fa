import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openCheckpoints } from "../../../../src/checkpoint/open/open.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { localNodeOf } from "../../../../src/run/nodes/open/open-nodes.js";
import { RunReader } from "../../../../src/run/read/run-reader.js";
import type { Run } from "../../../../src/run/run.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";

// A silence counts as a hang sooner than in real life, so that the tests need seconds.
process.env.MF_LAB_HANG_MS = "3000";

const launched: Run[] = [];
afterEach(async () => {
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

async function launch(name: string, steps: number, environment = {}): Promise<Run> {
  const run = await launchRun(fakePlan({ steps, environment }), { name, folder: runsFolder() });
  launched.push(run);
  return run;
}

const processesOf = (run: Run) => localNodeOf(run.description, () => run.folder).processes();

async function pidOf(run: Run, role: string, rank?: number): Promise<number> {
  const found = (await processesOf(run)).find((process) => process.role === role && process.rank === rank);
  if (!found) throw new Error(`no ${role} ${rank ?? ""}`);
  return found.pid;
}

describe("a process of the engine that dies silently", () => {
  it("the scheduler is named, although no rank and not msrun says anything", async () => {
    const run = await launch("scheduler", 50_000);
    await run.wait({ untilStep: 3 });
    const pid = await pidOf(run, "scheduler");
    process.kill(pid, "SIGKILL");
    const error = await run.wait({ timeout: "4m" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "RUN_FAILED", message: expect.stringContaining(`scheduler (process ${pid})`) });
    expect(await processesOf(run)).toEqual([]);
  });
});

describe("a training that does not continue", () => {
  it("a stopped worker is named with its state and its step, its stack or the reason for none is kept", async () => {
    const run = await launch("stopped", 50_000);
    await run.wait({ untilStep: 5 });
    process.kill(await pidOf(run, "worker", 1), "SIGSTOP");
    await expect
      .poll(async () => (await run.status()).message, { timeout: 240_000 })
      .toMatch(/^rank 1 hangs after step/);
    const { message } = await run.status();
    expect(message).toContain("its process is stopped (state T)");
    const error = await run.wait({ timeout: "4m" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "RUN_FAILED", rank: 1, message: expect.stringContaining("rank 1 hangs") });
    const events = readFileSync(join(run.folder, "events", "supervisor-1.jsonl"), "utf8").split("\n");
    const fault = JSON.parse(events.find((line) => line.includes('"stacks"')) ?? "{}");
    expect(readFileSync(join(run.folder, fault.stacks), "utf8")).toMatch(/rank 1, process \d+, state T/);
    expect(await processesOf(run)).toEqual([]);
  });

  it("a rank that hangs silently is named, because the others have gone further", async () => {
    const run = await launch("silent", 50_000, { FAKE_HANG: "0:12" });
    const error = await run.wait({ timeout: "4m" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ rank: 0, message: expect.stringContaining("rank 0 hangs after step 12") });
  });

  it("a slow save is no hang", async () => {
    const run = await launch("slow-save", 120, { FAKE_SAVE_EVERY: "60", FAKE_SAVE_MS: "5000" });
    expect(await run.wait({ timeout: "4m" })).toMatchObject({ state: "finished", checkpointStep: 120 });
    expect(readFileSync(join(run.folder, "events", "supervisor-1.jsonl"), "utf8")).not.toContain("fault");
  });
});

describe("checkpoints", () => {
  it("one that is cut on one rank is no event; status, card and openCheckpoints agree", async () => {
    const run = await launch("cut", 45, { FAKE_SAVE_EVERY: "20", FAKE_BROKEN_SAVE: "1:40" });
    const status = await run.wait({ timeout: "4m" });
    expect(status).toMatchObject({ state: "finished", checkpointStep: 20 });
    expect((await openCheckpoints(run.checkpointDir)).latestComplete().step).toBe(20);
    const problem = "the checkpoint of step 40 is incomplete although all ranks reported it: rank 1";
    expect(status.message).toContain(`finished at step 45 of 45, but ${problem}`);
    expect(status.damage).toEqual([expect.stringContaining(problem)]);
    const card = String((await run[displayKey]())["text/plain"]);
    expect(card).toMatch(/checkpoint\s+step 20/);
    expect(card).toMatch(/damage\s+the checkpoint of step 40 is incomplete/);
    expect(readFileSync(join(run.folder, "events", "supervisor-1.jsonl"), "utf8")).toContain(problem);
  });

  it("the last one that is incomplete ends the run as failed if the recovery policy says so", async () => {
    const plan = fakePlan({ steps: 45, environment: { FAKE_SAVE_EVERY: "20", FAKE_BROKEN_SAVE: "1:40" } });
    const recovery = { table: { "checkpoint-failed": ["stop"] } } as const;
    const run = await launchRun(plan, { name: "cut-stop", folder: runsFolder(), recovery });
    launched.push(run);
    const error = await run.wait({ timeout: "4m" }).catch((reason: unknown) => reason);
    const message = expect.stringContaining("the checkpoint of step 40 was not saved on rank 1");
    expect(error).toMatchObject({ code: "RUN_FAILED", message });
    const decided = (await run.decisions()).map(({ decision, finding }) => [decision, finding?.kind]);
    expect(decided).toEqual([["stop", "checkpoint-failed"]]);
  });

  it("an incomplete one before a complete one is no loss: neither status nor message speak of it", async () => {
    const run = await launch("cut-before", 45, { FAKE_SAVE_EVERY: "20", FAKE_BROKEN_SAVE: "1:20" });
    const status = await run.wait({ timeout: "4m" });
    expect(status).toMatchObject({ state: "finished", checkpointStep: 40, message: "finished at step 45 of 45" });
    expect(status.damage).toBeUndefined();
  });

  it("status follows what happens to the files later, and says what is wrong", async () => {
    const run = await launch("later", 45, { FAKE_SAVE_EVERY: "20" });
    expect(await run.wait({ timeout: "4m" })).toMatchObject({ checkpointStep: 40 });
    const file = (await openCheckpoints(run.checkpointDir)).at(40).files[1]?.path ?? "";
    truncateSync(file, 20);
    const cut = await run.status();
    expect(cut).toMatchObject({
      checkpointStep: 20,
      damage: [expect.stringContaining("checkpoint of step 40: rank 1")],
    });
    expect((await openCheckpoints(run.checkpointDir)).latestComplete().step).toBe(20);
    rmSync(join(run.checkpointDir, "rank_1"), { recursive: true });
    const gone = await openCheckpoints(run.checkpointDir);
    expect(gone.at(20)).toMatchObject({ complete: false, issues: [{ message: expect.stringMatching(/rank 1/) }] });
    expect((await run.status()).checkpointStep).toBeUndefined();
  });

  it("what a killed save left is reported, and removed on request", async () => {
    const run = await launch("left", 20);
    await run.wait({ timeout: "4m" });
    const place = join(run.checkpointDir, "rank_0");
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "x_rank_0-1_20.safetensors.tmp"), "half");
    await run.removeLeftovers();
    writeFileSync(join(place, "x_rank_0-1_20.safetensors.tmp"), "half");
    const status = await run.status();
    expect(status.damage).toEqual([expect.stringMatching(/rank_0\/x_rank_0-1_20\.safetensors\.tmp \(4 B\)/)]);
    expect(await run.removeLeftovers()).toEqual(["output/checkpoint/rank_0/x_rank_0-1_20.safetensors.tmp"]);
    expect((await run.status()).damage).toBeUndefined();
  });
});

it("a training that learns nothing is said to: loss that does not move, gradient norm 0", async () => {
  const run = await launch("flat", 40, { FAKE_FLAT: "1" });
  const status = await run.wait({ timeout: "4m" });
  expect(status.warnings).toEqual([
    "the loss has stayed at 10.8249 for 21 steps: the model learns nothing",
    "the gradient norm has been 0 for 3 steps or more: check the learning rate",
  ]);
  expect(String((await run[displayKey]())["text/plain"])).toContain("the model learns nothing");
});

describe("damage of the record", () => {
  it("a damaged run.json is mended by the supervisor, its copy read meanwhile; the run can be stopped", async () => {
    const run = await launch("mended", 50_000);
    await run.wait({ untilStep: 3 });
    writeFileSync(join(run.folder, "run.json"), '{"layout": 2, "na');
    expect((await run.status()).damage).toEqual([expect.stringContaining("run.json is damaged; its copy run-1.json")]);
    await expect.poll(async () => (await run.status()).damage, { timeout: 240_000 }).toBeUndefined();
    expect(await run.stop({ graceful: false })).toMatchObject({ state: "stopped", processes: 0 });
  });

  it("zeroed bytes of events and steps are reported, and the steps made again from the logs", async () => {
    const run = await launch("zeroed", 200);
    await run.wait({ timeout: "4m" });
    const before = await run.steps();
    const steps = join(run.folder, "metrics", "steps-1.bin");
    const bytes = readFileSync(steps);
    bytes.fill(0, 96 * 50 + 30, 96 * 50 + 430);
    writeFileSync(steps, bytes);
    const events = join(run.folder, "events", "supervisor-1.jsonl");
    const lines = readFileSync(events);
    lines.fill(0, 40, 440);
    writeFileSync(events, lines);
    const later = new RunReader(run.folder, run.description);
    expect((await later.steps()).slice()).toEqual(before);
    const { damage } = await later.status();
    expect(damage?.join()).toMatch(/events\/supervisor-1\.jsonl: \d unreadable line/);
    expect(damage?.join()).toMatch(/metrics: [45] unreadable steps/);
  });

  it("steps that a finished run has lost from its record are reported, and read from the logs", async () => {
    const run = await launch("cut", 200);
    await run.wait({ timeout: "4m" });
    const before = await run.steps();
    const file = join(run.folder, "metrics", "steps-1.bin");
    for (const left of [96 * 10, 0]) {
      truncateSync(file, left);
      const later = new RunReader(run.folder, run.description);
      const { step, damage } = await later.status();
      expect([step, damage]).toEqual([200, [expect.stringContaining(`ends at step ${left / 96} of 200`)]]);
      expect((await later.steps()).slice()).toEqual(before);
    }
    rmSync(join(run.folder, "metrics"), { recursive: true });
    const later = new RunReader(run.folder, run.description);
    expect((await later.steps()).slice()).toEqual(before);
  });
});
