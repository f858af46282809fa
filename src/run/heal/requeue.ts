import type { Decision } from "../../recover/decide/action.js";
import type { DecisionEvent, RunEvent } from "../record/events.js";
import type { RunFile } from "../record/run-file.js";
import type { EndedAttempt } from "./end-finding.js";
import { nextAttempt } from "./next-attempt.js";
import { chooseResume, type ResumeChoice } from "./resume-choice.js";

/** What follows when Slurm has put the job back into its queue: nothing went wrong, so no policy is asked. */
export function requeueDecision({ verdict, lastStep }: EndedAttempt, time: number): Decision {
  const summary = verdict.message;
  const about = { kind: "process-ended", cause: "preempted", time, since: time, step: lastStep } as const;
  return { action: "restart", finding: { ...about, summary, evidence: [] }, reason: summary, delayMs: 0 };
}

/** The event carries no finding: it is not counted among the restarts that a policy allows. */
export function requeueEvent(
  { reason }: Decision,
  choice: ResumeChoice,
  base: { readonly time: number; readonly attempt: number },
): DecisionEvent {
  const { refused, text, step, certificate } = choice;
  return {
    kind: "decision",
    ...base,
    decision: refused === undefined ? "restart" : "stop",
    reason: [reason, text, refused].filter(Boolean).join("; "),
    ...(step !== undefined && { fromStep: step }),
    ...(certificate && { certificate }),
  };
}

/** The attempt that goes on in a job that Slurm starts again, for a run without a recovery policy. */
export async function attemptAfterRequeue(
  about: { readonly folder: string; readonly file: RunFile; readonly end: EndedAttempt; readonly time: number },
  parts: { record(events: readonly RunEvent[]): Promise<void>; freePort(): Promise<number> },
): Promise<RunFile | undefined> {
  const { folder, file, end, time } = about;
  const decision = requeueDecision(end, time);
  const choice = await chooseResume({ folder, file, decision });
  await parts.record([requeueEvent(decision, choice, { time, attempt: file.attempt })]);
  if (choice.refused !== undefined) return undefined;
  return nextAttempt({ folder, file, decision, choice }, await parts.freePort());
}
