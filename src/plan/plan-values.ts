import { createHash } from "node:crypto";
import { globalBatchOf, schedule } from "../config/batch.js";
import type { Config } from "../config/config.js";
import { dataLoaderPath, type Mesh, positive, readMesh } from "../config/settings.js";
import { parseBytes, parseDuration } from "../core/units.js";
import { flopsPerToken } from "../model/flops.js";
import { estimateMemory, type MemoryEstimate } from "../model/memory.js";
import { countParameters } from "../model/parameters.js";
import { readTraining, type TrainingFacts } from "../model/read-layout.js";
import type { ResolvedCluster } from "./cluster.js";
import { diskOf } from "./disk.js";
import { pipelineOf } from "./pipeline-settings.js";
import type { PlanValues } from "./plan.js";
import { type FailureRate, type Reliability, reliabilityOf } from "./reliability.js";
import { durationOf, type PlanDuration, type PlanSpeed } from "./speed.js";
import { estimateStep } from "./step-estimate.js";

/** What the prediction of failures assumes; every value has a default that the plan names. */
export interface ReliabilityOptions {
  /** How often nodes fail: a published rate (default "llama-3") or your own cluster's. */
  readonly failures?: FailureRate;
  /** From a failure to the first new step, default "10m". */
  readonly restart?: string | number;
  /** How long training stands still for a checkpoint; default: the bytes that a node writes / saveBandwidth. */
  readonly saveTime?: string | number;
  /** What one node writes to the shared storage in a second, default "1GB". */
  readonly saveBandwidth?: string;
}

/** What the plan says about failures, with what it was computed from. */
export interface PlanReliability extends Reliability {
  readonly saveMs: number;
  readonly restartMs: number;
  readonly intervalMs: number;
  /** Configured steps between checkpoints, and the best number of steps. */
  readonly everySteps: number | undefined;
  readonly bestSteps: number;
  /** Where saveMs comes from. */
  readonly saveArithmetic: string;
}

/** Names the folder of compiled graphs: everything that can change the graph, not where a run starts from or writes to. */
function graphKey(config: Config, cluster: ResolvedCluster): string {
  const { load_checkpoint, resume_training, output_dir, ...rest } = config.toJS();
  const values = JSON.stringify([rest, cluster.devices], (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  return createHash("sha256").update(values).digest("hex").slice(0, 16);
}

type Length = Pick<PlanValues, "globalBatchSize" | "batchArithmetic" | "stepsPerEpoch" | "totalSteps" | "epochs">;

function length(config: Config, devices: number): Length {
  const get = (path: string): unknown => config.get(path);
  const { size, arithmetic } = globalBatchOf(get, devices);
  const epochs = positive(get, "runner_config.epochs");
  const samples = config.get(`${dataLoaderPath}.sizes.0`) ?? config.get(`${dataLoaderPath}.num_samples`);
  const known = typeof samples === "number" && samples > 0;
  const steps = known
    ? schedule({ samples, globalBatchSize: size, epochs, stopStep: positive(get, "runner_config.stop_step", 0) })
    : { stepsPerEpoch: undefined, totalSteps: undefined };
  return { globalBatchSize: size, batchArithmetic: arithmetic, epochs, ...steps };
}

function saveTime(
  options: ReliabilityOptions,
  bytes: number | undefined,
  nodes: number,
): { ms: number; why: string } | undefined {
  if (options.saveTime !== undefined)
    return { ms: parseDuration(options.saveTime, "reliability.saveTime"), why: "as given" };
  if (bytes === undefined) return undefined;
  const text = options.saveBandwidth ?? "1GB";
  const perSecond = parseBytes(text, "reliability.saveBandwidth");
  const assumed = options.saveBandwidth === undefined ? "assumed" : "given";
  return {
    ms: (bytes / nodes / perSecond) * 1000,
    why: `a node's share of a checkpoint / ${text} per second (${assumed})`,
  };
}

/** Failures are a matter of clusters: on CPU nothing is predicted unless it is asked for. */
function reliability(
  plan: Pick<PlanValues, "cluster" | "disk">,
  duration: PlanDuration | undefined,
  options: ReliabilityOptions | undefined,
): PlanReliability | undefined {
  const { cluster, disk } = plan;
  if (duration?.workMs === undefined || duration.workMs <= 0) return undefined;
  if (options === undefined && cluster.device === "CPU") return undefined;
  const save = saveTime(options ?? {}, disk.checkpointBytes, cluster.nodes.length);
  if (save === undefined) return undefined;
  const restartMs = parseDuration(options?.restart ?? "10m", "reliability.restart");
  const saveMs = Math.max(1, save.ms);
  const intervalMs = disk.everySteps === undefined ? Number.POSITIVE_INFINITY : disk.everySteps * duration.stepMs;
  const prediction = reliabilityOf({
    devices: cluster.devices,
    rate: options?.failures ?? "llama-3",
    workMs: duration.workMs,
    saveMs,
    restartMs,
    intervalMs,
  });
  const bestSteps = Math.max(1, Math.round(prediction.bestIntervalMs / duration.stepMs));
  return {
    ...prediction,
    saveMs,
    restartMs,
    intervalMs,
    everySteps: disk.everySteps,
    bestSteps,
    saveArithmetic: save.why,
  };
}

/** More stages than devices, or blocks than any model has layers, are for the rules to report; nothing is computed with them. */
function canBeWorkedOut(mesh: Mesh, cluster: ResolvedCluster, training: TrainingFacts | undefined): boolean {
  const places = mesh.pipelineStages * (training?.layout.interleave ?? 1);
  return mesh.pipelineStages <= cluster.devices && cluster.devices <= 1e6 && places <= 2000;
}

/** A layout that MindFormers would refuse (an offset of the wrong length, say) has no estimate: its rules say why. */
function memoryOf({ shape, layout, options }: TrainingFacts): MemoryEstimate | undefined {
  const estimate = estimateMemory(shape, layout, options);
  return estimate.stages.every(({ total }) => Number.isFinite(total)) ? estimate : undefined;
}

/** Everything of a plan that follows from the configuration and the cluster by arithmetic. */
export function planValues(
  config: Config,
  cluster: ResolvedCluster,
  options: { readonly speed?: PlanSpeed; readonly reliability?: ReliabilityOptions },
): Omit<PlanValues, "changes" | "issues" | "errors"> {
  const mesh = readMesh((path) => config.get(path));
  const run = length(config, cluster.devices);
  const training = readTraining((path) => config.get(path), cluster.devices);
  const shape = training?.shape;
  const drawable = canBeWorkedOut(mesh, cluster, training);
  const memory = training !== undefined && drawable ? memoryOf(training) : undefined;
  const parameters = shape === undefined ? undefined : countParameters(shape);
  const flops = shape === undefined ? undefined : flopsPerToken(shape);
  const sequence = config.get(`${dataLoaderPath}.config.seq_length`) ?? config.get("model.model_config.seq_length");
  const sequenceLength = typeof sequence === "number" ? sequence : undefined;
  const tokensPerStep = sequenceLength === undefined ? undefined : run.globalBatchSize * sequenceLength;
  const { totalSteps } = run;
  const totalTokens = tokensPerStep === undefined || totalSteps === undefined ? undefined : tokensPerStep * totalSteps;
  const disk = diskOf(config, { devices: cluster.devices, parameters: parameters?.total, memory, totalSteps });
  const duration = durationOf(options.speed, {
    devices: cluster.devices,
    tokensPerStep,
    flopsPerToken: flops,
    totalSteps,
    // On CPU nothing is known about the speed of a device.
    estimate:
      training && drawable && cluster.device === "Ascend" ? estimateStep(training, cluster.devicesPerNode) : undefined,
  });
  return {
    config,
    cluster,
    mesh,
    ...run,
    sequenceLength,
    tokensPerStep,
    totalTokens,
    parameters,
    flopsPerToken: flops,
    checkpointBytes: disk.checkpointBytes,
    disk,
    duration,
    reliability: reliability({ cluster, disk }, duration, options.reliability),
    memory,
    pipeline: drawable ? pipelineOf(config, mesh, shape) : undefined,
    commandSettings: { cluster, graphKey: graphKey(config, cluster) },
  };
}
