import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Checkpoint } from "../../../src/checkpoint/open/checkpoint.js";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { openConfig } from "../../../src/config/open.js";
import { RunFailedError } from "../../../src/core/error.js";
import { markedProcesses } from "../../../src/core/liveness/process-table.js";
import { builtFile } from "../../../src/core/package-root.js";
import { logBytes } from "../../../src/plan/estimate/disk.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { resumeRun } from "../../../src/run/launch/resume.js";
import { localNodeOf } from "../../../src/run/nodes/open/open-nodes.js";
import { openRun } from "../../../src/run/open.js";
import type { Run } from "../../../src/run/run.js";
import { freePort } from "../../support/ports.js";
import { writeTokenFiles } from "../../support/token-files.js";

const folder = mkdtempSync(join(tmpdir(), "real-run-"));
const runs = join(folder, "runs");
const launched: Run[] = [];
const nodeOf = (run: Run) => localNodeOf(run.description, () => run.folder);
afterAll(async () => {
  for (const run of launched) await nodeOf(run).end({ graceMs: 0 });
  rmSync(folder, { recursive: true, force: true });
});

/** A configuration of a very small model: 300 steps of 2 workers. */
async function smallConfig(): Promise<string> {
  mkdirSync(join(folder, "data"), { recursive: true });
  const prefix = join(folder, "data", "tokens");
  writeTokenFiles(prefix, { count: 2000, length: 65, vocabulary: 1000 });
  const loader = "train_dataset.data_loader";
  return (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set(`${loader}.config.data_path.1`, prefix)
    .set(`${loader}.sizes.0`, 600)
    .set(`${loader}.config.seq_length`, 64)
    .set("model.model_config.seq_length", 64)
    .set("model.model_config.vocab_size", 1000)
    .set("callbacks.2.save_checkpoint_steps", 40).text;
}

/** Launches from a process of its own, as a kernel would, and kills that process with SIGKILL. */
async function launchFromKilledProcess(name: string): Promise<Run> {
  const configFile = join(folder, "config.yaml");
  writeFileSync(configFile, await smallConfig());
  const script = `
    const { launchRun, openConfig, planRun } = await import(${JSON.stringify(builtFile("src/index.js"))});
    const config = await openConfig(${JSON.stringify(configFile)});
    const plan = await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 } });
    await launchRun(plan, ${JSON.stringify({ name, folder: runs })});
    console.log("launched");
    setInterval(() => undefined, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve, reject) => {
    parent.stdout.once("data", resolve);
    parent.once("exit", () => reject(new Error("the launching process ended")));
  });
  parent.kill("SIGKILL");
  const run = await openRun(name, { folder: runs });
  launched.push(run);
  return run;
}

const alive = async (run: Run) => (await markedProcesses("MF_LAB_RUN", run.folder)).length;

/** What the plan of this run said, against what the engine did. */
async function comparePlan(run: Run, checkpoint: Checkpoint): Promise<void> {
  const config = await openConfig(await smallConfig());
  const plan = await planRun(config, {
    cluster: { device: "CPU", devicesPerNode: 2 },
    speed: { steps: await run.steps() },
  });
  expect(plan.totalSteps).toBe(run.description.totalSteps);
  expect((await run.status()).totalSteps).toBe(plan.totalSteps);
  const weights = [...(await checkpoint.tensors({ rank: 0 }))].filter(({ kind }) => kind === "weight");
  expect(weights.reduce((sum, { elements }) => sum + elements, 0)).toBe(plan.parameters?.total);
  expect(Math.abs(checkpoint.bytes / (plan.checkpointBytes ?? 0) - 1)).toBeLessThan(0.01);
  // Two thirds of the steps took at most twice and at least half the median that the plan was given.
  const { stepMs = 0 } = plan.duration ?? {};
  const near = (await run.steps()).filter(({ stepTimeMs }) => stepTimeMs < 2 * stepMs && stepTimeMs > stepMs / 2);
  expect(near.length).toBeGreaterThan((await run.steps()).length * 0.66);
  // Logs as the plan counts them, for the steps done so far.
  const steps = (await run.steps()).length;
  const logs = (await folderBytes(join(run.folder, "logs"))) / (2 * (logBytes.start + logBytes.step * steps));
  expect(logs).toBeGreaterThan(0.6);
  expect(logs).toBeLessThan(1.4);
}

async function folderBytes(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

it("trains on when its launcher is killed, does what its plan said, stops gracefully with a checkpoint, resumes at the next step; a killed worker fails the run", async () => {
  const run = await launchFromKilledProcess("first");
  await run.wait({ untilStep: 45, timeout: "4m" });
  const stopped = await run.stop();
  expect(stopped).toMatchObject({ state: "stopped", totalSteps: 300, processes: 0 });
  expect(await alive(run)).toBe(0);
  const steps = await run.steps();
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: stopped.step }, (_, index) => index + 1));
  expect(steps[0]?.loss).toBeGreaterThan(6);
  expect(steps.at(-1)?.loss).toBeLessThan(Number(steps[0]?.loss));
  expect(steps[0]?.gradNorm).toBeGreaterThan(0);
  const checkpoints = await openCheckpoints(run.checkpointDir);
  const last = checkpoints.latestComplete();
  expect(last.step).toBe(stopped.step);
  expect(checkpoints.at(40).complete).toBe(true);
  expect(stopped.checkpointStep).toBe(stopped.step);

  await comparePlan(run, checkpoints.at(40));

  const next = await resumeRun(run, { from: checkpoints.at(40), name: "second" });
  launched.push(next);
  await next.wait({ untilStep: 50, timeout: "4m" });
  const again = await next.steps();
  expect(again[0]?.step).toBe(41);
  for (const step of again.slice(0, 5)) expect(step.loss).toBeCloseTo(Number(steps[step.step - 1]?.loss), 4);

  const victim = (await nodeOf(next).processes()).find(({ role, rank }) => role === "worker" && rank === 1)?.pid ?? 0;
  process.kill(victim, "SIGKILL");
  const began = Date.now();
  const error = await next.wait({ timeout: "1m" }).catch((reason: unknown) => reason);
  expect(Date.now() - began).toBeLessThan(8000);
  expect(error).toBeInstanceOf(RunFailedError);
  expect(error).toMatchObject({ rank: 1, signal: "SIGKILL" });
  expect((error as RunFailedError).logTail.join("\n")).toContain("per_step_time");
  expect(await alive(next)).toBe(0);
  expect(readFileSync(join(next.folder, "logs", "attempt-1", "node-0", "msrun.log"), "utf8")).toContain(
    "Error code: -9",
  );
});

it("an ejected plan trains without this library: the node's script alone gives a checkpoint by MindFormers", async () => {
  const config = await openConfig(await smallConfig());
  config.set("train_dataset.data_loader.sizes.0", 4).set("callbacks.2.save_checkpoint_steps", 2);
  const plan = await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2, port: await freePort() } });
  expect(plan.totalSteps).toBe(2);
  const place = join(folder, "ejected");
  await plan.eject("msrun", { folder: place }).save(place);
  // The graph is the one that the test before has compiled.
  const graphs = join(runs, ".compiler-cache");
  for (const key of readdirSync(graphs)) cpSync(join(graphs, key), join(place, "compiler-cache"), { recursive: true });
  const { HOME = place } = process.env;
  execFileSync("bash", [join(place, "node.sh")], {
    env: { HOME, PATH: "/usr/bin:/bin" },
    cwd: folder,
    timeout: 400_000,
  });
  const checkpoints = await openCheckpoints(join(place, "output", "checkpoint"));
  expect(checkpoints.latestComplete()).toMatchObject({ step: 2, ranks: [0, 1] });
  expect(Math.abs(checkpoints.latestComplete().bytes / (plan.checkpointBytes ?? 0) - 1)).toBeLessThan(0.01);
  expect(readFileSync(join(place, "logs", "worker_1.log"), "utf8")).toContain("Training Over!");
});
