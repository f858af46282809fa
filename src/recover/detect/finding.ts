import type { Cause } from "./causes.js";

/** What a detector can find. */
export type FindingKind =
  | "process-ended"
  | "node-silent"
  | "hang"
  | "loss-not-finite"
  | "loss-frozen"
  | "loss-spike"
  | "throughput-falling"
  | "slow-rank"
  | "checkpoint-failed"
  | "checkpoint-late"
  | "disk-filling"
  | "device-error"
  | "resume-diverged";

/** A fault with its evidence. */
export interface Finding {
  readonly kind: FindingKind;
  /** Milliseconds, when it was found. */
  readonly time: number;
  /** Milliseconds, when it began: the last sign of normal progress. */
  readonly since: number;
  /** Last global step before it. */
  readonly step: number;
  readonly rank?: number;
  readonly node?: string;
  readonly cause: Cause;
  /** One sentence: what, which, expected, and found. */
  readonly summary: string;
  /** Lines of logs, numbers, stacks. */
  readonly evidence: readonly string[];
}

/** Two findings with the same key at the same step are the same trouble come back. */
export function findingKey(finding: Pick<Finding, "kind" | "cause">): string {
  return `${finding.kind}/${finding.cause}`;
}
