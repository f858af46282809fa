import { describe, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import type { CheckFacts } from "../../../src/config/rules/rule.js";
import type { Issue } from "../../../src/core/error.js";

const npus: CheckFacts = { device: "Ascend", devices: 8 };
const cpus: CheckFacts = { device: "CPU", devices: 2 };
const gpt = "train_dataset.data_loader.config";
const model = "model.model_config";

async function issues(
  template: string,
  edits: Readonly<Record<string, unknown>>,
  facts: CheckFacts,
): Promise<readonly Issue[]> {
  const config = await openConfig(template);
  for (const [path, value] of Object.entries(edits)) config.set(path, value);
  return config.check(facts);
}

describe("a mistake is reported at its path, with the arithmetic and a cure", () => {
  test.each([
    [
      "mesh-product",
      { "parallel_config.model_parallel": 3 },
      "parallel_config.model_parallel",
      /data_parallel 2 · model_parallel 3 · pipeline_stage 2 = 12, but the cluster has 8/,
      /"parallel_config.model_parallel", 2\) {2}or {2}.*4\)\.set\("parallel_config\.data_parallel", 1\)/,
    ],
    [
      "mesh-product",
      { "parallel_config.data_parallel": 4 },
      "parallel_config.model_parallel",
      /= 16, but the cluster has 8/,
      /data_parallel", 2/,
    ],
    [
      "mesh-product",
      { "parallel_config.pipeline_stage": 3 },
      "parallel_config.model_parallel",
      /= 12/,
      /pipeline_stage", 2\), then check again/,
    ],
    ["parallel-mode", { "parallel.parallel_mode": 7 }, "parallel.parallel_mode", /found 7/, /parallel_mode", 1/],
    [
      "micro-batches",
      { "parallel_config.micro_batch_num": 1 },
      "parallel_config.micro_batch_num",
      /micro_batch_num 1 < pipeline_stage 2/,
      /micro_batch_num", 2/,
    ],
    [
      "sequence-parallel",
      { "parallel_config.model_parallel": 1, "parallel_config.data_parallel": 4 },
      "parallel_config.use_seq_parallel",
      /model_parallel is 1/,
      /false/,
    ],
    [
      "divisible",
      { [`${model}.num_attention_heads`]: 9 },
      `${model}.num_attention_heads`,
      /num_attention_heads 9 \/ parallel_config.model_parallel 2 = 4\.50, remainder 1/,
      /1 or 3/,
    ],
    [
      "divisible",
      { "parallel_config.expert_parallel": 3 },
      "parallel_config.expert_parallel",
      /data_parallel 2 · model_parallel 2 = 4 devices, which expert_parallel 3/,
      /expert_parallel", [24]/,
    ],
    [
      "divisible",
      { [`${model}.n_routed_experts`]: 9 },
      `${model}.n_routed_experts`,
      /remainder 1/,
      /expert_parallel to/,
    ],
    [
      "dataset-strategy",
      { "parallel.full_batch": false, "parallel.dataset_strategy": [[4, 1]] },
      "parallel.dataset_strategy",
      /data_parallel 2, found 4/,
      /remove/,
    ],
    [
      "expert-groups",
      { [`${model}.n_group`]: 3 },
      `${model}.n_group`,
      /n_routed_experts 16 \/ n_group 3 leaves 1/,
      /n_group", 2/,
    ],
    ["expert-groups", { [`${model}.topk_group`]: 16 }, `${model}.topk_group`, /topk_group 16 > n_group 8/, /8/],
    [
      "expert-groups",
      { [`${model}.topk_group`]: 3 },
      `${model}.topk_group`,
      /num_experts_per_tok 8 \/ topk_group 3 leaves 2/,
      /topk_group", [24]/,
    ],
    [
      "layer-counts",
      { [`${model}.first_k_dense_replace`]: 4 },
      `${model}.first_k_dense_replace`,
      /4 > num_hidden_layers 3/,
      /1/,
    ],
    [
      "layer-counts",
      { [`${model}.num_nextn_predict_layers`]: 2 },
      `${model}.num_nextn_predict_layers`,
      /expected 0 or 1, found 2/,
      /1/,
    ],
    [
      "layer-offset",
      { [`${model}.offset`]: 0 },
      `${model}.offset`,
      /num_hidden_layers 3 mod \(pipeline_stage 2\) = 1, found 0/,
      /\[1,0\]/,
    ],
    [
      "model-switches",
      { [`${model}.use_attn_mask_compression`]: true, [`${model}.use_flash_attention`]: false },
      `${model}.use_attn_mask_compression`,
      /needs use_flash_attention/,
      /false/,
    ],
    [
      "model-switches",
      { [`${model}.apply_rope_fusion`]: true },
      `${model}.apply_rope_fusion`,
      /multi_latent_attention/,
      /false/,
    ],
    [
      "double-name",
      { [`${model}.num_layers`]: 3 },
      `${model}.num_layers`,
      /num_layers and num_hidden_layers are the same/,
      /rename/,
    ],
    [
      "sequence-length",
      { [`${gpt}.seq_length`]: 2048 },
      `${gpt}.seq_length`,
      /data 2048, model.model_config.seq_length 4096/,
      /4096/,
    ],
    [
      "batch-size",
      { "train_dataset.data_loader.sizes": [4, 0, 0] },
      "train_dataset.data_loader.sizes",
      /sizes\[0\] 4 \/ global batch \(batch_size 1 · data_parallel 2 · micro_batch_num 4 = 8\) = 0\.50 steps/,
      /\[8,0,0\]/,
    ],
    [
      "batch-size",
      { "train_dataset.data_loader.sizes": [0, 0, 0] },
      "train_dataset.data_loader.sizes",
      /at least one training sample/,
      /1000/,
    ],
    ["tokens", { [`${gpt}.eod`]: 200000 }, `${gpt}.eod`, /eod 200000 is not a token: vocab_size is 129280/, /1\)/],
    [
      "mask",
      { [`${gpt}.create_compressed_eod_mask`]: true },
      `${gpt}.create_compressed_eod_mask`,
      /second sample/,
      /reset_position_ids/,
    ],
    [
      "mask",
      { "train_dataset.input_columns": ["input_ids", "labels"] },
      "train_dataset.input_columns",
      /loss_mask/,
      /position_ids/,
    ],
    ["resume", { resume_training: true }, "load_checkpoint", /start anew from random weights/, /load_checkpoint/],
    ["run-mode", { run_mode: "pretrain" }, "run_mode", /found pretrain/, /train/],
    ["checkpoints", { "callbacks.2.prefix": "rank_a" }, "callbacks.2.prefix", /may not contain "rank"/, /r_a/],
    [
      "checkpoints",
      { "callbacks.2.remove_redundancy": true, "callbacks.2.checkpoint_format": "ckpt" },
      "callbacks.2.checkpoint_format",
      /needs safetensors/,
      /safetensors/,
    ],
    ["sink-mode", { "runner_config.sink_mode": false }, "runner_config.sink_mode", /needs sink_mode/, /true/],
    ["memory", { "context.max_device_memory": "lots" }, "context.max_device_memory", /found lots/, /58GB/],
    [
      "wrong-type",
      { "parallel_config.model_parallel": "two" },
      "parallel_config.model_parallel",
      /expected a whole number, found text \(two\)/,
      /model_parallel", 1/,
    ],
    [
      "wrong-type",
      { runner_config: 3 },
      "runner_config",
      /expected a section or null, found a whole number/,
      /section/,
    ],
    ["wrong-type", { "runner_config.epochs": true }, "runner_config.epochs", /found True or False/, /1/],
    [
      "unknown-key",
      { "runner_config.epoch": 1 },
      "runner_config.epoch",
      /refuses to start/,
      /did you mean runner_config\.epochs\?/,
    ],
  ] as const)("%s: %j", async (rule, edits, path, message, hint) => {
    const found = (await issues("pretrain_deepseek3_1b", edits, npus)).filter((issue) => issue.rule === rule);
    expect(found.map((issue) => [issue.severity, issue.path])).toContainEqual(["error", path]);
    const issue = found.find((one) => one.path === path);
    expect(issue?.message).toMatch(message);
    expect(issue?.hint).toMatch(hint);
    expect(issue?.line).toBeGreaterThan(0);
  });

  test.each([
    ["parallel.parallel_mode", 1],
    ["parallel_config.model_parallel", 2],
    ["parallel_config.pipeline_stage", 2],
    ["parallel_config.expert_parallel", 2],
    ["parallel_config.context_parallel", 2],
    [`${model}.compute_dtype`, "bfloat16"],
    ["runner_config.sink_mode", true],
    ["parallel.full_batch", true],
  ])("cpu-limits: %s %j", async (path, value) => {
    const found = await issues("pretrain_deepseek3_tiny_cpu", { [path]: value }, cpus);
    expect(found.filter(({ rule }) => rule === "cpu-limits").map((issue) => issue.path)).toContain(path);
  });
});

test("unknown keys where MindFormers ignores them are warnings with line and column of the key", async () => {
  const config = await openConfig(
    "a: 1\nmodel:\n  model_config:\n    hiden_size: 2\nuse_legacy: False\nrun_mode: train\n",
  );
  expect(config.check().filter(({ rule }) => rule === "unknown-key")).toMatchObject([
    { severity: "warning", path: "a", line: 1, column: 1 },
    {
      severity: "warning",
      path: `${model}.hiden_size`,
      line: 4,
      column: 5,
      hint: `did you mean ${model}.hidden_size?`,
    },
  ]);
});

test("a key in the wrong section is sent to the right one", async () => {
  const found = await issues("pretrain_deepseek3_1b", { epochs: 3 }, {});
  expect(found).toMatchObject([{ rule: "unknown-key", hint: "did you mean runner_config.epochs?" }]);
});

test("a number that PyYAML takes for text is told with its cure: an error where a number is needed, else a warning", async () => {
  const config = await openConfig("run_mode: train\nlr_schedule:\n  learning_rate: 1e-5\nx: 1.0e5\n");
  expect(config.check().filter(({ rule }) => rule === "number-as-text")).toMatchObject([
    { severity: "error", path: "lr_schedule.learning_rate", line: 3, column: 18, hint: "write 1.0e-5" },
    { severity: "warning", path: "x", line: 4, column: 4, hint: "write 1.0e+5" },
  ]);
});

test("a float that MindFormers wants is written with a point, so that the check is content", async () => {
  const config = (await openConfig("pretrain_deepseek3_1b")).set(`${model}.hidden_dropout`, 0);
  expect(config.text).toContain("hidden_dropout: 0.0");
  config.set(`${model}.new_dropout`, 0).set("optimizer.weight_decay", 1);
  expect(config.text).toContain("weight_decay: 1.0");
  const whole = await openConfig(
    `run_mode: train\nuse_legacy: False\nmodel:\n  model_config:\n    hidden_dropout: 0\n`,
  );
  expect(whole.check()).toMatchObject([{ rule: "model-switches", path: `${model}.hidden_dropout` }]);
});

test("random_seed, which GPTDataset ignores, is explained", async () => {
  const found = await issues("pretrain_deepseek3_1b", { [`${gpt}.random_seed`]: 42 }, {});
  expect(found).toMatchObject([
    {
      rule: "random-seed",
      severity: "warning",
      message: expect.stringContaining("seed 1234"),
      hint: `config.set("${gpt}.seed", 42)`,
    },
  ]);
});

test("samples that no batch takes are advice", async () => {
  const found = await issues("pretrain_deepseek3_1b", { "train_dataset.data_loader.sizes.0": 5003 }, npus);
  expect(found).toMatchObject([
    { rule: "batch-size", severity: "advice", message: expect.stringMatching(/^3 of 5003 samples/) },
  ]);
});

test("a warm-up that outlasts the run is a warning", async () => {
  const found = await issues("pretrain_deepseek3_tiny_cpu", { "lr_schedule.warmup_steps": 500 }, cpus);
  expect(found).toMatchObject([{ rule: "warmup", severity: "warning" }]);
});

test("sections that lie deeper than MindFormers reads are an error", async () => {
  const found = await issues("pretrain_deepseek3_1b", { "context.a.b.c.d.e.f.g.h.i.j": 1 }, {});
  expect(found).toContainEqual(expect.objectContaining({ rule: "depth", severity: "error" }));
});

describe("facts about data and devices", () => {
  test("a tokenizer larger than the model's vocabulary is an error", async () => {
    const found = await issues("pretrain_deepseek3_1b", {}, { ...npus, dataset: { vocabSize: 200000 } });
    expect(found).toMatchObject([
      { rule: "tokens", path: `${model}.vocab_size`, hint: `config.set("${model}.vocab_size", 200000)` },
    ]);
  });

  test("data cut for another length is a warning", async () => {
    const found = await issues("pretrain_deepseek3_1b", {}, { ...npus, dataset: { seqLength: 128 } });
    expect(found).toMatchObject([{ rule: "sequence-length", severity: "warning" }]);
  });

  test("another end-of-document token matters only where it is used", async () => {
    const facts = { ...npus, dataset: { eod: 7 } };
    expect(await issues("pretrain_deepseek3_1b", {}, facts)).toEqual([]);
    expect(await issues("pretrain_deepseek3_1b", { [`${gpt}.eod_mask_loss`]: true }, facts)).toMatchObject([
      { rule: "tokens", severity: "warning" },
    ]);
  });

  test("more memory than a device has is an error", async () => {
    const found = await issues("pretrain_deepseek3_1b", {}, { ...npus, memoryPerDevice: 32 * 2 ** 30 });
    expect(found).toMatchObject([{ rule: "memory", hint: 'config.set("context.max_device_memory", "29GB")' }]);
  });

  test("missing files are an error on this machine and a warning for a cluster elsewhere", async () => {
    const missing = { missingFiles: ["/x.idx"] };
    expect(await issues("pretrain_deepseek3_1b", {}, { ...npus, ...missing })).toMatchObject([
      { rule: "data-files", severity: "warning" },
    ]);
    expect(await issues("pretrain_deepseek3_tiny_cpu", {}, { ...cpus, ...missing })).toMatchObject([
      { rule: "data-files", severity: "error" },
    ]);
  });
});
