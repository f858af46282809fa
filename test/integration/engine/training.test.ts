import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { openConfig } from "../../../src/config/open.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { openDataOrder } from "../../../src/data/order/data-order.js";
import { parseEngineLine, type StepLine } from "../../../src/formats/engine-log.js";
import { readMesh } from "../../../src/model/layout/mesh.js";
import { runVenv } from "../../support/jupyter.js";
import { freePort } from "../../support/ports.js";
import { runPython } from "../../support/project-python.js";

const steps = 12;
const engine = join(packageRoot(), "extensions", "engine", "run_mindformer.py");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "engine-training-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The tiny template with a small vocabulary and multi-token prediction, on data of MindFormers' own writer. */
async function writeConfig(): Promise<string> {
  const prefix = join(folder, "tokens");
  await runPython<number>("integration/engine/write_tokens.py", [prefix, "64", "33", "256"], folder);
  const config = await openConfig("pretrain_deepseek3_tiny_cpu");
  return config
    .set("train_dataset.data_loader.sizes.0", steps * 2)
    .set("train_dataset.data_loader.config.seq_length", 32)
    .set("train_dataset.data_loader.config.data_path.1", prefix)
    .set("model.model_config.seq_length", 32)
    .set("model.model_config.vocab_size", 256)
    .set("model.model_config.num_nextn_predict_layers", 1)
    .set("lr_schedule.warmup_steps", 2)
    .set("callbacks.2.save_checkpoint_steps", 6)
    .set("train_dataset.token_monitor", true)
    .set("train_dataset.token_monitor_config", { top_n: 256, save_path: join(folder, "seen") })
    .save(join(folder, "config.yaml"));
}

async function stepLines(rank: number): Promise<StepLine[]> {
  const log = await readFile(join(folder, "logs", `worker_${rank}.log`), "utf8");
  return log
    .split("\n")
    .map((line) => parseEngineLine(line))
    .filter((line): line is StepLine => line?.kind === "step");
}

/**
 * How often each id was in the batch of a rank, step by step, as MindFormers' token monitor counted in the training.
 */
async function countedTokens(rank: number): Promise<Map<number, number>[]> {
  const table = await readFile(join(folder, "seen", `rank_${rank}_token_counts.csv`), "utf8");
  const rows = table.trim().split(/\r?\n/).slice(1);
  return rows.map((row) => {
    const pairs = row.split(",").slice(3).map(Number);
    return new Map(
      Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i] as number, pairs[2 * i + 1] as number]),
    );
  });
}

function countIds(ids: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

test("msrun trains the tiny template with two workers: the loss falls on both, the gradients are averaged, checkpoints agree", async () => {
  const config = await writeConfig();
  const output = join(folder, "output");
  const msrun = ["--worker_num=2", "--local_worker_num=2", `--master_port=${await freePort()}`, "--join=True"];
  const result = runVenv(
    "msrun",
    [
      ...msrun,
      `--log_dir=${join(folder, "logs")}`,
      "--cluster_time_out=60",
      engine,
      "--config",
      config,
      "--output_dir",
      output,
    ],
    { cwd: folder, timeoutMs: 480_000 },
  );
  expect(result.status, `${result.stdout.slice(-3000)}${result.stderr.slice(-3000)}`).toBe(0);

  const [first, second] = [await stepLines(0), await stepLines(1)];
  for (const lines of [first, second]) {
    expect(lines.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, index) => index + 1));
    expect(lines.every(({ loss, mtpLoss, gradNorm }) => [loss, mtpLoss, gradNorm].every(Number.isFinite))).toBe(true);
    expect(lines[0]?.lmLoss).toBeCloseTo(Math.log(256), 1);
    expect(Number(lines.at(-1)?.lmLoss)).toBeLessThan(Number(lines[0]?.lmLoss) - 0.5);
  }
  expect(first.map(({ gradNorm }) => gradNorm)).toEqual(second.map(({ gradNorm }) => gradNorm));
  expect(first.map(({ loss }) => loss)).not.toEqual(second.map(({ loss }) => loss));

  const checkpoints = await openCheckpoints(join(output, "checkpoint"));
  expect(checkpoints.all.map(({ step, complete }) => ({ step, complete }))).toEqual([
    { step: 6, complete: true },
    { step: 12, complete: true },
  ]);
});

test("both workers were given at every step the tokens that openDataOrder says", async () => {
  const config = await openConfig(join(folder, "config.yaml"));
  const mesh = readMesh((path) => config.get(path));
  const order = await openDataOrder({ plan: { config, mesh, globalBatchSize: 2, cluster: { devices: 2 } } });
  expect(order.stepsPerEpoch).toBe(steps);
  for (const rank of [0, 1]) {
    const counted = await countedTokens(rank);
    for (let step = 1; step <= steps; step++) {
      const { samples } = await order.step(step, { rank });
      expect(counted[step - 1], `step ${step}, rank ${rank}`).toEqual(countIds(samples.flatMap(({ ids }) => ids)));
    }
  }
});
