/**
 * Kinds of simulated faults. Explicit ones report themselves: `process` (a worker dies), `node` (a machine is gone),
 * `device` (ECC and other hardware errors), `link` (network), `storage`. Implicit ones do not: `hang`, `slow` (one
 * node), `nan`, `spike` (bad data), `silent` (wrong values that show as NaN some hundred steps later, after they were
 * saved).
 */
export type FaultKind =
  | "process"
  | "node"
  | "device"
  | "link"
  | "storage"
  | "hang"
  | "slow"
  | "nan"
  | "spike"
  | "silent";

/** Rates and kinds of simulated faults. */
export interface FaultTable {
  /** Node-days per fault; a node holds 8 devices in the published tables. */
  readonly nodeDaysPerFault: number;
  /** Relative frequency of each kind. */
  readonly mix: Readonly<Partial<Record<FaultKind, number>>>;
  /** Share of hardware faults that also take down other nodes of the rack. */
  readonly rackShare?: number;
  /** Share of faults that are followed by others within minutes. */
  readonly burstShare?: number;
  readonly source?: string;
}

/** Published tables; see `src/recover/simulate/fault-table.ts`. */
export type FaultTableName = "llama3" | "byterobust" | "rsc" | "rsc-jobs";

/** A fault that is planned: `{ at: "step 120", rank: 5, kind: "hang" }` or `{ at: "2h", rank: 5, kind: "device" }`. */
export interface ScriptedFault {
  /** A global step, or a duration since the start. */
  readonly at: string;
  /** Default 0. */
  readonly rank?: number;
  readonly kind: FaultKind;
}

/**
 * A cluster that does not exist: `cluster: { simulate: { nodes: 1024, devicesPerNode: 8, seed: 7, faults: "llama3" }
 * }`.
 */
export interface SimulateOptions {
  readonly nodes: number;
  /** Default 8. */
  readonly devicesPerNode?: number;
  /** Default 1. The same seed gives the same run. */
  readonly seed?: number;
  /** A published table, a custom one, a script of single faults, or none (default). */
  readonly faults?: FaultTableName | FaultTable | "none" | readonly ScriptedFault[];
  /** Spare nodes; default 0. */
  readonly spares?: number;
  /** Nodes that share switch and power; default 16. */
  readonly nodesPerRack?: number;
  /** Mean time until a bad node is back; default `"6h"`. */
  readonly repair?: string | number;
  /** Time until a fault that reports itself is detected; default `"10s"`. */
  readonly report?: string | number;
  /** Time until a silent node is detected; default `"30s"`. */
  readonly heartbeat?: string | number;
  /** Time until a spare or repaired node joins; default `"30s"`. */
  readonly join?: string | number;
  /** Time from the start to the compilation: processes, collective init, loading; default `"2m"`. */
  readonly start?: string | number;
  /** Time of the compilation until the first step; default `"3m"`. */
  readonly compile?: string | number;
  /** Time that training pauses for a checkpoint; default `"10s"`. */
  readonly save?: string | number;
  /**
   * Size of the checkpoint storage and of one checkpoint: `{ capacity: "100TB", checkpoint: "8TB" }`; default: no
   * limit.
   */
  readonly storage?: { readonly capacity: string | number; readonly checkpoint: string | number };
  /** Share of hangs in which the stacks name the rank at fault; default 0.95. */
  readonly culprits?: number;
  /** Simulated time after which the run ends, finished or not, such as `"30d"`; default: no limit. */
  readonly duration?: string | number;
  /**
   * Simulated seconds per second, such as 3600 for an hour in a second: the run is live meanwhile, so you can watch
   * it, wait for it, and stop it. Default: as fast as possible, and the run is over when `launchRun` returns.
   */
  readonly speed?: number;
}
