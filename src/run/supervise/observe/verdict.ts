import type { ProgramEnd } from "../../../core/process.js";
import type { RecordedState } from "../../record/events.js";
import type { LostNode } from "./node-watch.js";
import { type GoneProcess, processKey } from "./process-watch.js";
import type { RankLog } from "./rank-log.js";
import type { Silence } from "./silence.js";

/** What msrun itself said about a process that ended badly. */
export interface LauncherFinding {
  readonly role: "worker" | "scheduler";
  readonly pid: number;
  /** Exit code as Python counts it: −9 is SIGKILL. Unknown for the scheduler. */
  readonly code: number | undefined;
  /** Node rank of the msrun that says so; 0 if absent. */
  readonly nodeRank?: number;
}

const workerPattern = /Worker process (\d+) exit with exception\. Error code: (-?\d+)/;
const schedulerPattern = /Scheduler process (\d+) exit with exception/;

/** msrun's line about a process that ended badly, or undefined. */
export function parseLauncherFinding(line: string): LauncherFinding | undefined {
  const worker = workerPattern.exec(line);
  if (worker) return { role: "worker", pid: Number(worker[1]), code: Number(worker[2]) };
  const scheduler = schedulerPattern.exec(line);
  return scheduler ? { role: "scheduler", pid: Number(scheduler[1]), code: undefined } : undefined;
}

const signalNames: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  15: "SIGTERM",
};

/** How a process ended, from the number that Python's subprocess gives: negative numbers are signals. */
export function endFromCode(code: number): ProgramEnd {
  return code < 0
    ? { exitCode: undefined, signal: signalNames[-code] ?? `signal ${-code}` }
    : { exitCode: code, signal: undefined };
}

export interface Evidence {
  /** How the caller stopped it: not at all, by asking for a checkpoint, or by signals. */
  readonly stopped: "no" | "asked" | "interrupted";
  /** Every worker of this node wrote "Training Over!". */
  readonly over: boolean;
  /** msrun's end, undefined if it had not ended yet when its finding was read. */
  readonly launcherEnd: (ProgramEnd & { readonly reason?: string }) | undefined;
  readonly finding: LauncherFinding | undefined;
  readonly ranks: ReadonlyMap<number, RankLog>;
  /** Rank of each worker by `processKey`, as seen while they were alive. */
  readonly rankOfProcess: ReadonlyMap<string, number>;
  readonly lastStep: number;
  readonly totalSteps: number;
  /** Batches that the data was ahead of the steps, because some were left out; the data ends so many steps earlier. */
  readonly leftOut?: number | undefined;
  /** A process that was missing although the engine ran on. */
  readonly gone?: GoneProcess | undefined;
  /** The cluster's port, if the scheduler could not listen on it because another process does. */
  readonly portTaken?: number | undefined;
  /** A hang that lasted until the end. */
  readonly silence?: Silence | undefined;
  /** Ranks whose processes were gone when the first rank wrote an error. */
  readonly missing?: readonly number[] | undefined;
  /** A node that could not be reached any more while the training stood still. */
  readonly lost?: LostNode | undefined;
}

export interface Verdict {
  readonly state: RecordedState;
  readonly message: string;
  readonly fault?: {
    readonly rank?: number;
    readonly exitCode?: number;
    readonly signal?: string;
    readonly message: string;
  };
}

function rankOf({ rankOfProcess, ranks }: Evidence, { pid, nodeRank = 0 }: LauncherFinding): number | undefined {
  const seen = rankOfProcess.get(processKey(nodeRank, pid));
  return seen ?? [...ranks.values()].find((rank) => rank.nodeRank === nodeRank && rank.pids.has(pid))?.rank;
}

/**
 * The rank that wrote an error first: with an exception in one worker the others often die of it, and msrun names any
 * of them. What was read later may have been written earlier: an error of a rank's own comes before those about others.
 */
function firstInTrouble(ranks: ReadonlyMap<number, RankLog>): number | undefined {
  const troubled = [...ranks.values()].filter((rank) => rank.errorAt !== undefined && rank.error !== undefined);
  const own = troubled.filter(({ errorKind }) => errorKind === "own");
  const from = own.length > 0 ? own : troubled;
  return from.sort((a, b) => Number(a.errorAt) - Number(b.errorAt) || a.rank - b.rank)[0]?.rank;
}

/**
 * The rank that died without a word while the named one complains about a peer. msrun looks once a second; on a slow
 * machine the peer has ended by then.
 */
function lostPeer(evidence: Evidence, named: number | undefined): number | undefined {
  const ranks = [...evidence.ranks.values()];
  if (evidence.ranks.get(named ?? -1)?.errorKind !== "other" || ranks.some(({ errorKind }) => errorKind === "own"))
    return undefined;
  const quiet = ranks.flatMap(({ rank, errorAt }) => (errorAt === undefined ? [rank] : []));
  const missing = quiet.filter((rank) => evidence.missing?.includes(rank));
  const choices = missing.length > 0 ? missing : quiet;
  return choices.length === 1 ? choices[0] : undefined;
}

function describe(end: ProgramEnd): string {
  return end.signal ? `was killed by ${end.signal}` : `ended with exit code ${end.exitCode ?? "unknown"}`;
}

function where(evidence: Evidence, rank?: number): string {
  const step = evidence.ranks.get(rank ?? -1)?.lastStep ?? evidence.lastStep;
  return step > 0 ? `after step ${step} of ${evidence.totalSteps}` : "before the first step";
}

function failure(evidence: Evidence, what: { subject: string; end: ProgramEnd; rank?: number | undefined }): Verdict {
  const { subject, end, rank } = what;
  const error = rank === undefined ? undefined : evidence.ranks.get(rank)?.error;
  const message = `${subject} ${describe(end)} ${where(evidence, rank)}${error ? `: ${error}` : ""}`;
  return {
    state: "failed",
    message,
    fault: {
      message,
      ...(rank === undefined ? {} : { rank }),
      ...(end.exitCode === undefined ? {} : { exitCode: end.exitCode }),
      ...(end.signal === undefined ? {} : { signal: end.signal }),
    },
  };
}

function judgeFailure(evidence: Evidence): Verdict {
  const { finding, launcherEnd = { exitCode: undefined, signal: undefined } } = evidence;
  if (finding?.role === "worker") {
    const end = endFromCode(finding.code as number);
    const named = rankOf(evidence, finding);
    const lost = lostPeer(evidence, named);
    if (lost !== undefined) return wordless(evidence, { subject: `rank ${lost}`, rank: lost });
    const rank = end.signal ? named : (firstInTrouble(evidence.ranks) ?? named);
    const subject = rank === undefined ? `worker process ${finding.pid}` : `rank ${rank}`;
    return failure(evidence, { subject, end, rank });
  }
  if (finding?.role === "scheduler") {
    return failure(evidence, { subject: `the scheduler (process ${finding.pid})`, end: launcherEnd });
  }
  const [silent] = [...evidence.ranks.values()].flatMap(({ over, rank }) => (over ? [] : [rank])).sort((a, b) => a - b);
  if (launcherEnd.exitCode === 0 && silent !== undefined) {
    const subject = `rank ${silent} never wrote "Training Over!", although msrun`;
    return failure(evidence, { subject, end: launcherEnd, rank: silent });
  }
  return failure(evidence, { subject: "msrun", end: launcherEnd, rank: firstInTrouble(evidence.ranks) });
}

/** A process that ended while nobody saw how. */
function wordless(evidence: Evidence, what: { subject: string; rank?: number | undefined; more?: string }): Verdict {
  const { subject, rank, more = "" } = what;
  const message = `${subject} was killed or died silently ${where(evidence, rank)}${more}`;
  return { state: "failed", message, fault: { message, ...(rank !== undefined && { rank }) } };
}

/** msrun reports a worker's end within a second; it never reports the scheduler's. */
function judgeGone(evidence: Evidence, { role, node, pid, rank }: GoneProcess): Verdict {
  if (role === "worker" && evidence.finding) return judgeFailure(evidence);
  const subject = role === "scheduler" ? `the scheduler (process ${pid})` : `rank ${rank} (process ${pid})`;
  return wordless(evidence, { subject: `${subject} on ${node}`, rank, more: ", while the others ran on" });
}

/** Somebody else ended the engine, such as Slurm: its word counts, not what the workers wrote while they died. */
function judgeReason(evidence: Evidence, reason: string): Verdict {
  const message = `${reason}, ${where(evidence)}`;
  return { state: "failed", message, fault: { message } };
}

function judgeLost(evidence: Evidence, { message }: LostNode): Verdict {
  const whole = `${message}, ${where(evidence)}; the other nodes were ended`;
  return { state: "failed", message: whole, fault: { message: whole } };
}

function judgePort(port: number): Verdict {
  const message =
    `the scheduler could not listen on port ${port}: ` +
    "another process took it after the launch (scheduler.log: Address already in use)";
  return { state: "failed", message, fault: { message } };
}

function earlyEnd({ lastStep, totalSteps, leftOut = 0 }: Evidence): string {
  return leftOut > 0 && lastStep < totalSteps ? `: the data ends there, because ${leftOut} batches were skipped` : "";
}

/**
 * Whether the training succeeded, was stopped or failed, and of what. msrun's exit code alone proves nothing: it is 0
 * after SIGINT.
 */
export function judge(evidence: Evidence): Verdict {
  const steps = `step ${evidence.lastStep} of ${evidence.totalSteps}`;
  if (evidence.stopped === "interrupted")
    return { state: "stopped", message: `stopped without a new checkpoint at ${steps}` };
  if (evidence.over && evidence.stopped === "asked" && evidence.lastStep < evidence.totalSteps) {
    return { state: "stopped", message: `stopped with a checkpoint at ${steps}` };
  }
  const { reason } = evidence.launcherEnd ?? {};
  if (evidence.over && reason !== undefined && evidence.lastStep < evidence.totalSteps)
    return { state: "stopped", message: `stopped with a checkpoint at ${steps}: ${reason}` };
  if (!evidence.over && reason !== undefined) return judgeReason(evidence, reason);
  if (evidence.lost) return judgeLost(evidence, evidence.lost);
  if (evidence.portTaken !== undefined) return judgePort(evidence.portTaken);
  if (evidence.silence) return { state: "failed", message: evidence.silence.message, fault: evidence.silence };
  if (evidence.gone) return judgeGone(evidence, evidence.gone);
  if (evidence.over) return { state: "finished", message: `finished at ${steps}${earlyEnd(evidence)}` };
  return judgeFailure(evidence);
}
