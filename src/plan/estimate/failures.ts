import {
  above0,
  duration,
  either,
  type OptionTable,
  oneOf,
  readOptions,
  section,
  size,
} from "../../core/options/option-table.js";
import { parseBytes, parseDuration } from "../../core/units.js";
import type { ResolvedCluster } from "../command/cluster.js";
import type { PlanDisk } from "./disk.js";
import { type FailureRate, publishedFailureRates, type Reliability, reliabilityOf } from "./reliability.js";
import type { PlanDuration } from "./speed.js";

/** Assumptions of the predicted failures; every value has a default that the plan names. */
export interface ReliabilityOptions {
  /** How often nodes fail: a published rate (default "llama-3") or your own cluster's. */
  readonly failures?: FailureRate;
  /** From a failure to the first new step, default "10m". */
  readonly restart?: string | number;
  /** How long training pauses for a checkpoint; default: the bytes that a node writes / saveBandwidth. */
  readonly saveTime?: string | number;
  /** Size that one node writes to the shared storage per second, default "1GB". */
  readonly saveBandwidth?: string;
}

/** The failures that the plan predicts, with the inputs of the prediction. */
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

const reliabilityTable: OptionTable<ReliabilityOptions> = {
  failures: either(oneOf(...Object.keys(publishedFailureRates)), {
    ...section("{ nodeDaysPerFailure: 100 }"),
    expected: "{ nodeDaysPerFailure }",
  }),
  restart: duration("10m"),
  saveTime: duration("30s"),
  saveBandwidth: size("1GB"),
};

/** A plain copy of the options. @throws LabError ARGUMENT_INVALID */
export function readReliability(given: unknown): ReliabilityOptions | undefined {
  if (given === undefined) return undefined;
  const place = { name: "reliability", code: "ARGUMENT_INVALID" } as const;
  const options = readOptions(given, reliabilityTable, place);
  if (typeof options.failures !== "object") return options;
  const rate: OptionTable<typeof options.failures> = { nodeDaysPerFailure: above0(100) };
  return { ...options, failures: readOptions(options.failures, rate, { ...place, name: "reliability.failures" }) };
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

/**
 * Failures to expect in a run; undefined on a CPU unless asked for, and where the time of the run or of a checkpoint is
 * unknown.
 */
export function failuresOf(
  plan: { readonly cluster: ResolvedCluster; readonly disk: PlanDisk },
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
