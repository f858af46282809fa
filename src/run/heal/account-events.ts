import type { AccountEvent } from "../../recover/account/timeline.js";
import { type Action, startsAgain } from "../../recover/decide/action.js";
import { median } from "../../recover/detect/rolling.js";
import type { CheckpointEvent, DecisionEvent, RunEvent, StepRecord } from "../record/events.js";

/** MindFormers' phase line after which the graph is compiled and trained. */
const readyPhase = /^Start(?:ing)? training/i;

type Timed = AccountEvent & { readonly order: number };

function at(event: AccountEvent): number {
  return event.kind === "steps" ? event.start : event.time;
}

/** Steps of one attempt as stretches that end at checkpoints. The first step's own time holds the compilation. */
function stretches(
  attempt: number,
  steps: readonly StepRecord[],
  checkpoints: readonly CheckpointEvent[],
): AccountEvent[] {
  const usual = median(steps.slice(1).map(({ stepTimeMs }) => stepTimeMs));
  const saved = new Map(checkpoints.map((one) => [one.step, one]));
  const events: AccountEvent[] = [];
  let begin = 0;
  for (const [index, step] of steps.entries()) {
    const point = saved.get(step.step);
    if (point === undefined && index < steps.length - 1) continue;
    const first = steps[begin] as StepRecord;
    const before = steps[begin - 1];
    const savingMs = point === undefined ? 0 : point.seconds * 1000;
    const start = before === undefined ? first.time - (Number.isNaN(usual) ? 0 : usual) : before.time;
    const wasSaving = before === undefined ? 0 : (saved.get(before.step)?.seconds ?? 0) * 1000;
    events.push({
      kind: "steps",
      attempt,
      fromStep: first.step,
      toStep: step.step,
      start,
      end: step.time,
      // The save of the last checkpoint lies between its step and the next one.
      savingMs: Math.min(wasSaving, step.time - start),
    });
    if (point) events.push({ kind: "checkpoint", time: step.time, step: step.step, seconds: savingMs / 1000 });
    begin = index + 1;
  }
  return events;
}

function faultOf(event: DecisionEvent, lastStepAt: number | undefined): AccountEvent | undefined {
  const { finding, decision, time } = event;
  if (finding === undefined || decision === "note") return undefined;
  const action = decision as Action;
  const { kind, cause, summary, rank, node } = finding;
  return {
    kind: "fault",
    time,
    // The last step is the last sign that all was well.
    since: Math.min(lastStepAt ?? finding.since, time),
    finding: kind,
    cause,
    action: startsAgain(action) ? action : "stop",
    summary,
    ...(rank !== undefined && { rank }),
    ...(node !== undefined && { node }),
  };
}

/** A month has thousands of attempts and hundreds of thousands of steps: each is looked at once. */
function byAttempt<T extends { readonly attempt: number }>(all: readonly T[]): ReadonlyMap<number, T[]> {
  const found = new Map<number, T[]>();
  for (const one of all) {
    const own = found.get(one.attempt);
    if (own) own.push(one);
    else found.set(one.attempt, [one]);
  }
  return found;
}

/**
 * A run's record as the account takes it. `steps`: those of all attempts, also the superseded ones, in the order they
 * were written; `now`: milliseconds since the epoch, the end of a run that still lives.
 */
export function accountEvents(
  events: readonly RunEvent[],
  steps: readonly StepRecord[],
  now: number,
): readonly AccountEvent[] {
  const [eventsBy, stepsBy] = [byAttempt(events), byAttempt(steps)];
  const attempts = [...new Set([...eventsBy.keys(), ...stepsBy.keys()])].sort((a, b) => a - b);
  const all: AccountEvent[] = [];
  let end = now;
  for (const attempt of attempts) {
    const own = eventsBy.get(attempt) ?? [];
    const start = own.find((event) => event.kind === "state" && event.state === "starting");
    if (start) all.push({ kind: "start", time: start.time, attempt });
    const done = stepsBy.get(attempt) ?? [];
    const firstStep = done[0]?.time ?? Number.POSITIVE_INFINITY;
    const ready = own.findLast(
      (event) => event.kind === "note" && readyPhase.test(event.text) && event.time <= firstStep,
    );
    if (ready) all.push({ kind: "ready", time: ready.time, attempt });
    const checkpoints = own.filter((event) => event.kind === "checkpoint");
    all.push(...stretches(attempt, done, checkpoints));
    for (const event of own) {
      const fault = event.kind === "decision" ? faultOf(event, done.at(-1)?.time) : undefined;
      if (fault) all.push(fault);
      if (event.kind === "state" && ["finished", "stopped", "failed"].includes(event.state)) end = event.time;
    }
  }
  all.push({ kind: "end", time: end });
  const ordered: Timed[] = all.map((event, order) => ({ ...event, order }));
  return ordered.sort((a, b) => at(a) - at(b) || a.order - b.order);
}
