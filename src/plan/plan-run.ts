import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { globalBatchOf, schedule } from "../config/batch.js";
import type { Config } from "../config/config.js";
import type { CheckFacts } from "../config/rules/rule.js";
import { dataLoaderPath, dataPrefixes, type Mesh, positive, readMesh } from "../config/settings.js";
import { isSection } from "../config/yaml-values.js";
import { type Issue, PlanError } from "../core/error.js";
import { applyData, applyDevice, type PlanData } from "./changes.js";
import { type Cluster, type ResolvedCluster, resolveCluster } from "./cluster.js";
import { countParameters, flopsPerToken, type ParameterCount } from "./model.js";
import { modelShape } from "./model-config.js";
import { makePlan, type Plan, type PlanValues } from "./plan.js";

export interface PlanOptions {
  /** The training data; without it the configuration's own `data_path` is used. */
  readonly data?: PlanData;
  /** Default: this machine's CPU with as many workers as `parallel_config.data_parallel` says. */
  readonly cluster?: Cluster;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** Files of the Megatron data that the configuration names and that are not there. */
async function missingData(config: Config): Promise<string[]> {
  if (config.get(`${dataLoaderPath}.type`) !== "BlendedMegatronDatasetDataLoader") return [];
  const prefixes = dataPrefixes(config.get(`${dataLoaderPath}.config.data_path`));
  const files = prefixes.flatMap((prefix) => [`${resolve(prefix)}.idx`, `${resolve(prefix)}.bin`]);
  const found = await Promise.all(files.map(exists));
  return files.filter((_, index) => !found[index]);
}

/** Names the folder of compiled graphs: everything that can change the graph, not where a run starts from or writes to. */
function graphKey(config: Config, cluster: ResolvedCluster): string {
  const { load_checkpoint, resume_training, output_dir, ...rest } = config.toJS();
  const values = JSON.stringify([rest, cluster.devices], (_key, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value,
  );
  return createHash("sha256").update(values).digest("hex").slice(0, 16);
}

function noCluster(config: Config, mesh: Mesh): Issue {
  const devices = mesh.dataParallel * mesh.tensorParallel * mesh.pipelineStages * mesh.contextParallel;
  const nodes = Math.max(1, Math.ceil(devices / 8));
  const example = nodes === 1 ? "" : `, nodes: [ /* ${nodes} hosts */ ]`;
  return {
    severity: "error",
    rule: "cluster-missing",
    path: "context.device_target",
    message: `the configuration is for ${devices} devices of type ${config.get("context.device_target") ?? "Ascend"}, but no cluster is given`,
    hint: `planRun(config, { cluster: { device: "Ascend"${example}, devicesPerNode: ${Math.min(8, devices)} } })`,
  };
}

/** Copies of the weights that a checkpoint of all ranks holds: ranks that hold the same values each write them. */
function checkpointBytes(config: Config, counts: ParameterCount, cluster: ResolvedCluster): number {
  const mesh = readMesh((path) => config.get(path));
  const bytesPerParameter = 12;
  const divided = config.get("parallel.enable_parallel_optimizer") === true || config.get("remove_redundancy") === true;
  if (!mesh.semiAuto) return counts.total * bytesPerParameter * cluster.devices;
  if (divided) return counts.total * bytesPerParameter;
  const copies = mesh.dataParallel * mesh.contextParallel;
  const expertCopies = Math.max(1, (copies * mesh.tensorParallel) / mesh.expertParallel);
  return bytesPerParameter * ((counts.total - counts.routedExperts) * copies + counts.routedExperts * expertCopies);
}

function refuse(issues: readonly Issue[]): PlanError {
  const errors = issues.filter(({ severity }) => severity === "error");
  const lines = errors.map(({ path, message, hint }) => `- ${path === "" ? "" : `${path}: `}${message}\n  → ${hint}`);
  const title =
    errors.length === 1 ? "the run can't start as planned" : `the run can't start as planned, ${errors.length} reasons`;
  return new PlanError("PLAN_INVALID", `${title}:\n${lines.join("\n")}`, {
    hint: errors[0]?.hint ?? "correct the configuration",
    issues,
  });
}

function length(
  config: Config,
  devices: number,
): Pick<PlanValues, "globalBatchSize" | "batchArithmetic" | "stepsPerEpoch" | "totalSteps" | "epochs"> {
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

function planValues(config: Config, cluster: ResolvedCluster): Omit<PlanValues, "changes" | "issues"> {
  const mesh = readMesh((path) => config.get(path));
  const run = length(config, cluster.devices);
  const model = config.get("model.model_config");
  const shape = isSection(model) ? modelShape(model) : undefined;
  const parameters = shape === undefined ? undefined : countParameters(shape);
  const sequence = config.get(`${dataLoaderPath}.config.seq_length`) ?? config.get("model.model_config.seq_length");
  const sequenceLength = typeof sequence === "number" ? sequence : undefined;
  const tokensPerStep = sequenceLength === undefined ? undefined : run.globalBatchSize * sequenceLength;
  return {
    config,
    cluster,
    mesh,
    ...run,
    sequenceLength,
    tokensPerStep,
    totalTokens:
      tokensPerStep === undefined || run.totalSteps === undefined ? undefined : tokensPerStep * run.totalSteps,
    parameters,
    flopsPerToken: shape === undefined ? undefined : flopsPerToken(shape),
    checkpointBytes: parameters === undefined ? undefined : checkpointBytes(config, parameters, cluster),
    commandSettings: { cluster, graphKey: graphKey(config, cluster) },
  };
}

/**
 * What a run will be: mesh, batch, steps, tokens, size, and the exact command of every node. Nothing is started and `config` is not modified:
 * the plan holds a copy, in which `changes` lists what the data and the cluster's device demanded.
 * Throws PLAN_INVALID (PlanError with all findings) if one of them is an error, CLUSTER_INVALID for a cluster that can't be.
 */
export async function planRun(config: Config, options: PlanOptions = {}): Promise<Plan> {
  const copy = config.copy();
  const asked = readMesh((path) => copy.get(path));
  const forAscend = (copy.get("context.device_target") ?? "Ascend") !== "CPU";
  if (options.cluster === undefined && forAscend) throw refuse([noCluster(copy, asked)]);
  const cluster = resolveCluster(options.cluster, asked.dataParallel);
  const changes = [...applyDevice(copy, cluster), ...applyData(copy, options.data)];
  const facts: CheckFacts = {
    device: cluster.device,
    devices: cluster.devices,
    memoryPerDevice: cluster.memoryPerDevice,
    missingFiles: await missingData(copy),
    ...(options.data === undefined ? {} : { dataset: options.data }),
  };
  const issues = copy.check(facts);
  if (issues.some(({ severity }) => severity === "error")) throw refuse(issues);
  return makePlan({ ...planValues(copy, cluster), changes, issues });
}
