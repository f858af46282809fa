import type { ProcessIdentity } from "../../core/liveness/process-identity.js";
import type { Certificate } from "../../recover/certificate/certificate.js";
import type { Finding } from "../../recover/detect/finding.js";

/** States that a supervisor records. It never records `lost`; readers infer it when the supervisor is gone. */
export type RecordedState = "starting" | "preparing" | "training" | "stopping" | "finished" | "stopped" | "failed";
/** State of a run: a recorded one, or `lost`. */
export type RunState = RecordedState | "lost";

/** Fields of every event. */
export interface EventBase {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly attempt: number;
}

/** One optimizer step. */
export interface StepRecord extends EventBase {
  /** Global step from 1; a resumed run continues the count. */
  readonly step: number;
  readonly totalSteps: number;
  readonly epoch: number;
  readonly loss: number;
  readonly lmLoss?: number;
  readonly mtpLoss?: number;
  readonly loadBalancingLoss?: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm?: number;
  readonly learningRate?: number;
  readonly lossScale?: number;
  readonly overflow?: boolean;
  readonly stepTimeMs: number;
}

export interface StateEvent extends EventBase {
  readonly kind: "state";
  readonly state: RecordedState;
  readonly message?: string;
  /** In `starting`: the supervisor's process, and msrun's on the supervisor's machine as soon as it runs. */
  readonly supervisor?: ProcessIdentity;
  readonly launcher?: ProcessIdentity;
}

/** First event of a supervisor that continued the work of another one. */
export interface TakeoverEvent extends EventBase {
  readonly kind: "takeover";
  /** Number of the new lease. */
  readonly lease: number;
  readonly reason: string;
  /** What counts of the files of the lease before; bytes beyond were written by a supervisor without a lease. */
  readonly cut: { readonly events: number; readonly steps: number };
}

export interface StepEvent extends StepRecord {
  readonly kind: "step";
}

/** A checkpoint whose files are complete on disk for every rank. */
export interface CheckpointEvent extends EventBase {
  readonly kind: "checkpoint";
  /** Global step, continuing after a resume. */
  readonly step: number;
  /**
   * Epoch and step in the files' names, which count from the last start. In the 1.9 layout `fileEpoch` is 0 and
   * `fileStep` the number in `iteration_<step>`.
   */
  readonly fileEpoch: number;
  readonly fileStep: number;
  readonly ranks: number;
  /** Longest time that a rank took. */
  readonly seconds: number;
  /** Over all ranks. */
  readonly bytes?: number;
}

/** Ranks that failed first, that failed as a consequence, and that were only ended. */
export interface FaultCause {
  readonly initiating: readonly number[];
  readonly cascade: readonly number[];
  readonly teardown: readonly number[];
  /** Error codes that `explainError` knows. */
  readonly codes: readonly string[];
  readonly summary: string;
}

export interface FaultEvent extends EventBase {
  readonly kind: "fault";
  /** Rank that failed first; absent if it was msrun or the scheduler. */
  readonly rank?: number;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly message: string;
  /** Last lines of that rank's log. */
  readonly logTail: readonly string[];
  readonly cause?: FaultCause;
  /** File with the Python stacks of the ranks, relative to the run folder. */
  readonly stacks?: string;
}

export interface NoteEvent extends EventBase {
  readonly kind: "note";
  readonly text: string;
  /** Global step of a checkpoint that ranks reported and that is incomplete. */
  readonly incomplete?: number;
}

/** A decision about the run, with its reason. */
export interface DecisionEvent extends EventBase {
  readonly kind: "decision";
  /** `override`: started although the plan had errors. Else an action of a recovery, or `resume exact` and the like. */
  readonly decision: string;
  readonly reason: string;
  /** What the reason refers to, such as the plan's errors or the evidence. */
  readonly about?: readonly string[];
  /** The finding that a recovery decided about. */
  readonly finding?: Finding;
  /** Milliseconds before the next attempt. */
  readonly delayMs?: number;
  /** Global step of the checkpoint that the next attempt continues from. */
  readonly fromStep?: number;
  /** Steps whose batches are skipped. */
  readonly skip?: { readonly fromStep: number; readonly batches: number };
  /** Certificate of that checkpoint, made before the resume. */
  readonly certificate?: Certificate;
}

export type RunEvent =
  | StateEvent
  | StepEvent
  | CheckpointEvent
  | FaultEvent
  | NoteEvent
  | DecisionEvent
  | TakeoverEvent;

const required: Readonly<Record<RunEvent["kind"], readonly (readonly [field: string, type: string])[]>> = {
  state: [["state", "string"]],
  step: [
    ["step", "number"],
    ["loss", "number"],
    ["stepTimeMs", "number"],
  ],
  checkpoint: [["step", "number"]],
  fault: [["message", "string"]],
  note: [["text", "string"]],
  takeover: [["lease", "number"]],
  decision: [
    ["decision", "string"],
    ["reason", "string"],
  ],
};

/** The event, or undefined if its kind is unknown or fields are missing. */
export function asRunEvent(value: Readonly<Record<string, unknown>>): RunEvent | undefined {
  const fields = required[value.kind as RunEvent["kind"]];
  const whole =
    fields !== undefined &&
    typeof value.time === "number" &&
    typeof value.attempt === "number" &&
    fields.every(([field, type]) => typeof value[field] === type);
  return whole ? (value as unknown as RunEvent) : undefined;
}

/** States after which nothing more happens in an attempt. */
export function isTerminal(state: RunState | undefined): boolean {
  return state === "finished" || state === "stopped" || state === "failed";
}
