/** What the engine does between two steps. A long silence is normal in every phase but `training`. */
export type Phase = "starting" | "compiling" | "training" | "evaluating" | "saving" | "ending";

/** What every observation has. */
interface At {
  /** Milliseconds; any clock that only goes forward (a simulated one too). */
  readonly time: number;
}

/** One optimizer step as the engine logs it. */
export interface StepObservation extends At {
  readonly kind: "step";
  /** Global step. */
  readonly step: number;
  readonly loss: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm?: number | undefined;
  readonly stepTimeMs: number;
  /** The step was not applied because of an overflow (dynamic loss scale). */
  readonly overflow?: boolean | undefined;
}

export interface PhaseObservation extends At {
  readonly kind: "phase";
  readonly phase: Phase;
}

/** A process of the run ended although nobody asked it to. */
export interface EndObservation extends At {
  readonly kind: "ended";
  readonly role: "worker" | "scheduler" | "launcher" | "node-program" | "supervisor";
  readonly rank?: number | undefined;
  readonly node?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  /** The kernel's OOM killer ended it (cgroup counter or kernel log). */
  readonly outOfMemory?: boolean | undefined;
  /** Last lines of the process's log, oldest first. */
  readonly lastLines?: readonly string[] | undefined;
  /** When it ended, if that is known better than by the last sign of progress. */
  readonly since?: number | undefined;
}

/** A node has not been heard of since `since`. */
export interface SilenceObservation extends At {
  readonly kind: "silent";
  readonly node: string;
  readonly since: number;
}

export interface SaveObservation extends At {
  readonly kind: "saved";
  readonly step: number;
  readonly seconds: number;
}

export interface SaveFailureObservation extends At {
  readonly kind: "save-failed";
  readonly step: number;
  readonly rank?: number | undefined;
  readonly message: string;
}

export interface DiskObservation extends At {
  readonly kind: "disk";
  readonly node?: string | undefined;
  readonly freeBytes: number;
}

/** A line of a log that looks like an error; the process lives on. */
export interface ErrorLineObservation extends At {
  readonly kind: "error-line";
  readonly rank?: number | undefined;
  readonly node?: string | undefined;
  readonly text: string;
}

/** How long each rank worked before the step's first collective. Step times are equal on all ranks, these are not. */
export interface BarrierObservation extends At {
  readonly kind: "barrier";
  readonly step: number;
  /** Milliseconds by rank; ranks that were not measured are holes. */
  readonly beforeMs: readonly number[];
  /** Smallest difference in milliseconds that is no noise; absent for exact times. */
  readonly withinMs?: number;
  /** By rank: share of the time in which its process was at work. Absent unless the times come from it. */
  readonly shares?: readonly number[];
  /** Names of the nodes by rank. */
  readonly nodes?: readonly string[];
}

/** A device reports uncorrectable memory errors. */
export interface DeviceObservation extends At {
  readonly kind: "device";
  readonly rank: number;
  readonly node?: string | undefined;
  readonly uncorrectable: number;
}

/** Time went by. */
export interface ClockObservation extends At {
  readonly kind: "clock";
}

/** Everything that a detector can be told. */
export type Observation =
  | StepObservation
  | PhaseObservation
  | EndObservation
  | SilenceObservation
  | SaveObservation
  | SaveFailureObservation
  | DiskObservation
  | ErrorLineObservation
  | BarrierObservation
  | DeviceObservation
  | ClockObservation;
