import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openCheckpoints } from "../../src/checkpoint/open/open.js";
import { planRun } from "../../src/plan/plan-run.js";
import { launchRun } from "../../src/run/launch/launch.js";
import type { NodeProcess } from "../../src/run/nodes/node.js";
import { localNodeOf } from "../../src/run/nodes/open/open-nodes.js";
import type { Run } from "../../src/run/run.js";
import { supervisorsOf, tinyTraining, writtenEvents } from "../support/tiny-training.js";

// Faults of one machine with the real engine, two workers. The runs share a folder, so the graph is compiled once.

const folder = mkdtempSync(join(tmpdir(), "real-faults-"));
const launched: Run[] = [];
afterAll(async () => {
  for (const run of launched) await run.stop({ graceful: false }).catch(() => undefined);
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

interface Wanted {
  readonly steps?: number;
  readonly saveEvery?: number;
  readonly learningRate?: number;
}

async function launch(name: string, { steps = 600, saveEvery = 1000, learningRate }: Wanted = {}): Promise<Run> {
  const config = (await tinyTraining(folder, steps)).set("callbacks.2.save_checkpoint_steps", saveEvery);
  if (learningRate !== undefined) config.set("lr_schedule.learning_rate", learningRate);
  const plan = await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 }, onErrors: "show" });
  const run = await launchRun(plan, { name, folder: join(folder, "runs"), override: "the fault is planned" });
  launched.push(run);
  return run;
}

async function processOf(run: Run, role: NodeProcess["role"], rank?: number): Promise<NodeProcess> {
  const found = (await localNodeOf(run.description, () => run.folder).processes()).find(
    (each) => each.role === role && each.rank === rank,
  );
  if (!found) throw new Error(`no ${role} ${rank ?? ""}`);
  return found;
}

const left = async (run: Run) => (await localNodeOf(run.description, () => run.folder).processes()).length;

it("a scheduler that is killed is named within 10 seconds", async () => {
  const run = await launch("scheduler");
  await run.wait({ untilStep: 5, timeout: "5m" });
  const { pid } = await processOf(run, "scheduler");
  process.kill(pid, "SIGKILL");
  const began = Date.now();
  await expect(run.wait({ timeout: "2m" })).rejects.toMatchObject({
    code: "RUN_FAILED",
    message: expect.stringContaining("scheduler"),
  });
  const fault = writtenEvents(run).find(({ kind }) => kind === "fault");
  expect((fault?.time ?? Number.POSITIVE_INFINITY) - began).toBeLessThan(10_000);
  expect(await left(run)).toBe(0);
});

it("a supervisor that is killed is replaced, no step is recorded twice, and the run can be stopped with a checkpoint", async () => {
  const run = await launch("supervisor");
  await run.wait({ untilStep: 5, timeout: "5m" });
  const [first] = supervisorsOf(run);
  process.kill(first as number, "SIGKILL");
  await run.wait({ untilStep: 60, timeout: "3m" });
  const stopped = await run.stop();
  expect(stopped).toMatchObject({ state: "stopped", checkpointStep: stopped.step });
  expect((await run.steps()).map(({ step }) => step)).toEqual(
    Array.from({ length: stopped.step }, (_, index) => index + 1),
  );
  expect(writtenEvents(run).some(({ kind }) => kind === "takeover")).toBe(true);

  // The folder of the highest rank is lost later: the record knows that there were two.
  writeFileSync(join(run.checkpointDir, "rank_0", "half.safetensors.tmp"), "half a file");
  rmSync(join(run.checkpointDir, "rank_1"), { recursive: true });
  const status = await run.status();
  expect(status.checkpointStep).toBeUndefined();
  expect(status.damage?.join("\n")).toMatch(/rank 1: no file/);
  expect((await openCheckpoints(run.checkpointDir)).all.some(({ complete }) => complete)).toBe(false);
  expect((await run.removeLeftovers()).length).toBe(1);
  expect(readdirSync(join(run.checkpointDir, "rank_0")).some((name) => name.endsWith(".tmp"))).toBe(false);
});

it("a worker that is stopped is named within 60 seconds and its state is recorded; no healthy rank is blamed", async () => {
  const run = await launch("stopped");
  await run.wait({ untilStep: 5, timeout: "5m" });
  const worker = await processOf(run, "worker", 1);
  process.kill(worker.pid, "SIGSTOP");
  const began = Date.now();
  await expect(run.wait({ timeout: "4m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  const { failure } = await run.status();
  const first = writtenEvents(run).find(({ kind }) => kind === "fault");
  expect(first).toMatchObject({ rank: 1, message: expect.stringContaining("stopped (state T)") });
  expect((first?.time ?? Number.POSITIVE_INFINITY) - began).toBeLessThan(70_000);
  expect(failure?.cause?.initiating).toEqual([1]);
  expect(await left(run)).toBe(0);
});

it("a save that fails on one rank is no checkpoint: events, status, and openCheckpoints agree", async () => {
  const run = await launch("half-saved", { saveEvery: 20 });
  mkdirSync(run.checkpointDir, { recursive: true });
  writeFileSync(join(run.checkpointDir, "rank_1"), "a file where a folder should be");
  const end = await run.wait({ timeout: "5m" }).catch((error: unknown) => error);
  expect(end).toMatchObject({ code: "RUN_FAILED" });
  expect(writtenEvents(run).some(({ kind }) => kind === "checkpoint")).toBe(false);
  expect((await run.status()).checkpointStep).toBeUndefined();
  const found = await openCheckpoints(run.checkpointDir).catch(() => undefined);
  expect(found?.all.some(({ complete }) => complete) ?? false).toBe(false);
});

it("a learning rate of 1e6 trains nothing, and the status says so", async () => {
  const run = await launch("too-fast", { steps: 40, learningRate: 1e6 });
  const ended = await run.wait({ timeout: "5m" });
  expect(ended.state).toBe("finished");
  expect(ended.warnings?.join("\n")).toMatch(/the model learns nothing|gradient norm has been 0/);
});
