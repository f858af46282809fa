import type { FaultKind } from "../../plan/command/simulate.js";
import type { FaultFound } from "../account/timeline.js";
import type { Decision } from "../decide/action.js";
import type { Observation } from "../detect/observation.js";

/** What happens at a moment. Those with an epoch are void if the job stood still meanwhile. */
export type Happening =
  | { readonly kind: "begin" | "ready" | "first-step" | "target" | "saved" | "clock"; readonly epoch: number }
  | { readonly kind: "seen"; readonly epoch: number; readonly observation: Observation }
  | { readonly kind: "fault" | "burst" }
  | { readonly kind: "scripted"; readonly fault: FaultKind; readonly rank: number }
  | { readonly kind: "repaired"; readonly node: number };

export type JobState = "starting" | "compiling" | "training" | "saving" | "stalled" | "waiting" | "finished" | "failed";

/** A decision with its moment and the attempt in which it was made. */
export interface TimedDecision extends Decision {
  /** Milliseconds since the start. */
  readonly time: number;
  readonly attempt: number;
}

/** A decision as the account takes it. */
export function faultEvent(decision: Decision, time: number, waitedForNode: boolean): FaultFound {
  const { kind, cause, since, summary, rank, node } = decision.finding;
  return {
    kind: "fault",
    time,
    since: Math.min(since, time),
    finding: kind,
    cause,
    action: decision.action,
    summary,
    ...(rank !== undefined && { rank }),
    ...(node !== undefined && { node }),
    waitedForNode,
  };
}

/** States in which a fault hits a running engine. */
export function isRunning(state: JobState): boolean {
  return state === "training" || state === "saving" || state === "starting" || state === "compiling";
}
