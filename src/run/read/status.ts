import { formatCount } from "../../core/units.js";
import type { FaultCause, FaultEvent, RunState, StepRecord } from "../record/events.js";
import { isTerminal } from "../record/events.js";
import type { RunHistory } from "../record/history.js";
import type { RunFile } from "../record/run-file.js";

/** State of a run, read from its folder at the time of the call. */
export interface RunStatus {
  readonly name: string;
  /** `lost`: the supervisor is gone and did not record the end. */
  readonly state: RunState;
  readonly attempt: number;
  /** Last global step, 0 before the first. */
  readonly step: number;
  /** 0 while unknown. */
  readonly totalSteps: number;
  readonly loss?: number;
  /** Over the last 20 steps, by the wall clock. */
  readonly tokensPerSecond?: number;
  readonly remainingMs?: number;
  /** Global step of the newest checkpoint whose files are complete on disk. */
  readonly checkpointStep?: number;
  /** Things to look at: a loss that does not move, a gradient norm of 0, a loss that is not a number. */
  readonly warnings?: readonly string[];
  /** What is damaged or incomplete in the run folder, and what was done about it; absent if nothing is. */
  readonly damage?: readonly string[];
  /** Folder that the run trains in, if this folder is only a copy of it. */
  readonly copyOf?: string;
  /** Processes of the run that are alive on this machine. */
  readonly processes: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** What happened last, in words. */
  readonly message: string;
  readonly failure?: {
    readonly rank?: number;
    readonly exitCode?: number;
    readonly signal?: string;
    readonly message: string;
    readonly logTail: readonly string[];
    /** Ranks that failed first, that failed as a consequence, and that were only ended. */
    readonly cause?: FaultCause;
  };
}

/** True for a run whose training goes on. */
export function isLive(status: RunStatus): boolean {
  return !isTerminal(status.state) && (status.state !== "lost" || status.processes > 0);
}

/** What can't be read from the events. */
export interface Circumstances {
  readonly supervisorAlive: boolean;
  readonly processes: number;
  /** Every worker of this node wrote "Training Over!"; looked at only when the supervisor is gone. */
  readonly over: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The newest steps, at least `recentSteps` of them if there are so many. */
  readonly steps: readonly StepRecord[];
  /** Of the newest checkpoint that is complete on disk. */
  readonly checkpointStep: number | undefined;
  /** What is wrong with newer checkpoints. */
  readonly remains: readonly string[];
  /** What can't be read in the run folder. */
  readonly damage: readonly string[];
  /** In words, if nothing more can be written into the run folder. */
  readonly full?: string | undefined;
  /** In words, if there is no run folder any more. */
  readonly gone?: string;
  /** The original, if the run folder is only a copy. */
  readonly copyOf?: string;
}

/** A supervisor that has not written its first event after this time never will. */
const startingMs = 30_000;
const window = 20;
/** Steps that a status is derived from. */
export const recentSteps = window + 1;

/** Milliseconds a step by the wall clock over the last 20 steps of the newest attempt; undefined below 2 steps. */
export function recentStepMs(steps: readonly StepRecord[]): number | undefined {
  const last = steps.at(-1);
  if (!last) return undefined;
  const recent = steps.slice(-window - 1).filter((step) => step.attempt === last.attempt);
  const first = recent[0] as StepRecord;
  if (recent.length < 2 || last.time <= first.time) return undefined;
  return (last.time - first.time) / (last.step - first.step);
}

function stateOf(file: RunFile, history: RunHistory, circumstances: Circumstances): RunState {
  const recorded = history.attempt < file.attempt ? undefined : history.state?.state;
  if (recorded && isTerminal(recorded)) return recorded;
  if (circumstances.gone !== undefined) return "lost";
  if (circumstances.supervisorAlive) return recorded ?? "starting";
  const isNew = circumstances.copyOf === undefined && circumstances.now < file.createdAt + startingMs;
  if (recorded === undefined && isNew) return "starting";
  return circumstances.over && circumstances.processes === 0 ? "finished" : "lost";
}

/** What a copy of a run folder is, in words. */
export function copyText(original: string): string {
  return `this folder is a copy of ${original}; processes of the run belong to that folder`;
}

function messageOf(state: RunState, history: RunHistory, { processes, copyOf, full }: Circumstances): string {
  if (copyOf !== undefined) {
    const recorded = isTerminal(history.state?.state) ? history.state?.message : undefined;
    return recorded ? `${recorded}; ${copyText(copyOf)}` : copyText(copyOf);
  }
  if (state === "lost") {
    const are = processes === 1 ? "is" : "are";
    const left = `${formatCount(processes, "process", "processes")} of the engine ${are} still there, unobserved`;
    const found = `the supervisor is gone${processes > 0 ? `; ${left}` : " and no process of the engine is left"}`;
    return full === undefined ? found : `${found}; ${full}`;
  }
  if (state === "finished" && history.state?.state !== "finished") return "finished after its supervisor was gone";
  return history.state?.message ?? (state === "preparing" ? (history.notes.at(-1)?.text ?? "") : "");
}

/** Steps with a gradient norm of 0 before anything is said. */
const zeroSteps = 3;

/**
 * What the newest steps say about the training itself. With a learning rate that is far too high the loss stays at
 * ln(vocabulary).
 */
export function warningsOf(steps: readonly StepRecord[]): string[] {
  const last = steps.at(-1);
  if (!last) return [];
  const found: string[] = [];
  const losses = steps.map(({ loss }) => loss);
  if (!Number.isFinite(last.loss)) found.push(`step ${last.step}: the loss is ${last.loss}`);
  const span = Math.max(...losses) - Math.min(...losses);
  if (losses.length >= window && span <= 1e-4 * Math.abs(last.loss))
    found.push(`the loss has stayed at ${last.loss.toFixed(4)} for ${losses.length} steps: the model learns nothing`);
  const zero = steps.slice(-zeroSteps);
  if (zero.length === zeroSteps && zero.every(({ gradNorm }) => gradNorm === 0))
    found.push(`the gradient norm has been 0 for ${zeroSteps} steps or more: check the learning rate`);
  return found;
}

function failureOf(fault: FaultEvent): NonNullable<RunStatus["failure"]> {
  const { kind: _, time: __, attempt: ___, ...failure } = fault;
  return failure;
}

/** Derives a run's status. Pure. */
export function deriveStatus(file: RunFile, history: RunHistory, circumstances: Circumstances): RunStatus {
  const { steps, checkpointStep } = circumstances;
  const last = steps.at(-1);
  const state = stateOf(file, history, circumstances);
  const stepMs = recentStepMs(steps);
  const totalSteps = Math.min(file.totalSteps ?? Infinity, last?.totalSteps ?? Infinity);
  const damage = [...circumstances.damage, ...circumstances.remains];
  const warnings = warningsOf(steps);
  const running = !isTerminal(state) && state !== "lost";
  return {
    name: file.name,
    state,
    attempt: file.attempt,
    step: last?.step ?? file.parent?.step ?? 0,
    totalSteps: Number.isFinite(totalSteps) ? totalSteps : 0,
    ...(last && { loss: last.loss }),
    ...(stepMs !== undefined && file.tokensPerStep && { tokensPerSecond: (file.tokensPerStep * 1000) / stepMs }),
    ...(stepMs !== undefined && running && last && { remainingMs: (totalSteps - last.step) * stepMs }),
    ...(checkpointStep !== undefined && { checkpointStep }),
    ...(warnings.length > 0 && { warnings }),
    ...(damage.length > 0 && { damage }),
    ...(circumstances.copyOf !== undefined && { copyOf: circumstances.copyOf }),
    processes: circumstances.processes,
    startedAt: file.createdAt,
    ...(isTerminal(history.state?.state) && history.state && { endedAt: history.state.time }),
    message: circumstances.gone ?? messageOf(state, history, circumstances),
    ...(history.fault && state === "failed" && { failure: failureOf(history.fault) }),
  };
}
