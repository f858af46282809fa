import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { planRun } from "../../src/plan/plan-run.js";
import { launchRun } from "../../src/run/launch/launch.js";
import type { Run } from "../../src/run/run.js";
import { type Machines, startMachines } from "../support/hosts/machines.js";
import { type Slurm, startSlurm } from "../support/hosts/slurm.js";
import { standInEngine } from "../support/hosts/stand-in-engine.js";
import { tinyTraining } from "../support/tiny-training.js";

// How Slurm ends jobs: a real Slurm, and the fixture that plays msrun.

const folder = mkdtempSync(join(tmpdir(), "slurm-faults-"));
const launched: Run[] = [];
let machines: Machines;
let slurm: Slurm;
let python: string;

beforeAll(async () => {
  machines = await startMachines(2);
  slurm = await startSlurm(machines);
  mkdirSync(join(folder, "sync"));
  const environment = { FAKE_STEPS: "3000", FAKE_STEP_MS: "100", FAKE_SAVE_EVERY: "50", FAKE_STATE: "1" };
  Object.assign(process.env, environment, { SLURM_CONF: slurm.config, FAKE_SYNC: join(folder, "sync") });
  python = standInEngine(folder);
});
afterAll(async () => {
  for (const run of launched) await run.stop({ graceful: false }).catch(() => undefined);
  await slurm?.close();
  await machines.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

async function launch(name: string, more: { requeue?: boolean; retries?: number } = {}): Promise<Run> {
  const { requeue = false, retries } = more;
  const config = await tinyTraining(folder, 3000);
  const cluster = { device: "CPU" as const, via: "slurm" as const, nodeCount: 2, python, slurm: { requeue } };
  const plan = await planRun(config, { cluster });
  const recovery = retries === undefined ? {} : { recovery: { retries } };
  const run = await launchRun(plan, { name, folder: join(folder, "runs"), ...recovery });
  launched.push(run);
  await run.wait({ untilStep: 10, timeout: "2m" });
  return run;
}

const jobOf = (run: Run) =>
  execFileSync("squeue", ["-h", "-o", "%i", "-t", "RUNNING", "-n", run.name], { encoding: "utf8" }).trim();

it("a job that another one preempts is named as preempted", async () => {
  const run = await launch("preempted");
  const urgent = ["-p", "urgent", "-N", "2", "--exclusive", "--output=/dev/null", "--wrap", "sleep 2"];
  execFileSync("sbatch", urgent, { cwd: folder });
  await expect(run.wait({ timeout: "2m" })).rejects.toMatchObject({
    code: "RUN_FAILED",
    message: expect.stringMatching(/for another one \(preempted\)/),
  });
});

it("a node that fails is named as the cause", async () => {
  const run = await launch("node-failed");
  machines.all[1]?.cut();
  try {
    await expect(run.wait({ timeout: "4m" })).rejects.toMatchObject({
      code: "RUN_FAILED",
      message: expect.stringMatching(/a node of the job failed/),
    });
  } finally {
    machines.all[1]?.mend();
  }
});

it("a worker that dies is restarted within the nodes of the job, and the run continues from its checkpoint", async () => {
  const run = await launch("restarted", { retries: 2 });
  await run.wait({ untilStep: 60, timeout: "2m" });
  const { pid = 0 } = (await run.nodes()).rows[1]?.processes?.find(({ role }) => role === "worker") ?? {};
  const job = jobOf(run);
  machines.run(machines.all[1]?.name ?? "", "kill", "-KILL", String(pid));
  await run.wait({ untilStep: 120, timeout: "4m" }).catch(async (error) => {
    throw new Error(`${error.message}\n${JSON.stringify(await run.decisions())}`);
  });
  expect((await run.status()).attempt).toBe(2);
  expect(readFileSync(join(run.folder, "run.json"), "utf8")).toContain('"attempt": 2');
  expect(jobOf(run)).toBe(job);
  await run.stop({ graceful: false });
  expect(execFileSync("squeue", ["-h", "-n", run.name], { encoding: "utf8" })).toBe("");
});

it("a job that Slurm puts back into its queue continues from its checkpoint, without a recovery policy", async () => {
  const run = await launch("requeued", { requeue: true });
  const checkpoint = async () => (await run.status()).checkpointStep;
  await expect.poll(checkpoint, { timeout: 120_000, interval: 500 }).toBeGreaterThanOrEqual(50);
  const job = jobOf(run);
  execFileSync("scontrol", ["requeue", job]);
  const attempt = async () => (await run.status()).attempt;
  await expect.poll(attempt, { timeout: 60_000, interval: 500 }).toBe(2);
  await run.wait({ untilStep: 150, timeout: "5m" });
  expect(jobOf(run)).toBe(job);
  const stopped = await run.stop();
  expect(stopped).toMatchObject({ state: "stopped", checkpointStep: stopped.step });
  const [decision] = [...(await run.decisions())];
  expect(decision?.reason).toMatch(
    /^Slurm put job \d+ back into its queue, .*continues from the checkpoint of step \d+/,
  );
  expect((await run.steps()).map(({ step }) => step)).toEqual(
    Array.from({ length: stopped.step }, (_, index) => index + 1),
  );
});
