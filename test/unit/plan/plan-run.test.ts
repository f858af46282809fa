import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/config.js";
import { openConfig } from "../../../src/config/open.js";
import { PlanError } from "../../../src/core/error.js";
import { patternOf } from "../../../src/core/patterns.js";
import type { PlanData } from "../../../src/plan/changes.js";
import { type PlanOptions, planRun } from "../../../src/plan/plan-run.js";
import { describePolicy, recoveryPolicy } from "../../../src/recover/decide/policy.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { writeTokenFiles } from "../../support/token-files.js";

const path = "train_dataset.data_loader.config.data_path";
let folder: string;
let data: PlanData;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plan-"));
  const prefix = join(folder, "corpus_text_document");
  writeTokenFiles(prefix, { count: 30, length: 129, vocabulary: 1000 });
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
    expect(error.hint).toContain("give the dataset");
    expect(error.message).not.toContain(error.hint);
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
      /data_parallel 2 · model_parallel 1 · pipeline_stage 1 = 2, but the cluster has 16\n/,
    );
    expect(error.hint).toBe('config.set("parallel_config.data_parallel", 16)');
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
    expect(error.issues[0]?.hint).toBe(
      'config.set("parallel_config.model_parallel", 2)  ' +
        'or  config.set("parallel_config.model_parallel", 4).set("parallel_config.data_parallel", 1)',
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
    // 12 bytes a parameter; what neither model_parallel nor the optimizer divides stands more than once.
    expect((plan.checkpointBytes ?? 0) / (12 * 682_636_487_424)).toBeCloseTo(1.00005, 5);
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
  // A plan may not import the policy; so the words could come apart.
  expect(text.replaceAll(/\s+/g, " ")).toContain(describePolicy(recoveryPolicy()));
  expect(text).toMatch(/steps +120 \(120 per epoch/);
  expect(text).toContain("msrun");
  expect(String(bundle["text/html"])).toContain("data_path");
});

describe("a plan with errors", () => {
  const cluster = { device: "Ascend", nodes: ["a", "b"], devicesPerNode: 8 } as const;

  test("can be looked at: its errors, figures and commands; the refusal says how", async () => {
    const config = (await openConfig("pretrain_deepseek3_1b")).set("parallel_config.model_parallel", 3);
    const error = await refusal(config, { data, cluster });
    expect(error.hint).toBe('correct them; to look at the plan anyway, add onErrors: "show" to planRun\'s options');
    const plan = await planRun(config, { data, cluster, onErrors: "show" });
    expect(plan.errors.map(({ rule }) => rule)).toContain("mesh-product");
    expect(plan.errors).toEqual(plan.issues.filter(({ severity }) => severity === "error"));
    expect(plan.errors).toEqual(error.issues.filter(({ severity }) => severity === "error"));
    const text = String(plan[displayKey]()["text/plain"]);
    expect(text).toMatch(/^Plan with \d errors?: launchRun refuses it without an override with a reason/);
    expect(text).toContain(plan.errors[0]?.message);
    expect(plan.commands({ runFolder: "/r", attempt: 1 })).toHaveLength(2);
    expect(plan.meshFigure()[displayKey]()["text/plain"]).toContain("The mesh needs");
  });

  test("without the cluster that it asks for there is nothing to show, because the plan has no command", async () => {
    const error = await refusal(await openConfig("pretrain_deepseek3_671b"), { onErrors: "show" });
    expect(error.message).toContain("without it the plan has no command");
  });

  test("more memory than a device has is an error, with the arithmetic", async () => {
    const config = (await openConfig("pretrain_deepseek3_671b"))
      .set("context.max_device_memory", "20GB")
      .set("context.mempool_block_size", "20GB");
    const nodes = Array.from({ length: 32 }, (_, index) => `n${index}`);
    const plan = await planRun(config, { cluster: { device: "Ascend", nodes }, onErrors: "show" });
    expect(plan.errors.find(({ rule }) => rule === "memory-fits")?.message).toMatch(
      /the fullest device needs 28\.\dGB, but may use 20\.0GB/,
    );
  });

  test("a mesh that nobody has is reported, not computed", async () => {
    const config = (await openConfig("pretrain_deepseek3_671b")).set("parallel_config.pipeline_stage", 1e9);
    const plan = await planRun(config, { cluster, onErrors: "show" });
    expect(plan).toMatchObject({ memory: undefined, pipeline: undefined });
    expect(plan.errors.length).toBeGreaterThan(0);
  });
});

describe("time, disk and failures", () => {
  const nodes = Array.from({ length: 128 }, (_, index) => `n${index}`);
  const long = async () =>
    (await openConfig("pretrain_deepseek3_671b")).merge({
      parallel_config: { data_parallel: 16 },
      train_dataset: { data_loader: { sizes: [512_000_000 / 8, 0, 0] } },
    });

  test("the 671B model on 1,024 devices with a stated speed", async () => {
    const plan = await planRun(await long(), {
      cluster: { device: "Ascend", nodes },
      speed: { stepTime: "10s" },
      reliability: { saveTime: "2m", restart: "15m" },
    });
    expect(plan).toMatchObject({ totalSteps: 125_000, tokensPerStep: 2_097_152 });
    expect(plan.duration).toMatchObject({ stepMs: 10_000, workMs: 1.25e9, basis: "stated" });
    expect(plan.duration?.deviceHours).toBeCloseTo((1024 * 1.25e9) / 3.6e6, 6);
    const r = plan.reliability;
    // 264 node-days per failure / 128 nodes = 49.5 hours; √(2 · 2 min · 49.5 h) = 109 minutes.
    expect((r?.mtbfMs ?? 0) / 3.6e6).toBeCloseTo(49.5, 1);
    expect((r?.bestIntervalMs ?? 0) / 60_000).toBeCloseTo(108, 0);
    expect(r).toMatchObject({ everySteps: 5000, saveMs: 120_000, restartMs: 900_000, intervalMs: 5e7 });
    expect(r?.ratio).toBeGreaterThan(0.8);
    expect(r?.bestRatio).toBeGreaterThan(r?.ratio ?? 1);
    const text = String(plan[displayKey]()["text/plain"]);
    expect(plan.issues.find(({ rule }) => rule === "checkpoint-interval")).toMatchObject({
      severity: "advice",
      path: "callbacks.2.save_checkpoint_steps",
      hint: `config.set("callbacks.2.save_checkpoint_steps", ${r?.bestSteps})`,
    });
    for (const part of ["Time\n", "Disk\n", "Failures\n", "Daly 2006", "Llama 3: 419 failures", "best interval"])
      expect(text).toContain(part);
  });

  test("without a stated speed the plan names what it assumes", async () => {
    const plan = await planRun(await long(), { cluster: { device: "Ascend", nodes } });
    expect(plan.duration?.basis).toBe("estimated");
    expect(plan.duration?.arithmetic).toMatch(
      patternOf([
        /^computing [\d.]+ s \+ waiting [\d.]+ m?s \+ communication [\d.]+ m?s /,
        /\(Atlas 800T A2: 313 TFLOPS · 50 % while computing, .*: assumed, not measured$/,
      ]),
    );
    expect(plan.reliability?.saveArithmetic).toContain("assumed");
  });

  test("on CPU nothing is invented: a measured speed gives the time, failures only if asked for", async () => {
    const config = await openConfig("pretrain_deepseek3_tiny_cpu");
    expect(await planRun(config, { data })).toMatchObject({ duration: undefined, reliability: undefined });
    const speed = { steps: [{ stepTimeMs: 100 }, { stepTimeMs: 120 }] };
    const plan = await planRun(config, { data, speed });
    expect(plan.duration).toMatchObject({ stepMs: 110, workMs: 13_200, basis: "measured" });
    expect(plan.reliability).toBeUndefined();
    expect((await planRun(config, { data, speed, reliability: {} })).reliability?.failures).toBeLessThan(1e-3);
  });
});
