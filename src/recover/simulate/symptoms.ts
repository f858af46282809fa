import type { FaultKind } from "../../plan/command/simulate.js";
import type { Observation } from "../detect/observation.js";

/** What a fault shows, `delayMs` after it stopped the training. */
export interface Symptom {
  readonly delayMs: number;
  observe(time: number, since: number): Observation;
}

export interface StruckPlace {
  readonly node: string;
  readonly rank: number;
}

/** Last words of a worker by kind of fault, in the texts of MindSpore, CANN, and Python. */
const lastWords: Readonly<Partial<Record<FaultKind, string>>> = {
  process: "RuntimeError: worker ended",
  device: "[ERROR] DEVICE: EE9999: Inner Error! HBM multi-bit ECC error, the device is unavailable",
  link: "[ERROR] HCCL: EI0002: The wait execution of the Notify register times out",
  storage: "OSError: [Errno 5] Input/output error",
};

/** Barriers in a row, and the ranks of which each tells: the slow one and enough others for a median. */
const barriers = 8;
const barrierRanks = 16;

/** What shows that a rank is slow: it reaches the collective last, again and again. */
export function slowBarriers(rank: number, step: number, time: number): readonly Observation[] {
  const slow = rank % barrierRanks;
  const first = rank - slow;
  const beforeMs: number[] = [];
  // Ranks below the window are not looked at; holes count as nothing.
  for (let each = 0; each < barrierRanks; each += 1) beforeMs[first + each] = each === slow ? 1500 : 1000;
  return Array.from({ length: barriers }, (_, index) => ({
    kind: "barrier",
    time,
    step: step - barriers + index + 1,
    beforeMs,
  }));
}

/** How an explicit fault is observed; undefined for implicit ones, which are found by the detector's rules. */
export function symptomOf(
  kind: FaultKind,
  place: StruckPlace,
  times: { readonly reportMs: number; readonly heartbeatMs: number },
): Symptom | undefined {
  const { node, rank } = place;
  if (kind === "node")
    return {
      delayMs: times.heartbeatMs,
      observe: (time, since) => ({ kind: "silent", time, node, since }),
    };
  const words = lastWords[kind];
  if (words === undefined) return undefined;
  const killed = kind === "process";
  return {
    // A broken link shows as a timeout of the ranks around it, as late as a silent node.
    delayMs: kind === "link" ? times.heartbeatMs : times.reportMs,
    observe: (time, since) => ({
      kind: "ended",
      time,
      since,
      role: "worker",
      rank,
      node,
      ...(killed ? { signal: "SIGKILL" } : { exitCode: 1 }),
      lastLines: [words],
    }),
  };
}
