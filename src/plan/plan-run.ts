import { stat } from "node:fs/promises";
import { totalmem } from "node:os";
import { resolve } from "node:path";
import type { Config } from "../config/config.js";
import { dataLoaderPath, dataPrefixes } from "../config/keys/data-path.js";
import type { CheckFacts } from "../config/rules/rule.js";
import { hasAll, requireArgument } from "../core/arguments.js";
import { type Issue, PlanError } from "../core/error.js";
import { requireOptions } from "../core/options/option-names.js";
import { checkDataOrder } from "../data/order/check-order.js";
import { type Mesh, readMesh } from "../model/layout/mesh.js";
import { issueList } from "../view/issue-list.js";
import { applyData, applyDevice, type PlanData } from "./changes.js";
import { type Cluster, resolveCluster } from "./command/cluster.js";
import { readCluster } from "./command/cluster-options.js";
import { withHostFile } from "./command/host-file.js";
import { planTolerance, type ToleranceOption } from "./command/tolerance.js";
import { planValues } from "./estimate/compute.js";
import { type ReliabilityOptions, readReliability } from "./estimate/failures.js";
import type { PlanSpeed } from "./estimate/speed.js";
import { makePlan, type Plan } from "./plan.js";
import { graded, localMemoryIssues, reliabilityIssues, repetitionIssues } from "./plan-issues.js";
import { applyTolerance, toleranceIssues } from "./tolerance.js";

/** Options of `planRun`. */
export interface PlanOptions {
  /** The training data; without it the configuration's own `data_path` is used. */
  readonly data?: PlanData;
  /** Default: this machine's CPU with as many workers as `parallel_config.data_parallel` says. */
  readonly cluster?: Cluster;
  /**
   * How fast the training is: stated, or measured by an earlier run. Default: on Ascend an estimate whose assumptions
   * are named, on CPU nothing.
   */
  readonly speed?: PlanSpeed;
  /** Assumptions of the predicted failures. */
  readonly reliability?: ReliabilityOptions;
  /**
   * MindSpore's fault tolerance: `["TTP", "UCE", "ARF"]`. The plan sets the environment of every node and what the
   * configuration needs, and checks the conditions. On a CPU the options are refused with the reason, and `launchRun`
   * uses its own recovery.
   */
  readonly tolerance?: readonly ToleranceOption[];
  /**
   * "throw" (default): findings of severity error are thrown together. "show": they become part of the plan
   * (`plan.errors`), so that you can look at it; `launchRun` then refuses it without an `override` with a reason.
   */
  readonly onErrors?: "throw" | "show";
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** Files of the Megatron data that the configuration names, absolute. */
function dataFilesOf(config: Config): string[] {
  if (config.get(`${dataLoaderPath}.type`) !== "BlendedMegatronDatasetDataLoader") return [];
  const prefixes = dataPrefixes(config.get(`${dataLoaderPath}.config.data_path`));
  return prefixes.flatMap((prefix) => [`${resolve(prefix)}.idx`, `${resolve(prefix)}.bin`]);
}

async function missingOf(files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(files.map(exists));
  return files.filter((_, index) => !found[index]);
}

/** What the engine's data indices refuse, without settings for which another error was found. */
async function orderIssues(config: Config, found: readonly Issue[], memory: number | undefined): Promise<Issue[]> {
  const known = new Set(found.filter(({ severity }) => severity === "error").map(({ path }) => path));
  return (await checkDataOrder(config, { memory })).filter(({ path }) => !known.has(path));
}

function noCluster(config: Config, mesh: Mesh): Issue {
  const devices = mesh.dataParallel * mesh.tensorParallel * mesh.pipelineStages * mesh.contextParallel;
  const nodes = Math.max(1, Math.ceil(devices / 8));
  const example = nodes === 1 ? "" : `, nodes: [ /* ${nodes} hosts */ ]`;
  return {
    severity: "error",
    rule: "cluster-missing",
    path: "context.device_target",
    message:
      `the configuration is for ${devices} devices of type ${config.get("context.device_target") ?? "Ascend"}, ` +
      "but no cluster is given",
    hint: `planRun(config, { cluster: { device: "Ascend"${example}, devicesPerNode: ${Math.min(8, devices)} } })`,
  };
}

const lookAnyway = 'to look at the plan anyway, add onErrors: "show" to planRun\'s options';

/** The cure of a single error is the hint; those of several are in the message. */
function refuse(issues: readonly Issue[], note = lookAnyway): PlanError {
  const errors = issues.filter(({ severity }) => severity === "error");
  const title = "the run can't start as planned";
  const texts = errors.map(({ path, message }) => `- ${path === "" ? "" : `${path}: `}${message}`);
  const [only, ...others] = errors;
  if (only !== undefined && others.length === 0)
    return new PlanError("PLAN_INVALID", `${title}:\n${texts[0]}\n(${note})`, { hint: only.hint, issues });
  const lines = texts.map((text, index) => `${text}\n  → ${errors[index]?.hint}`);
  return new PlanError("PLAN_INVALID", `${title}, for ${errors.length} reasons:\n${lines.join("\n")}`, {
    hint: `correct them; ${note}`,
    issues,
  });
}

/**
 * What a run will be: mesh, batch, steps, tokens, time, disk, failures to expect, and the exact command of every node.
 * Starts nothing and does not modify `config`: the plan holds a copy, and `changes` lists what the data and the
 * cluster's device required. Throws PLAN_INVALID (a PlanError with all findings) if a finding is an error and
 * `onErrors` is not "show", and always if the configuration is for a cluster and none is given. Throws
 * CLUSTER_INVALID for an impossible cluster.
 *
 * @example
 * const cluster = { device: "Ascend", nodes: ["10.0.0.1", "10.0.0.2"], devicesPerNode: 8 } as const;
 * const plan = await planRun(await openConfig("pretrain_deepseek3_1b"), { cluster });
 * console.log(plan.command);
 */
export async function planRun(config: Config, options: PlanOptions = {}): Promise<Plan> {
  requireArgument(hasAll(config, "copy"), {
    ...{ call: "planRun", expected: "a configuration", found: config },
    example: 'planRun(await openConfig("pretrain_deepseek3_1b"), { cluster })',
  });
  requireOptions(options, "planRun", {
    names: ["data", "cluster", "speed", "reliability", "tolerance", "onErrors"],
    example: 'await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 } })',
  });
  const copy = config.copy({ by: "the plan" });
  const asked = readMesh((path) => copy.get(path));
  const forAscend = (copy.get("context.device_target") ?? "Ascend") !== "CPU";
  if (options.cluster === undefined && forAscend)
    throw refuse([noCluster(copy, asked)], "without it the plan has no command, so there is nothing to show");
  const given = options.cluster === undefined ? undefined : readCluster(options.cluster);
  const cluster = resolveCluster(await withHostFile(given), asked.dataParallel);
  const tolerance = planTolerance(options.tolerance, cluster);
  const demanded = [...applyDevice(copy, cluster), ...applyTolerance(copy, tolerance)];
  const changes = [...demanded, ...applyData(copy, options.data)];
  const reliability = readReliability(options.reliability);
  const values = planValues(copy, cluster, { ...options, ...(reliability && { reliability }), tolerance });
  const dataFiles = dataFilesOf(copy);
  const facts: CheckFacts = {
    device: cluster.device,
    devices: cluster.devices,
    devicesPerNode: cluster.devicesPerNode,
    // Workers inherit it.
    environment: { ...process.env, ...tolerance?.environment },
    memoryPerDevice: cluster.memoryPerDevice,
    // Other machines have their own files; preflight looks at them there.
    missingFiles: cluster.access?.via === "local" ? await missingOf(dataFiles) : [],
    ...(cluster.device === "Ascend" && values.memory !== undefined && { memoryNeeded: values.memory.peak }),
    ...(options.data === undefined ? {} : { dataset: options.data }),
  };
  const found = copy.check(facts);
  const order = await orderIssues(copy, found, cluster.access?.via === "local" ? totalmem() : undefined);
  const predicted = [
    ...localMemoryIssues(values, totalmem()),
    ...repetitionIssues(values, options.data),
    ...reliabilityIssues(copy, values),
  ];
  const issues = issueList(graded(found, order, predicted, toleranceIssues(tolerance)));
  const errors = issues.filter(({ severity }) => severity === "error");
  if (errors.length > 0 && options.onErrors !== "show") throw refuse(issues);
  return makePlan({ ...values, dataFiles, changes, issues, errors });
}
