import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { ignoredLabel } from "../../../src/data/mindrecord/tokens.js";
import { type MindRecord, writeMindRecord } from "../../../src/data/mindrecord.js";
import { parseEngineLine, type StepLine } from "../../../src/formats/engine-log.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { runVenv } from "../../support/jupyter.js";
import { freePort } from "../../support/ports.js";

const [seqLength, vocabulary, rows] = [32, 256, 9];
const engine = join(packageRoot(), "extensions", "engine", "run_mindformer.py");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mindrecord-training-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Few frequent tokens, so that the loss falls within the first steps. */
function tokens(): Promise<MindRecord> {
  const array = { type: "int32" as const, shape: [-1] };
  return writeMindRecord({
    output: join(folder, "tokens.mindrecord"),
    schema: { input_ids: array, labels: array },
    shards: 3,
    rows: Array.from({ length: rows }, (_, row) => {
      const all = Int32Array.from({ length: seqLength + 1 }, (_, i) => 2 + ((row * 5 + i * i) % 4));
      // The labels of padding tokens, which MindFormers has to leave out of the loss.
      return { input_ids: all.slice(0, -1), labels: row === 4 ? all.slice(1).fill(ignoredLabel, 20) : all.slice(1) };
    }),
  });
}

test("MindFormers trains from our MindRecord: the plan sets the loader, every row is one sample, the loss falls from ln(vocabulary)", async () => {
  const data = await tokens();
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set("model.model_config.seq_length", seqLength)
    .set("model.model_config.vocab_size", vocabulary)
    .set("parallel_config.data_parallel", 1)
    .set("lr_schedule.warmup_steps", 2)
    .set("callbacks.2.save_checkpoint_steps", 1000);
  const plan = await planRun(config, { data, cluster: { device: "CPU", devicesPerNode: 1 } });
  expect(plan.totalSteps).toBe(rows);
  const path = await plan.config.save(join(folder, "config.yaml"));

  const msrun = ["--worker_num=1", "--local_worker_num=1", `--master_port=${await freePort()}`, "--join=True"];
  const logs = join(folder, "logs");
  const result = runVenv(
    "msrun",
    [
      ...msrun,
      `--log_dir=${logs}`,
      "--cluster_time_out=60",
      engine,
      "--config",
      path,
      "--output_dir",
      join(folder, "output"),
    ],
    { cwd: folder, timeoutMs: 240_000 },
  );
  expect(result.status, `${result.stdout.slice(-3000)}${result.stderr.slice(-3000)}`).toBe(0);

  const log = await readFile(join(logs, "worker_0.log"), "utf8");
  const steps = log
    .split("\n")
    .map((line) => parseEngineLine(line))
    .filter((line): line is StepLine => line?.kind === "step");
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: rows }, (_, i) => i + 1));
  expect(steps.every(({ loss, gradNorm }) => Number.isFinite(loss) && Number.isFinite(gradNorm))).toBe(true);
  expect(Math.max(...steps.map(({ lmLoss }) => Number(lmLoss)))).toBeLessThan(Math.log(vocabulary) + 0.3);
  expect(steps[0]?.lmLoss).toBeCloseTo(Math.log(vocabulary), 1);
  expect(Number(steps.at(-1)?.lmLoss)).toBeLessThan(Number(steps[0]?.lmLoss) - 0.5);
});
