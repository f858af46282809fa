import type { ProcessIdentity } from "../../core/liveness/process-identity.js";
import type { NodeEnd, NodeSign } from "./node.js";

/** What a node has written down of its newest attempt. */
export interface RecordedAttempt {
  readonly run: string;
  /** Who launched it. */
  readonly from?: string;
  readonly attempt: number;
  readonly launcher: ProcessIdentity;
  readonly end?: NodeEnd;
}

/** Signs for what a newer record says beyond an older one; each start and each end is reported once. Pure. */
export function stateChanges(before: RecordedAttempt | undefined, after: RecordedAttempt): NodeSign[] {
  const { attempt, launcher, end } = after;
  const signs: NodeSign[] = [];
  if (before?.attempt !== attempt) signs.push({ kind: "started", attempt, launcher });
  if (end !== undefined && (before?.attempt !== attempt || before.end === undefined))
    signs.push({ kind: "ended", end });
  return signs;
}
