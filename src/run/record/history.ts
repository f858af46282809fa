import {
  asRunEvent,
  type CheckpointEvent,
  type DecisionEvent,
  type FaultEvent,
  type NoteEvent,
  type RunEvent,
  type StateEvent,
  type StepEvent,
  type StepRecord,
} from "./events.js";

function recordOf(event: StepEvent): StepRecord {
  const { kind: _, ...record } = event;
  return record;
}

/** A run's events in the order they came, sorted by kind. Pure: whoever reads the file feeds it. */
export class RunHistory {
  /** Steps without those that a later attempt did again, so that the curve never goes back. */
  readonly steps: StepRecord[] = [];
  readonly checkpoints: CheckpointEvent[] = [];
  readonly notes: NoteEvent[] = [];
  readonly decisions: DecisionEvent[] = [];
  state: StateEvent | undefined;
  /** First state of the newest attempt: who supervises it. */
  start: StateEvent | undefined;
  fault: FaultEvent | undefined;
  attempt = 0;

  add(values: Iterable<Readonly<Record<string, unknown>>>): void {
    for (const value of values) {
      const event = asRunEvent(value);
      if (event) this.#accept(event);
    }
  }

  #accept(event: RunEvent): void {
    if (event.attempt > this.attempt) this.#begin(event.attempt);
    if (event.kind === "step") this.#addStep(recordOf(event));
    else if (event.kind === "checkpoint") this.checkpoints.push(event);
    else if (event.kind === "note") this.notes.push(event);
    else if (event.kind === "decision") this.decisions.push(event);
    else if (event.kind === "fault") this.fault = event;
    else this.#enter(event);
  }

  #begin(attempt: number): void {
    this.attempt = attempt;
    this.state = undefined;
    this.start = undefined;
    this.fault = undefined;
  }

  #enter(event: StateEvent): void {
    if (event.supervisor) this.start = { ...this.start, ...event };
    this.state = event;
  }

  #addStep(record: StepRecord): void {
    while (this.steps.length > 0 && (this.steps.at(-1) as StepRecord).step >= record.step) this.steps.pop();
    this.steps.push(record);
  }
}
