import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/checkpoints.js";
import { openConfig } from "../../../src/config/open.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { parseEngineLine, type StepLine } from "../../../src/formats/engine-log.js";
import { freePort, runVenv } from "../../support/jupyter.js";
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
    .save(join(folder, "config.yaml"));
}

async function stepLines(rank: number): Promise<StepLine[]> {
  const log = await readFile(join(folder, "logs", `worker_${rank}.log`), "utf8");
  return log
    .split("\n")
    .map((line) => parseEngineLine(line))
    .filter((line): line is StepLine => line?.kind === "step");
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
    { cwd: folder, timeoutMs: 240_000 },
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
