import {
  asRunEvent,
  type CheckpointEvent,
  type DecisionEvent,
  type FaultEvent,
  type NoteEvent,
  type RunEvent,
  type StateEvent,
} from "./events.js";
import { StepTable } from "./step-table.js";

/** A run's events in the order they came, sorted by kind. Pure: whoever reads the file feeds it. */
export class RunHistory {
  /** Steps that came as events, which only layout 1 has, and those that a reader added. */
  readonly steps = new StepTable();
  readonly checkpoints: CheckpointEvent[] = [];
  readonly notes: NoteEvent[] = [];
  readonly decisions: DecisionEvent[] = [];
  state: StateEvent | undefined;
  /** First state of the newest attempt: who supervises it. */
  start: StateEvent | undefined;
  fault: FaultEvent | undefined;
  /** How often another supervisor took over. */
  takeovers = 0;
  attempt = 0;

  add(values: Iterable<Readonly<Record<string, unknown>>>): void {
    for (const value of values) {
      const event = asRunEvent(value);
      if (event) this.#accept(event);
    }
  }

  #accept(event: RunEvent): void {
    if (event.attempt > this.attempt) this.#begin(event.attempt);
    // What was decided before the newest attempt began may be read earlier than the end of the attempt before.
    if (event.attempt < this.attempt && (event.kind === "state" || event.kind === "fault")) return;
    if (event.kind === "step") this.steps.add(event);
    else if (event.kind === "checkpoint") this.#addCheckpoint(event);
    else if (event.kind === "note") this.notes.push(event);
    else if (event.kind === "decision") this.decisions.push(event);
    else if (event.kind === "fault") this.fault = event;
    else if (event.kind === "takeover") this.takeovers += 1;
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

  /** A checkpoint of the same files is recorded once. */
  #addCheckpoint(event: CheckpointEvent): void {
    const { attempt, fileEpoch, fileStep } = event;
    const same = this.checkpoints.findIndex(
      (one) => one.attempt === attempt && one.fileEpoch === fileEpoch && one.fileStep === fileStep,
    );
    if (same >= 0) this.checkpoints.splice(same, 1);
    this.checkpoints.push(event);
  }
}
