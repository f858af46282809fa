import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { markedProcesses } from "../../../src/core/liveness/process-table.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import type { Run } from "../../../src/run/run.js";
import { type Machines, startMachines } from "../../support/hosts/machines.js";
import { type Slurm, startSlurm } from "../../support/hosts/slurm.js";
import { writeTokenFiles } from "../../support/token-files.js";

const folder = mkdtempSync(join(tmpdir(), "nodes-slurm-"));
const runs = join(folder, "runs");
const launched: Run[] = [];
let machines: Machines;
let slurm: Slurm;

beforeAll(async () => {
  machines = await startMachines(2);
  slurm = await startSlurm(machines);
  process.env.SLURM_CONF = slurm.config;
  mkdirSync(join(folder, "data"));
  writeTokenFiles(join(folder, "data/tokens"), { count: 2000, length: 65, vocabulary: 512 });
});
afterAll(async () => {
  for (const run of launched) await run.stop({ graceful: false }).catch(() => undefined);
  await slurm?.close();
  await machines.close();
  rmSync(folder, { recursive: true, force: true });
});

const slurmSays = (...argv: string[]) => execFileSync(argv[0] as string, argv.slice(1), { encoding: "utf8" }).trim();

async function launch(name: string): Promise<Run> {
  const loader = "train_dataset.data_loader";
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set(`${loader}.config.data_path.1`, join(folder, "data/tokens"))
    .set(`${loader}.sizes.0`, 600)
    .set(`${loader}.config.seq_length`, 64)
    .set("model.model_config.seq_length", 64)
    .set("model.model_config.vocab_size", 512);
  const plan = await planRun(config, { cluster: { device: "CPU", via: "slurm", nodeCount: 2, devicesPerNode: 1 } });
  const run = await launchRun(plan, { name, folder: runs });
  launched.push(run);
  return run;
}

it("waits in the queue with the reason, trains on two nodes, stops; a cancelled job is reported", async () => {
  const blocker = slurmSays("sbatch", "--parsable", "--nodes=2", "--exclusive", "--wrap=sleep 1000");
  const run = await launch("queued");
  const waiting = await run.status();
  expect(waiting).toMatchObject({ state: "starting" });
  expect(waiting.message).toMatch(/^job \d+ waits in Slurm's queue .*(Resources|Priority)/);
  slurmSays("scancel", blocker);

  await run.wait({ untilStep: 10, timeout: "5m" });
  const [stack] = [await run.status()];
  expect(stack?.processes).toBeGreaterThan(3);
  const stopped = await run.stop();
  expect(stopped).toMatchObject({ state: "stopped", checkpointStep: stopped.step });
  expect((await markedProcesses("MF_LAB_RUN_ID", run.description.id ?? "")).length).toBe(0);

  const cancelled = await launch("cancelled");
  const { id } = JSON.parse(readFileSync(join(cancelled.folder, "slurm/attempt-1/job.json"), "utf8"));
  slurmSays("scancel", id);
  await expect(cancelled.wait({ timeout: "1m" })).rejects.toMatchObject({
    code: "RUN_FAILED",
    message: expect.stringContaining("the job was cancelled (scancel)"),
  });
  expect(slurmSays("squeue", "-h")).toBe("");
});
