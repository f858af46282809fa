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
  /** When the training stood still, when that was found, and when it had reached the same step again. */
  readonly since: number;
  readonly detectedAt: number;
  /** Undefined while it is not made good. */
  readonly recoveredAt: number | undefined;
  readonly attempt: number;
  /** Last step before it, and the step that the next attempt went on from. */
  readonly step: number;
  readonly resumedFrom: number | undefined;
  /** Time from the attempt's first step until the training stood still; 0 if it did no step. */
  readonly upMs: number;
  /** Work that was lost: the time of the steps after the checkpoint, done again. */
  readonly t0: number;
  /** Until it was found. */
  readonly t1: number;
  /** Waiting for nodes and the back-off. */
  readonly t2: number;
  /** Start, finding each other, loading. */
  readonly t3: number;
  /** Compiling until the first step. */
  readonly t4: number;
  readonly waitedForNode: boolean;
}

/** Cost of an incident: T0 + T1 + T2 + T3 + T4. */
export function lostTime({ t0, t1, t2, t3, t4 }: Pick<Incident, "t0" | "t1" | "t2" | "t3" | "t4">): number {
  return t0 + t1 + t2 + t3 + t4;
}
