import { createHash } from "node:crypto";
import type { Config } from "../../config/config.js";
import { dataLoaderPath } from "../../config/keys/data-path.js";
import { flopsPerToken } from "../../model/flops.js";
import { globalBatchOf, schedule } from "../../model/layout/batch.js";
import { layersOnStages } from "../../model/layout/layers.js";
import { type Mesh, readMesh } from "../../model/layout/mesh.js";
import { estimateMemory, type MemoryEstimate } from "../../model/memory/estimate.js";
import { readTraining, type TrainingFacts } from "../../model/memory/read-training.js";
import { countParameters } from "../../model/parameters.js";
import { positive } from "../../model/read-value.js";
import type { ResolvedCluster } from "../command/cluster.js";
import type { PlannedTolerance } from "../command/tolerance.js";
import { diskOf } from "./disk.js";
import { failuresOf, type ReliabilityOptions } from "./failures.js";
import { pipelineOf } from "./pipeline-settings.js";
import { durationOf, type PlanSpeed } from "./speed.js";
import { estimateStep } from "./step-estimate.js";
import type { PlanValues } from "./values.js";

/**
 * Names the folder of compiled graphs: everything that can change the graph, not where a run starts from or writes to.
 */
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

/**
 * More stages than devices, or blocks than any model has layers, are for the rules to report; nothing is computed with
 * them.
 */
function canBeWorkedOut(mesh: Mesh, cluster: ResolvedCluster, training: TrainingFacts | undefined): boolean {
  const places = mesh.pipelineStages * (training?.layout.interleave ?? 1);
  return mesh.pipelineStages <= cluster.devices && cluster.devices <= 1e6 && places <= 2000;
}

/** A layout that MindFormers would refuse (an offset of the wrong length, say) has no estimate: its rules say why. */
function memoryOf({ shape, layout, options }: TrainingFacts): MemoryEstimate | undefined {
  if (layersOnStages(shape.layerKinds.length, layout) === undefined) return undefined;
  const estimate = estimateMemory(shape, layout, options);
  return estimate.stages.every(({ total }) => Number.isFinite(total)) ? estimate : undefined;
}

/** Everything of a plan that follows from the configuration and the cluster by arithmetic. */
export function planValues(
  config: Config,
  cluster: ResolvedCluster,
  options: {
    readonly speed?: PlanSpeed;
    readonly reliability?: ReliabilityOptions;
    readonly tolerance?: PlannedTolerance | undefined;
  },
): Omit<PlanValues, "changes" | "issues" | "errors" | "dataFiles"> {
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
    reliability: failuresOf({ cluster, disk }, duration, options.reliability),
    memory,
    pipeline: drawable ? pipelineOf(config, mesh, shape) : undefined,
    tolerance: options.tolerance,
    commandSettings: {
      cluster,
      graphKey: graphKey(config, cluster),
      environment: options.tolerance?.environment ?? {},
    },
  };
}
