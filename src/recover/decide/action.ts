import type { Finding } from "../detect/finding.js";

/**
 * Response to a finding. `note`: it is only recorded. `restart`: a new attempt on the same nodes from the newest good
 * checkpoint. `replace-node`: the same with a spare in the place of the node. `go-back`: from a checkpoint that was
 * saved before the trouble began. `skip-data`: the same, without the batches around the trouble.
 * `lower-learning-rate`: the same with a smaller learning rate. `stop`: the run ends as failed.
 */
export type Action = "note" | "restart" | "replace-node" | "go-back" | "skip-data" | "lower-learning-rate" | "stop";

/** Actions that end the attempt and start another. */
export function startsAgain(action: Action): boolean {
  return action !== "note" && action !== "stop";
}

/** What was decided, and why. It goes into the record before anything is done. */
export interface Decision {
  readonly action: Action;
  readonly finding: Finding;
  /** One or two sentences. */
  readonly reason: string;
  /** Milliseconds to wait before the new attempt. */
  readonly delayMs: number;
  /** Only a checkpoint of this global step or an earlier one may be used; it is not set if any good one will do. */
  readonly notAfterStep?: number;
  /** If none is so old, the oldest good one before this step may be used. */
  readonly beforeStep?: number;
  /** Global steps whose batches are left out: the first, and how many. */
  readonly skip?: { readonly fromStep: number; readonly batches: number };
  /** Factor on the learning rate. */
  readonly learningRateFactor?: number;
  /** Node that is not used again. */
  readonly dropNode?: string;
  /** Spare that takes its place; missing if there is none and the run waits. */
  readonly spare?: string;
}

/** A finding and its decision, in the order of time. */
export interface PastDecision {
  readonly finding: Finding;
  readonly action: Action;
}
