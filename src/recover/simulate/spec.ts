import { LabError } from "../../core/error.js";
import { parseBytes, parseDuration } from "../../core/units.js";
import type { FaultTable, ScriptedFault, SimulateOptions } from "../../plan/command/simulate.js";
import { type RecoveryPolicy, recoveryPolicy } from "../decide/policy.js";
import { type PlannedFault, readScript } from "./fault-script.js";
import { faultTable } from "./fault-table.js";
import { type LossLaw, lossLaw } from "./loss-law.js";

/** The training that runs on it. */
export interface SimulatedTraining {
  readonly totalSteps: number;
  readonly stepMs: number;
  readonly checkpointEverySteps: number;
  /** Checkpoints that are kept; default 5. */
  readonly keep?: number;
  /** Default 129,280 (DeepSeek-V3). */
  readonly vocabulary?: number;
  /** Ends then, finished or not. Milliseconds; default: no limit. */
  readonly untilMs?: number;
}

/** Everything of a simulation with its defaults. Times in milliseconds. */
export interface SimulationSpec {
  readonly nodes: number;
  readonly devicesPerNode: number;
  readonly devices: number;
  readonly spares: number;
  readonly nodesPerRack: number;
  readonly seed: number;
  readonly faults: FaultTable;
  readonly script: readonly PlannedFault[];
  readonly repairMs: number;
  readonly reportMs: number;
  readonly heartbeatMs: number;
  readonly joinMs: number;
  readonly startMs: number;
  readonly compileMs: number;
  readonly saveMs: number;
  /** Checkpoints that fit into the storage. */
  readonly room: number;
  readonly culprits: number;
  readonly totalSteps: number;
  readonly stepMs: number;
  readonly everySteps: number;
  readonly keep: number;
  readonly untilMs: number;
  readonly law: LossLaw;
  readonly policy: RecoveryPolicy;
}

function whole(name: string, value: number, [low, high]: readonly [number, number]): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new LabError(
    "ARGUMENT_INVALID",
    `simulate.${name}: expected a whole number from ${low} to ${high}, found ${JSON.stringify(value)}`,
    { hint: "simulate: { nodes: 1024, devicesPerNode: 8, seed: 7 }" },
  );
}

function requireSpeed(speed: number | undefined): void {
  if (speed === undefined || (typeof speed === "number" && speed > 0 && Number.isFinite(speed))) return;
  const found = typeof speed === "number" ? String(speed) : JSON.stringify(speed);
  throw new LabError("ARGUMENT_INVALID", `simulate.speed: expected a number above 0, found ${found}`, {
    hint: "speed: 3600 plays an hour in a second; without speed the run is played at once",
  });
}

function isScript(faults: SimulateOptions["faults"]): faults is readonly ScriptedFault[] {
  return Array.isArray(faults);
}

/** Checkpoints that fit into the storage. */
function roomOf(storage: SimulateOptions["storage"]): number {
  if (storage === undefined) return Number.POSITIVE_INFINITY;
  const capacity = parseBytes(storage.capacity, "simulate.storage.capacity");
  const room = Math.floor(capacity / parseBytes(storage.checkpoint, "simulate.storage.checkpoint"));
  if (room >= 1) return room;
  const found = `${storage.capacity} for checkpoints of ${storage.checkpoint}`;
  throw new LabError("ARGUMENT_INVALID", `simulate.storage: expected room for a checkpoint, found ${found}`, {
    hint: 'storage: { capacity: "100TB", checkpoint: "8TB" }',
  });
}

/** Checks the options and fills in the defaults. @throws ARGUMENT_INVALID */
export function simulationSpec(
  options: SimulateOptions,
  training: SimulatedTraining,
  policy: RecoveryPolicy = recoveryPolicy(),
): SimulationSpec {
  const nodes = whole("nodes", options.nodes, [1, 1_000_000]);
  const devicesPerNode = whole("devicesPerNode", options.devicesPerNode ?? 8, [1, 1024]);
  const seed = whole("seed", options.seed ?? 1, [0, 0xffffffff]);
  const { faults, storage } = options;
  requireSpeed(options.speed);
  const ms = (name: "repair" | "report" | "heartbeat" | "join" | "start" | "compile" | "save", usual: string) =>
    parseDuration(options[name] ?? usual, `simulate.${name}`);
  return {
    nodes,
    devicesPerNode,
    devices: nodes * devicesPerNode,
    spares: whole("spares", options.spares ?? 0, [0, 1_000_000]),
    nodesPerRack: whole("nodesPerRack", options.nodesPerRack ?? 16, [1, 1_000_000]),
    seed,
    faults: faultTable(isScript(faults) ? "none" : faults),
    script: isScript(faults) ? readScript(faults, nodes * devicesPerNode) : [],
    repairMs: ms("repair", "6h"),
    reportMs: ms("report", "10s"),
    heartbeatMs: ms("heartbeat", "30s"),
    joinMs: ms("join", "30s"),
    startMs: ms("start", "2m"),
    compileMs: ms("compile", "3m"),
    saveMs: ms("save", "10s"),
    room: roomOf(storage),
    culprits: options.culprits ?? 0.95,
    totalSteps: whole("training.totalSteps", training.totalSteps, [1, Number.MAX_SAFE_INTEGER]),
    stepMs: training.stepMs,
    everySteps: whole("training.checkpointEverySteps", training.checkpointEverySteps, [1, Number.MAX_SAFE_INTEGER]),
    keep: training.keep ?? 5,
    untilMs:
      training.untilMs ??
      (options.duration === undefined
        ? Number.POSITIVE_INFINITY
        : parseDuration(options.duration, "simulate.duration")),
    law: lossLaw(training.vocabulary ?? 129_280, seed),
    policy,
  };
}
