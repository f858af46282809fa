import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/config.js";
import { openConfig } from "../../../src/config/open.js";
import { PlanError } from "../../../src/core/error.js";
import type { PlanData } from "../../../src/plan/changes.js";
import { type PlanOptions, planRun } from "../../../src/plan/plan-run.js";
import { displayKey } from "../../../src/view/display-contract.js";

const path = "train_dataset.data_loader.config.data_path";
let folder: string;
let data: PlanData;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plan-"));
  const prefix = join(folder, "corpus_text_document");
  for (const ending of ["idx", "bin"]) await writeFile(`${prefix}.${ending}`, "");
  data = { prefix, seqLength: 128, vocabSize: 128815, eod: 1 };
});
afterAll(() => rm(folder, { recursive: true }));

async function refusal(config: Config, options: PlanOptions): Promise<PlanError> {
  const error = await planRun(config, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PlanError);
  return error as PlanError;
}

describe("the tiny model on this machine", () => {
  test("is planned without further words: two workers, 120 steps", async () => {
    const plan = await planRun(await openConfig("pretrain_deepseek3_tiny_cpu"), { data });
    expect(plan).toMatchObject({
      globalBatchSize: 2,
      stepsPerEpoch: 120,
      totalSteps: 120,
      tokensPerStep: 256,
      totalTokens: 30720,
      issues: [],
    });
    expect(plan.commands({ runFolder: folder, attempt: 1 })[0]?.argv).toContain("--worker_num=2");
    expect(plan.command).toContain("msrun --worker_num=2");
  });

  test("the data goes into the plan's copy, listed as a change; the given configuration stays as it was", async () => {
    const config = await openConfig("pretrain_deepseek3_tiny_cpu");
    const before = config.text;
    const plan = await planRun(config, { data });
    expect(config.text).toBe(before);
    expect(plan.config.get(path)).toEqual(["1", data.prefix]);
    expect(plan.config.get("train_dataset_task.dataset_config.data_loader.config.data_path")).toEqual([
      "1",
      data.prefix,
    ]);
    expect(plan.changes).toEqual([
      {
        path,
        was: ["1", "./dataset/corpus_text_document"],
        now: ["1", data.prefix],
        why: expect.stringContaining("dataset"),
      },
    ]);
  });

  test("a second copy of the loader's settings is changed as well", async () => {
    const config = await openConfig("pretrain_deepseek3_tiny_cpu");
    config.set("train_dataset_task.dataset_config", { ...(config.get("train_dataset") as object), prefetch_size: 2 });
    const plan = await planRun(config, { data });
    expect(plan.changes.map((change) => change.path)).toEqual([
      path,
      `train_dataset_task.dataset_config.data_loader.config.data_path`,
    ]);
  });

  test("a relative path is made absolute, because workers start elsewhere; missing files are refused", async () => {
    const config = (await openConfig("pretrain_deepseek3_tiny_cpu")).set(`${path}.1`, "nowhere/x");
    const error = await refusal(config, {});
    expect(error.message).toMatch(new RegExp(`not found: ${process.cwd()}/nowhere/x\\.idx, .*x\\.bin`));
    expect(error.message).toContain("→ give the dataset");
  });

  test("stop_step ends the run early, epochs multiply it", async () => {
    const config = await openConfig("pretrain_deepseek3_tiny_cpu");
    expect((await planRun(config.copy().set("runner_config.epochs", 3), { data })).totalSteps).toBe(360);
    expect((await planRun(config.copy().set("runner_config.stop_step", 7), { data })).totalSteps).toBe(7);
  });

  test("the folder for compiled graphs is the same after a resume, and another for another model", async () => {
    const config = await openConfig("pretrain_deepseek3_tiny_cpu");
    const key = async (changed: Config) => (await planRun(changed, { data })).commandSettings.graphKey;
    const first = await key(config);
    expect(await key(config.copy().set("load_checkpoint", "/x").set("resume_training", true))).toBe(first);
    expect(await key(config.copy().set("model.model_config.hidden_size", 64))).not.toBe(first);
  });
});

describe("other devices", () => {
  test("the cluster line takes the tiny model to Ascend; what follows from it is listed", async () => {
    const config = await openConfig("pretrain_deepseek3_tiny_cpu");
    const plan = await planRun(config, {
      data,
      cluster: { device: "Ascend", devicesPerNode: 2, memoryPerDevice: "64GB" },
    });
    expect(plan.changes.map((change) => [change.path, change.now])).toEqual([
      ["context.device_target", "Ascend"],
      ["parallel.parallel_mode", 1],
      ["parallel.gradients_mean", false],
      ["runner_config.sink_mode", true],
      ["model.model_config.compute_dtype", "bfloat16"],
      ["context.max_device_memory", "58GB"],
      [path, ["1", data.prefix]],
    ]);
    expect(plan.mesh.semiAuto).toBe(true);
  });

  test("another number of devices is refused with the line to type, never filled in silently", async () => {
    const error = await refusal(await openConfig("pretrain_deepseek3_tiny_cpu"), {
      data,
      cluster: { device: "Ascend", nodes: ["a", "b"] },
    });
    expect(error.message).toMatch(
      /data_parallel 2 · model_parallel 1 · pipeline_stage 1 = 2, but the cluster has 16\n {2}→ config\.set\("parallel_config\.data_parallel", 16\)/,
    );
  });

  test("the 1B model on CPU is refused, with every reason and its line", async () => {
    const error = await refusal(await openConfig("pretrain_deepseek3_1b"), {
      data,
      cluster: { device: "CPU", devicesPerNode: 8 },
    });
    expect(error.issues.filter(({ severity }) => severity === "error").map((issue) => issue.path)).toEqual(
      expect.arrayContaining([
        "parallel_config.model_parallel",
        "parallel_config.pipeline_stage",
        "parallel_config.expert_parallel",
      ]),
    );
    for (const issue of error.issues.filter(({ severity }) => severity === "error")) {
      expect(error.message).toContain(issue.message);
      expect(error.message).toContain(issue.hint);
    }
  });

  test("a configuration for Ascend without a cluster is asked for one", async () => {
    const error = await refusal(await openConfig("pretrain_deepseek3_671b"), {});
    expect(error.message).toContain("for 256 devices of type Ascend, but no cluster is given");
    expect(error.hint).toContain("/* 32 hosts */");
  });

  test("model_parallel 3 with 8 devices: the arithmetic and the nearest legal settings", async () => {
    const config = (await openConfig("pretrain_deepseek3_1b")).set("parallel_config.model_parallel", 3);
    const error = await refusal(config, { cluster: { device: "Ascend" } });
    expect(error.message).toContain(
      "data_parallel 2 · model_parallel 3 · pipeline_stage 2 = 12, but the cluster has 8",
    );
    expect(error.hint).toBe(
      'config.set("parallel_config.model_parallel", 2)  or  config.set("parallel_config.model_parallel", 4).set("parallel_config.data_parallel", 1)',
    );
  });
});

describe("large runs", () => {
  test("the 671B model on 32 nodes", async () => {
    const nodes = Array.from({ length: 32 }, (_, index) => `10.0.0.${index + 1}`);
    const plan = await planRun(await openConfig("pretrain_deepseek3_671b"), {
      cluster: { device: "Ascend", nodes, devicesPerNode: 8, memoryPerDevice: "64GB" },
    });
    expect(plan).toMatchObject({
      globalBatchSize: 128,
      stepsPerEpoch: 1000,
      totalSteps: 1000,
      tokensPerStep: 524_288,
      totalTokens: 524_288_000,
      changes: [],
    });
    expect(plan.parameters?.total).toBe(682_636_487_424);
    expect(plan.checkpointBytes).toBe(12 * 682_636_487_424);
    const graver = plan.issues.filter(({ severity }) => severity !== "advice");
    expect(graver).toMatchObject([{ rule: "data-files", severity: "warning" }]);
    expect(plan.command.split("\n")).toHaveLength(64);
  });

  test("the guide's layout, 1024 workers on 128 nodes", async () => {
    const config = (await openConfig("pretrain_deepseek3_671b")).merge({
      parallel_config: { data_parallel: 16, model_parallel: 4, pipeline_stage: 16, expert_parallel: 8 },
      parallel: { pipeline_config: { pipeline_interleave: false, pipeline_scheduler: "1f1b" } },
      model: { model_config: { offset: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0] } },
    });
    const nodes = Array.from({ length: 128 }, (_, index) => `node${index}`);
    const plan = await planRun(config, {
      data: { ...data, seqLength: 4096 },
      cluster: { device: "Ascend", nodes, devicesPerNode: 8 },
    });
    expect(plan.globalBatchSize).toBe(512);
    expect(plan.batchArithmetic).toBe("batch_size 1 · data_parallel 16 · micro_batch_num 32 = 512");
    const commands = plan.commands({ runFolder: "/r", attempt: 1 });
    expect(commands.map(({ nodeRank }) => nodeRank)).toEqual(nodes.map((_, index) => index));
    expect(new Set(commands.map(({ argv }) => argv[1]))).toEqual(new Set(["--worker_num=1024"]));
  });
});

test("a plan shows itself: summary, changes, findings and the first command", async () => {
  const plan = await planRun(await openConfig("pretrain_deepseek3_tiny_cpu"), { data });
  const bundle = plan[displayKey]();
  const text = String(bundle["text/plain"]);
  expect(text).toMatch(/global batch +batch_size 1 · devices 2 = 2/);
  expect(text).toMatch(/steps +120 \(120 per epoch/);
  expect(text).toContain("msrun");
  expect(String(bundle["text/html"])).toContain("data_path");
});
