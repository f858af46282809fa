import { mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, watch } from "node:fs";
import { copyFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { processStat } from "../../../src/core/liveness/process-table.js";
import { resumeRun } from "../../../src/run/launch/resume.js";
import { runPaths } from "../../../src/run/record/layout.js";
import { readLease } from "../../../src/run/record/lease.js";
import type { Run } from "../../../src/run/run.js";
import { FaultLab, processOf } from "../../support/fault-lab.js";

const recovery = { hangAfter: "30s", backoff: { first: "1s" } };
const lab = new FaultLab("faults", inject("compiledGraphs"));
beforeAll(() => lab.calm(), 600_000);
afterAll(() => lab.end());

const made = async (run: Run) => (await run.decisions()).filter(({ decision }) => decision !== "note");
const kill = (pid: number, signal: NodeJS.Signals = "SIGKILL") => process.kill(pid, signal);
const fileOf = async (run: Run, step: number, rank: number) => {
  const found = (await openCheckpoints(run.checkpointDir)).at(step).files.find((file) => file.rank === rank);
  return found?.path ?? "";
};

/** Waits for the end, and checks what every fault that can be cured has in common. */
async function healed(run: Run, fault: string, foundWithinMs = 30_000): Promise<void> {
  expect(await run.wait({ timeout: "9m" })).toMatchObject({ state: "finished", step: 80 });
  await lab.close(run, fault);
  for (const { t1 } of (await run.incidents()).all) expect(t1).toBeLessThan(foundWithinMs);
  await lab.expectCalmLosses(run);
}

it.each([
  ["a worker", "worker", 1],
  ["msrun", "launcher", undefined],
  ["the scheduler", "scheduler", undefined],
] as const)("SIGKILL of %s: restarts from the newest checkpoint", async (what, role, rank) => {
  const run = await lab.launch(`kill-${role}`, { recovery });
  await run.wait({ untilStep: 30, timeout: "8m" });
  kill(await processOf(run, role, rank));
  await healed(run, `SIGKILL of ${what}`);
  expect((await made(run)).map(({ decision }) => decision)).toEqual(["restart", "resume exact"]);
});

it("SIGKILL of a worker while msrun looks away: blames the killed rank, not its peer", async () => {
  const run = await lab.launch("kill-unseen", { recovery });
  await run.wait({ untilStep: 30, timeout: "8m" });
  const [launcher, peer] = [await processOf(run, "launcher"), await processOf(run, "worker", 0)];
  kill(launcher, "SIGSTOP");
  kill(await processOf(run, "worker", 1));
  await expect.poll(() => processStat(peer), { timeout: 120_000, interval: 100 }).toBeUndefined();
  // Unless the supervisor has seen the death itself and ended msrun.
  if (processStat(launcher) !== undefined) kill(launcher, "SIGCONT");
  await healed(run, "SIGKILL of a worker while msrun looks away");
  expect((await made(run))[0]).toMatchObject({ decision: "restart", finding: { rank: 1, cause: "killed" } });
});

it("SIGKILL of the supervisor: the training continues, and another supervisor records it without a gap", async () => {
  const run = await lab.launch("kill-supervisor", { recovery });
  await run.wait({ untilStep: 10, timeout: "8m" });
  const before = (await readLease(runPaths(run.folder).lease))?.lease;
  kill(before?.holder.pid ?? 0);
  await healed(run, "SIGKILL of the supervisor");
  expect((await readLease(runPaths(run.folder).lease))?.lease.number).toBe((before?.number ?? 0) + 1);
  expect(await made(run)).toEqual([]);
});

it("SIGSTOP of a worker: keeps the stacks, names the rank, restarts", async () => {
  const run = await lab.launch("hang", { recovery });
  await run.wait({ untilStep: 50, timeout: "8m" });
  kill(await processOf(run, "worker", 1), "SIGSTOP");
  await healed(run, "SIGSTOP of a worker", 60_000);
  expect((await made(run))[0]).toMatchObject({ decision: "restart", finding: { kind: "hang", rank: 1 } });
  const logs = runPaths(run.folder).logs(1, 0);
  const stacks = readdirSync(logs).find((name) => name.startsWith("stacks-")) ?? "";
  expect(readFileSync(join(logs, stacks), "utf8")).toMatch(/rank 1/);
});

it.each([
  ["truncated", async (path: string) => truncateSync(path, 1000)],
  ["deleted", async (path: string) => rmSync(path)],
] as const)("a %s checkpoint of one rank is never loaded", async (what, damage) => {
  const run = await lab.launch(`checkpoint-${what}`, { recovery });
  await run.wait({ untilStep: 43, timeout: "8m" });
  await damage(await fileOf(run, 40, 1));
  kill(await processOf(run, "worker", 0));
  await healed(run, `checkpoint of one rank ${what}`);
});

it("a checkpoint of one rank with the content of another step is never loaded", async () => {
  const run = await lab.launch("checkpoint-swapped", { recovery });
  await run.wait({ untilStep: 43, timeout: "8m" });
  const path = await fileOf(run, 40, 1);
  await copyFile(await fileOf(run, 20, 1), `${path}.other`);
  await rename(`${path}.other`, path);
  kill(await processOf(run, "worker", 0));
  await healed(run, "checkpoint of one rank swapped for another step's");
});

it("a kill during a save: the torn checkpoint is never loaded", async () => {
  const run = await lab.launch("kill-in-save", { recovery });
  await run.wait({ untilStep: 30, timeout: "8m" });
  const pid = await processOf(run, "worker", 1);
  const place = join(run.checkpointDir, "rank_1");
  await new Promise<void>((done) => {
    const watching = watch(place, () => {
      watching.close();
      kill(pid);
      done();
    });
  });
  await healed(run, "SIGKILL during a save");
});

it("a kill during a recovery: the next attempt starts from the same checkpoint", async () => {
  const run = await lab.launch("kill-in-recovery", { recovery });
  await run.wait({ untilStep: 30, timeout: "8m" });
  kill(await processOf(run, "worker", 1));
  await expect.poll(async () => (await run.status()).attempt, { timeout: 60_000, interval: 100 }).toBe(2);
  const second = () => processOf(run, "worker", 0);
  await expect
    .poll(
      () =>
        second().then(
          () => true,
          () => false,
        ),
      { timeout: 60_000, interval: 100 },
    )
    .toBe(true);
  kill(await second());
  await healed(run, "SIGKILL during a recovery");
  expect((await made(run)).map(({ decision }) => decision)).toEqual(["restart", "restart", "resume exact"]);
});

it("SIGTERM of the supervisor, as before a preemption: saves, ends, and is resumed exactly", async () => {
  const run = await lab.launch("preempted", { recovery });
  await run.wait({ untilStep: 30, timeout: "8m" });
  kill((await readLease(runPaths(run.folder).lease))?.lease.holder.pid ?? 0, "SIGTERM");
  const ended = await run.wait({ timeout: "5m" });
  expect(ended).toMatchObject({ state: "stopped", checkpointStep: ended.step });
  await lab.close(run, "SIGTERM of the supervisor");
  const next = await resumeRun(run, { name: "preempted-2" });
  expect(await next.wait({ timeout: "9m" })).toMatchObject({ state: "finished", step: 80 });
  await lab.expectCalmLosses(run, next);
});

it("a learning rate that makes NaN: goes back, skips data, lowers the rate, and stops instead of going round in circles", async () => {
  const config = (await lab.config()).set("lr_schedule.learning_rate", 1e30);
  const run = await lab.launch("nan", { recovery, config });
  await expect(run.wait({ timeout: "9m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  await lab.close(run, "NaN by a planted learning rate");
  const actions = (await made(run)).map(({ decision }) => decision);
  expect(actions).toEqual(["go-back", "skip-data", "go-back", "lower-learning-rate", "stop"]);
});

it("a save that fails on one rank ends the run with the reason", async () => {
  const run = await lab.launch("save-fails", { recovery });
  await run.wait({ untilStep: 25, timeout: "8m" });
  const place = join(run.checkpointDir, "rank_1");
  await rename(place, `${place}-kept`);
  mkdirSync(join(place, "..", "blocked"));
  await copyFile(join(run.folder, "config.yaml"), place);
  await expect(run.wait({ timeout: "9m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  await lab.close(run, "save fails on one rank");
});
