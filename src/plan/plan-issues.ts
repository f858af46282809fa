import type { Config } from "../config/config.js";
import { dataLoaderPath } from "../config/keys/data-path.js";
import type { Issue } from "../core/error.js";
import { formatBytes, formatCount, formatDuration } from "../core/units.js";
import type { PlanData } from "./changes.js";
import { checkpointSettings } from "./estimate/disk.js";
import type { PlanValues } from "./estimate/values.js";

/** From this loss of training time on, another interval between checkpoints is worth a finding. */
const worthWhile = 0.02;

/**
 * What only the prediction of failures can find: checkpoints that are so rare (or so frequent) that they cost training
 * time.
 */
export function reliabilityIssues(
  config: Config,
  { reliability: r, duration }: Pick<PlanValues, "reliability" | "duration">,
): Issue[] {
  const saving = checkpointSettings(config);
  if (r === undefined || duration === undefined || saving === undefined || r.bestRatio - r.ratio < worthWhile)
    return [];
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  const path = `${saving.path}.save_checkpoint_steps`;
  const interval = `${formatCount(saving.everySteps, "step")} (${formatDuration(saving.everySteps * duration.stepMs)})`;
  return [
    {
      severity: r.ratio < 0.5 ? "warning" : "advice",
      rule: "checkpoint-interval",
      path,
      message:
        `training would take ${percent(r.ratio)} of the whole time with a checkpoint every ${interval} ` +
        `and a failure every ${formatDuration(r.mtbfMs)}; ` +
        `with a checkpoint every ${formatCount(r.bestSteps, "step")} it would be ${percent(r.bestRatio)}`,
      hint: `config.set("${path}", ${r.bestSteps})`,
    },
  ];
}

/**
 * Memory of a CPU worker's process without the model's tensors, in bytes: Python, MindSpore, and the compiled graph. A
 * worker of the tiny model takes 2.8 GB while it trains, of which its tensors are about 0.5 GB.
 */
export const workerProcessBytes = 2.3 * 1024 ** 3;

/** CPU workers of this machine together against its memory, in bytes. */
export function localMemoryIssues(
  { cluster, mesh, memory }: Pick<PlanValues, "cluster" | "mesh" | "memory">,
  machineBytes: number,
): Issue[] {
  const here = cluster.access?.via === "local" || cluster.access?.via === "this-machine";
  if (!here || cluster.device !== "CPU" || cluster.simulate !== undefined || memory === undefined) return [];
  const workers = cluster.access.via === "local" ? cluster.devicesPerNode : cluster.devices;
  const each = workerProcessBytes + memory.peak;
  if (workers * each <= machineBytes) return [];
  const inGroup = mesh.tensorParallel * mesh.pipelineStages * mesh.contextParallel;
  const fitting = Math.floor(machineBytes / each / inGroup);
  const option = `cluster: { device: "CPU", devicesPerNode: ${fitting * inGroup} }`;
  return [
    {
      severity: "warning",
      rule: "memory-of-this-machine",
      path: "cluster.devicesPerNode",
      message:
        `${formatCount(workers, "worker")} need about ${formatBytes(workers * each)}, but this machine has ` +
        `${formatBytes(machineBytes)}: a worker takes ${formatBytes(workerProcessBytes)} for its process and ` +
        `${formatBytes(memory.peak)} for tensors`,
      hint:
        fitting < 1
          ? "use a machine with more memory, or a smaller model"
          : `config.set("parallel_config.data_parallel", ${fitting}), then planRun(config, { ${option} })`,
    },
  ];
}

/** From this many passes over the training data on, the model mostly repeats what it has seen. */
const manyPasses = 100;

/** Data that is read so often that the model learns it by heart. */
export function repetitionIssues(
  { totalTokens, globalBatchSize, totalSteps }: Pick<PlanValues, "totalTokens" | "globalBatchSize" | "totalSteps">,
  data: PlanData | undefined,
): Issue[] {
  if (totalTokens === undefined || totalSteps === undefined || !data?.tokens) return [];
  const passes = totalTokens / data.tokens;
  if (passes < manyPasses) return [];
  const has = data.sequences === undefined ? "" : ` in ${formatCount(data.sequences, "sequence")}`;
  return [
    {
      severity: "advice",
      rule: "data-repeated",
      path: `${dataLoaderPath}.sizes`,
      message:
        `the training reads the data ${formatCount(Math.round(passes))} times: ` +
        `${formatCount(totalSteps * globalBatchSize, "sample")} are ${formatCount(totalTokens, "token")}, ` +
        `and the data has ${formatCount(data.tokens, "token")}${has}`,
      hint: "prepare more text, or train fewer samples",
    },
  ];
}

const grades = ["error", "warning", "advice"] as const;

/** Findings of several sources, errors first, each source in its order. */
export function graded(...sources: readonly (readonly Issue[])[]): Issue[] {
  return grades.flatMap((grade) => sources.flat().filter(({ severity }) => severity === grade));
}
