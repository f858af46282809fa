import { expect, test } from "vitest";
import { openConfig } from "../../src/config/open.js";
import { isLabError } from "../../src/core/error.js";
import { planRun } from "../../src/plan/plan-run.js";
import { bundleBytes, maximumBundleBytes } from "../../src/view/budget.js";
import { displayKey } from "../../src/view/display-contract.js";

const paths = [
  ...[
    "data_parallel",
    "model_parallel",
    "pipeline_stage",
    "context_parallel",
    "expert_parallel",
    "micro_batch_num",
  ].map((name) => `parallel_config.${name}`),
  ...[
    "offset",
    "pp_interleave_num",
    "num_hidden_layers",
    "hidden_size",
    "vocab_size",
    "num_attention_heads",
    "n_routed_experts",
    "seq_length",
  ].map((name) => `model.model_config.${name}`),
  ...["epochs", "batch_size", "gradient_accumulation_steps"].map((name) => `runner_config.${name}`),
  "train_dataset.data_loader.sizes",
  "train_dataset.data_loader.config.seq_length",
  "context.max_device_memory",
  "callbacks",
  "callbacks.2.save_checkpoint_steps",
  "callbacks.2.keep_checkpoint_max",
  "parallel.parallel_mode",
  "parallel.pipeline_config.pipeline_scheduler",
  "parallel.parallel_optimizer_config.optimizer_weight_shard_size",
  "recompute_config.recompute",
  "optimizer.type",
];
const values = [0, -1, 3, 1000, 1_000_000_000, 1.5, null, "many", [1, 2]];

const nodes = Array.from({ length: 32 }, (_, index) => `node-${index}`);
const cluster = { device: "Ascend", nodes, devicesPerNode: 8, memoryPerDevice: "64GB" } as const;

test.each(paths)(
  "a plan with any value at %s can be looked at: it and its figures show something or say what is missing",
  async (path) => {
    for (const value of values) {
      const config = (await openConfig("pretrain_deepseek3_671b")).set(path, value);
      const started = performance.now();
      const plan = await planRun(config, { cluster, onErrors: "show" });
      const figures = [
        () => plan,
        () => plan.meshFigure(),
        () => plan.meshFigure({ color: "memory" }),
        () => plan.memoryFigure(),
        () => plan.timelineFigure(),
        () => plan.eject("slurm", { folder: "/r" }),
      ];
      for (const figure of figures) {
        try {
          const bundle = figure()[displayKey]();
          expect(bundleBytes(bundle)).toBeLessThanOrEqual(maximumBundleBytes);
          // What the rules say about a wrong value is theirs.
          const shown = `${bundle["text/plain"]}${bundle["image/svg+xml"] ?? ""}`;
          const text = plan.issues.reduce((rest, { message }) => rest.replaceAll(message, ""), shown);
          expect(text, `${path} = ${JSON.stringify(value)}`).not.toMatch(/NaN|undefined|\[object/);
        } catch (error) {
          if (!isLabError(error))
            throw new Error(`${path} = ${JSON.stringify(value)}: ${String((error as Error).stack)}`);
        }
      }
      expect(performance.now() - started, `${path} = ${JSON.stringify(value)}`).toBeLessThan(10_000);
    }
  },
);
