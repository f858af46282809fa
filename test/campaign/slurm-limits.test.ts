import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openConfig } from "../../src/config/open.js";
import { planRun } from "../../src/plan/plan-run.js";
import { launchRun } from "../../src/run/launch/launch.js";
import { type Machines, startMachines } from "../support/hosts/machines.js";
import { type Slurm, startSlurm } from "../support/hosts/slurm.js";
import { writeTokenFiles } from "../support/token-files.js";

const folder = mkdtempSync(join(tmpdir(), "slurm-limits-"));
let machines: Machines;
let slurm: Slurm;

beforeAll(async () => {
  machines = await startMachines(2);
  slurm = await startSlurm(machines);
  process.env.SLURM_CONF = slurm.config;
  mkdirSync(join(folder, "data"));
  writeTokenFiles(join(folder, "data/tokens"), { count: 20_000, length: 65, vocabulary: 512 });
});
afterAll(async () => {
  await slurm?.close();
  await machines.close();
  rmSync(folder, { recursive: true, force: true });
});

it("saves a checkpoint ahead of Slurm's time limit, and says that it was the limit", async () => {
  const loader = "train_dataset.data_loader";
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set(`${loader}.config.data_path.1`, join(folder, "data/tokens"))
    .set(`${loader}.sizes.0`, 10_000)
    .set(`${loader}.config.seq_length`, 64)
    .set("model.model_config.seq_length", 64)
    .set("model.model_config.vocab_size", 512);
  const limits = { time: "4", saveBefore: "2m" };
  const plan = await planRun(config, { cluster: { device: "CPU", via: "slurm", nodeCount: 2, slurm: limits } });
  const run = await launchRun(plan, { name: "limited", folder: join(folder, "runs") });
  const ended = await run.wait({ timeout: "10m" });
  expect(ended).toMatchObject({ state: "stopped", checkpointStep: ended.step });
  expect(ended.message).toMatch(/^stopped with a checkpoint at step \d+ of 5000: .*time limit/);
});
