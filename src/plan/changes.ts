import { resolve } from "node:path";
import type { Config } from "../config/config.js";
import { dataLoaderPath, dataPrefixes } from "../config/keys/data-path.js";
import { isSection, sameValue } from "../config/text/values.js";
import { readParallelMode } from "../model/layout/mesh.js";
import type { ResolvedCluster } from "./command/cluster.js";
import type { PlanChange } from "./estimate/values.js";

/** The facts of a dataset that `planRun` needs; `prepareData`, `openDataset`, and `openMindRecord` return them. */
export interface PlanData {
  /** Megatron: path of the files without `.bin` and `.idx`. */
  readonly prefix?: string;
  /** MindRecord: paths of the shards, and the names of the columns. */
  readonly files?: readonly string[];
  readonly columns?: readonly string[];
  readonly sequences?: number | undefined;
  readonly tokens?: number | undefined;
  readonly vocabSize?: number | undefined;
  readonly eod?: number | undefined;
  readonly pad?: number | undefined;
  readonly seqLength?: number | undefined;
}

/** Sets a value in the copy and notes it, unless it is there already. */
export function applyChange(
  config: Config,
  changes: PlanChange[],
  change: { path: string; now: unknown; why: string },
): void {
  const was = config.get(change.path);
  if (was !== undefined && sameValue(was, change.now)) return;
  config.set(change.path, change.now);
  changes.push({ ...change, was });
}

/** Both places that hold the loader's settings: the second is mostly an alias of the first and then already changed. */
function loaderPaths(config: Config, key: string): string[] {
  const copy = "train_dataset_task.dataset_config.data_loader";
  return [`${dataLoaderPath}.${key}`, ...(isSection(config.get(copy)) ? [`${copy}.${key}`] : [])];
}

/**
 * The training data of the run: `data` if given; else relative prefixes are made absolute, because the workers start in
 * another folder.
 */
export function applyData(config: Config, data: PlanData | undefined): PlanChange[] {
  const changes: PlanChange[] = [];
  const path = `${dataLoaderPath}.config.data_path`;
  const old = config.get(path);
  if (data?.files !== undefined) return applyMindRecord(config, data);
  if (data?.prefix !== undefined) {
    const now = ["1", resolve(data.prefix)];
    for (const at of loaderPaths(config, "config.data_path"))
      applyChange(config, changes, { path: at, now, why: "the dataset given to planRun" });
  } else if (Array.isArray(old)) {
    const prefixes = new Set(dataPrefixes(old));
    const now = old.map((entry: unknown) =>
      prefixes.has(String(entry).trim()) ? resolve(String(entry).trim()) : entry,
    );
    for (const at of loaderPaths(config, "config.data_path"))
      applyChange(config, changes, {
        path: at,
        now,
        why: "workers start in another folder, so the path is made absolute",
      });
  }
  return changes;
}

/** The loader section is replaced as a whole: MindDataset takes other settings than Megatron data. */
function applyMindRecord(config: Config, { files = [], columns = [], sequences = 0 }: PlanData): PlanChange[] {
  const changes: PlanChange[] = [];
  const why = "the MindRecord dataset given to planRun";
  const asked = config.get(`${dataLoaderPath}.sizes.0`) ?? config.get(`${dataLoaderPath}.num_samples`);
  const samples = typeof asked === "number" && asked > 0 ? Math.min(asked, sequences) : sequences;
  const loader = {
    type: "MindDataset",
    dataset_files: files.map((file) => resolve(file)),
    shuffle: config.get(`${dataLoaderPath}.shuffle`) === true,
    num_samples: samples,
  };
  const dataParallel = Number(config.get("parallel_config.data_parallel") ?? 1);
  const sections = ["train_dataset", "train_dataset_task.dataset_config"].filter((path) => isSection(config.get(path)));
  for (const section of sections) {
    applyChange(config, changes, { path: `${section}.data_loader`, now: loader, why });
    for (const key of ["input_columns", "construct_args_key"])
      applyChange(config, changes, { path: `${section}.${key}`, now: columns, why });
  }
  if (config.has("parallel.dataset_strategy"))
    applyChange(config, changes, { path: "parallel.dataset_strategy", now: columns.map(() => [dataParallel, 1]), why });
  return changes;
}

interface Demand {
  readonly path: string;
  readonly now: unknown;
  readonly why: string;
  /** Only where the key is written already (or where the value differs from MindFormers' default). */
  readonly when?: (config: Config) => boolean;
}

const cpuDemands: readonly Demand[] = [
  { path: "context.device_target", now: "CPU", why: "the cluster's device" },
  { path: "use_parallel", now: true, why: "workers are always started by msrun" },
  { path: "parallel.parallel_mode", now: 0, why: "MindSpore on CPU knows only data parallelism" },
  { path: "parallel.gradients_mean", now: true, why: "data parallelism averages the gradients" },
  { path: "parallel.full_batch", now: false, why: "every worker reads its own part of a batch" },
  {
    path: "parallel.enable_parallel_optimizer",
    now: false,
    why: "MindSpore on CPU does not shard the optimizer",
    when: (c) => c.get("parallel.enable_parallel_optimizer") === true,
  },
  { path: "runner_config.sink_mode", now: false, why: "there is no device queue on CPU" },
  { path: "model.model_config.compute_dtype", now: "float32", why: "MindSpore on CPU multiplies no bfloat16 matrices" },
  {
    path: "recompute_config.recompute",
    now: false,
    why: "recomputation is not used on CPU",
    when: (c) => c.has("recompute_config.recompute"),
  },
];

const ascendDemands: readonly Demand[] = [
  { path: "context.device_target", now: "Ascend", why: "the cluster's device" },
  { path: "use_parallel", now: true, why: "workers are always started by msrun" },
  {
    path: "parallel.parallel_mode",
    now: 1,
    why: "semi-automatic parallelism, as in MindFormers' own files",
    when: (c) => readParallelMode((path) => c.get(path)) === "data_parallel",
  },
  { path: "parallel.gradients_mean", now: false, why: "semi-automatic parallelism sums scaled gradients" },
  { path: "runner_config.sink_mode", now: true, why: "MindFormers' data broadcast on Ascend needs it" },
  {
    path: "model.model_config.compute_dtype",
    now: "bfloat16",
    why: "flash attention on Ascend takes 16-bit numbers",
    when: (c) => c.get("model.model_config.compute_dtype") === "float32",
  },
];

/** Usable share of a device's memory: 58 of 64 GB. */
const usableMemory = 0.91;

/**
 * Settings that have one possible value on the cluster's device, when the configuration was written for the other
 * device. The mesh and the model's size are never touched: rules refuse what doesn't fit and say what to type.
 */
export function applyDevice(config: Config, cluster: ResolvedCluster): PlanChange[] {
  const changes: PlanChange[] = [];
  const written = config.get("context.device_target") ?? "Ascend";
  if (written === cluster.device) return changes;
  for (const demand of cluster.device === "CPU" ? cpuDemands : ascendDemands)
    if (demand.when?.(config) ?? true) applyChange(config, changes, demand);
  if (cluster.device === "Ascend") {
    const gigabytes =
      cluster.memoryPerDevice === undefined ? 58 : Math.floor((cluster.memoryPerDevice / 2 ** 30) * usableMemory);
    applyChange(config, changes, {
      path: "context.max_device_memory",
      now: `${gigabytes}GB`,
      why: "memory of the cluster's devices",
    });
  }
  return changes;
}
