import type { Config } from "../../src/config/config.js";
import type { Mesh } from "../../src/model/layout/mesh.js";
import { pick } from "./random.js";

/** What a breakage sees of the sound configuration that it spoils. */
export interface Sound {
  readonly config: Config;
  readonly mesh: Mesh;
  readonly random: () => number;
}

/** Edits that break one rule, and where it must be reported. */
export interface Broken {
  readonly edits: Readonly<Record<string, unknown>>;
  readonly rule: string;
  readonly path: string;
}

/**
 * Breakages of the same area touch the same settings; one of each is taken. Undefined: this configuration can't be
 * broken so.
 */
export interface Breakage {
  readonly area: string;
  readonly make: (sound: Sound) => Broken | undefined;
}

const model = "model.model_config";
const pc = "parallel_config";
const loader = "train_dataset.data_loader";

const whole = (random: () => number, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

/** A number near `value` that `by` does not divide. */
function odd(value: number, by: number, random: () => number): number {
  return value + whole(random, 1, by - 1);
}

function modelKey(config: Config, names: readonly string[]): readonly [path: string, value: number] | undefined {
  for (const name of names) {
    const value = config.get(`${model}.${name}`);
    if (typeof value === "number") return [`${model}.${name}`, value];
  }
  return undefined;
}

function monitorOf(config: Config): string | undefined {
  const callbacks = config.get("callbacks");
  const index = Array.isArray(callbacks)
    ? (callbacks as { type?: string }[]).findIndex(({ type }) => type === "CheckpointMonitor")
    : -1;
  return index < 0 ? undefined : `callbacks.${index}`;
}

function always(
  area: string,
  rule: string,
  change: (random: () => number) => readonly [path: string, value: unknown],
): Breakage {
  return {
    area,
    make: ({ random }) => {
      const [path, value] = change(random);
      return { edits: { [path]: value }, rule, path };
    },
  };
}

export const breakages: readonly Breakage[] = [
  {
    area: "mesh",
    make: ({ mesh, random }) => ({
      edits: { [`${pc}.data_parallel`]: mesh.dataParallel * whole(random, 2, 5) },
      rule: "mesh-product",
      path: `${pc}.${mesh.tensorParallel > 1 ? "model_parallel" : "data_parallel"}`,
    }),
  },
  {
    area: "mesh",
    make: ({ mesh, random }) => {
      const size = mesh.dataParallel * mesh.tensorParallel + whole(random, 1, 9);
      return { edits: { [`${pc}.expert_parallel`]: size }, rule: "expert-mesh", path: `${pc}.expert_parallel` };
    },
  },
  {
    area: "heads",
    make: ({ config, mesh, random }) => {
      const heads = modelKey(config, ["num_attention_heads"]);
      if (heads === undefined || mesh.tensorParallel < 2) return undefined;
      return {
        edits: { [heads[0]]: odd(heads[1], mesh.tensorParallel, random) },
        rule: "heads-divisible",
        path: heads[0],
      };
    },
  },
  {
    area: "experts",
    make: ({ config, mesh, random }) => {
      const experts = modelKey(config, ["n_routed_experts", "num_experts"]);
      if (experts === undefined || mesh.expertParallel < 2) return undefined;
      return {
        edits: { [experts[0]]: odd(experts[1], mesh.expertParallel, random) },
        rule: "experts-divisible",
        path: experts[0],
      };
    },
  },
  {
    area: "pipeline",
    make: ({ mesh, random }) =>
      mesh.pipelineStages < 2
        ? undefined
        : {
            edits: { [`${pc}.micro_batch_num`]: whole(random, 1, mesh.pipelineStages - 1) },
            rule: "micro-batches",
            path: `${pc}.micro_batch_num`,
          },
  },
  {
    area: "offset",
    make: ({ config, mesh, random }) => {
      if (modelKey(config, ["num_hidden_layers"]) === undefined || mesh.pipelineStages < 2) return undefined;
      const extra = Array.from({ length: mesh.pipelineStages + whole(random, 1, 3) }, () => 0);
      return { edits: { [`${model}.offset`]: extra }, rule: "layer-offset", path: `${model}.offset` };
    },
  },
  {
    area: "recompute",
    make: ({ mesh, random }) => {
      const list = Array.from({ length: mesh.pipelineStages + whole(random, 1, 4) }, () => 1);
      return { edits: { "recompute_config.recompute": list }, rule: "recompute", path: "recompute_config.recompute" };
    },
  },
  {
    area: "length",
    make: ({ config, random }) =>
      modelKey(config, ["seq_length"]) === undefined
        ? undefined
        : {
            edits: {
              [`${loader}.config.seq_length`]: pick(
                [512, 1024, 2048, 8192].filter((length) => length !== config.get(`${model}.seq_length`)),
                random,
              ),
            },
            rule: "sequence-length",
            path: `${loader}.config.seq_length`,
          },
  },
  {
    area: "tokens",
    make: ({ config, random }) => {
      const size = modelKey(config, ["vocab_size"]);
      const name = pick(["eod", "pad"], random);
      if (size === undefined) return undefined;
      const path = `${loader}.config.${name}`;
      return { edits: { [path]: size[1] + whole(random, 0, 999) }, rule: "vocabulary", path };
    },
  },
  {
    area: "groups",
    make: ({ config, random }) => {
      const experts = modelKey(config, ["n_routed_experts"]);
      if (experts === undefined || config.get(`${model}.topk_group`) === undefined) return undefined;
      return {
        edits: { [`${model}.topk_group`]: 3 * whole(random, 1, 2) },
        rule: "expert-groups",
        path: `${model}.topk_group`,
      };
    },
  },
  {
    area: "prefix",
    make: ({ config, random }) => {
      const path = monitorOf(config);
      if (path === undefined) return undefined;
      const prefix = pick(["rank_0", "my_rank", "franked"], random);
      return { edits: { [`${path}.prefix`]: prefix }, rule: "checkpoint-prefix", path: `${path}.prefix` };
    },
  },
  {
    area: "strategy",
    make: ({ mesh, random }) => {
      const strategy = Array.from({ length: whole(random, 1, 3) }, () => [mesh.dataParallel, 1]);
      return {
        edits: { "parallel.dataset_strategy": strategy },
        rule: "dataset-strategy",
        path: "parallel.dataset_strategy",
      };
    },
  },
  {
    area: "columns",
    make: ({ random }) => {
      const columns = ["input_ids", "labels", "loss_mask", "position_ids"].slice(0, whole(random, 1, 3));
      return {
        edits: { "train_dataset.input_columns": columns },
        rule: "columns",
        path: "train_dataset.input_columns",
      };
    },
  },
  {
    area: "resume",
    make: () => ({ edits: { resume_training: true }, rule: "resume", path: "load_checkpoint" }),
  },
  {
    area: "interleave",
    make: ({ random }) => ({
      edits: { micro_batch_interleave_num: whole(random, 2, 4) },
      rule: "micro-interleave",
      path: "micro_batch_interleave_num",
    }),
  },
  always("sizes", "batch-size", (random) => [
    `${loader}.sizes`,
    pick(
      [
        [0, 0, 0],
        [-5, 0, 0],
      ],
      random,
    ),
  ]),
  always("sink", "sink-mode", () => ["runner_config.sink_mode", false]),
  always("sink", "sink-size", (random) => ["runner_config.sink_size", -whole(random, 2, 9)]),
  always("seed", "random-seed", (random) => [`${loader}.config.random_seed`, whole(random, 0, 9999)]),
  always("jit", "allowed-value", (random) => ["context.jit_config.jit_level", pick(["O3", "o1", "fast"], random)]),
  always("mode", "allowed-value", (random) => ["run_mode", pick(["pretrain", "trian", "Train"], random)]),
  always("type", "wrong-type", (random) => ["runner_config.epochs", pick(["two", "3", 1.5], random)]),
  always("range", "value-range", (random) => ["runner_config.batch_size", -whole(random, 0, 3)]),
  always("betas", "moments", (random) => ["optimizer.betas", pick([[0.9, 1], [1.9, 0.95], [0.9]], random)]),
  always("warmup", "warmup", (random) => ["lr_schedule.warmup_ratio", whole(random, 2, 9)]),
  always("rate", "learning-rate", (random) => ["lr_schedule.learning_rate", pick([0.5, 3.5, -1e-4], random)]),
  always("memory", "memory", (random) => ["context.max_device_memory", pick(["lots", "58", "128GB"], random)]),
  always("dropout", "dropout", (random) => [`${model}.hidden_dropout`, pick([1.5, -0.1, 1.0], random)]),
  always("mask", "compressed-mask", () => [`${loader}.config.create_compressed_eod_mask`, true]),
];
