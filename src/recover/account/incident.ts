import type { Action } from "../decide/action.js";
import type { Cause } from "../detect/causes.js";
import type { FindingKind } from "../detect/finding.js";

/** One stop of the training and what it cost. All times in milliseconds. */
export interface Incident {
  /** From 1. */
  readonly number: number;
  readonly finding: FindingKind;
  readonly cause: Cause;
  readonly summary: string;
  readonly rank?: number;
  readonly node?: string;
  readonly action: Action;
  /** When training stopped, when that was detected, and when training had reached the same step again. */
  readonly since: number;
  readonly detectedAt: number;
  /** Undefined until then. */
  readonly recoveredAt: number | undefined;
  readonly attempt: number;
  /** Last step before it, and the step that the next attempt continued from. */
  readonly step: number;
  readonly resumedFrom: number | undefined;
  /** Time from the attempt's first step until training stopped; 0 if it did no step. */
  readonly upMs: number;
  /** Lost work: the time of the steps after the checkpoint, which had to be repeated. */
  readonly t0: number;
  /** Time until it was detected. */
  readonly t1: number;
  /** Time of waiting for nodes and of the back-off. */
  readonly t2: number;
  /** Time of starting, connecting the workers, and loading. */
  readonly t3: number;
  /** Time of compiling until the first step. */
  readonly t4: number;
  readonly waitedForNode: boolean;
}

/** Cost of an incident: T0 + T1 + T2 + T3 + T4. */
export function lostTime({ t0, t1, t2, t3, t4 }: Pick<Incident, "t0" | "t1" | "t2" | "t3" | "t4">): number {
  return t0 + t1 + t2 + t3 + t4;
}
