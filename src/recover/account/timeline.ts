import type { Action } from "../decide/action.js";
import type { Cause } from "../detect/causes.js";
import type { FindingKind } from "../detect/finding.js";

/**
 * What the account is made from, in the order of time. A run's record and the simulated cluster both give these. Times
 * in milliseconds.
 */
export type AccountEvent =
  | { readonly kind: "start"; readonly time: number; readonly attempt: number }
  /** The engine's processes know each other and have loaded; the graph is compiled from here on. */
  | { readonly kind: "ready"; readonly time: number; readonly attempt: number }
  | StepsDone
  | { readonly kind: "checkpoint"; readonly time: number; readonly step: number; readonly seconds: number }
  | FaultFound
  | { readonly kind: "end"; readonly time: number };

/** Consecutive steps of one attempt without a gap. */
export interface StepsDone {
  readonly kind: "steps";
  readonly attempt: number;
  readonly fromStep: number;
  readonly toStep: number;
  /** When the first of them began. */
  readonly start: number;
  readonly end: number;
  /** Milliseconds of it that went into saving checkpoints. */
  readonly savingMs: number;
}

/** Trouble that ended an attempt. */
export interface FaultFound {
  readonly kind: "fault";
  /** When it was found. */
  readonly time: number;
  /** When the training really stood still. */
  readonly since: number;
  readonly finding: FindingKind;
  readonly cause: Cause;
  readonly action: Action;
  readonly summary: string;
  readonly rank?: number;
  readonly node?: string;
  /** The run waited for a node. */
  readonly waitedForNode?: boolean;
}

/** Where a run's time went. */
export type SegmentKind = "training" | "saving" | "lost" | "detecting" | "resources" | "starting" | "compiling";

/** A stretch of a run's time; milliseconds since the epoch. */
export interface Segment {
  readonly kind: SegmentKind;
  readonly start: number;
  readonly end: number;
}
