import type { ProgramEnd } from "../../core/process.js";
import { causeOfEnd } from "../../recover/detect/causes.js";
import type { Finding } from "../../recover/detect/finding.js";

/** How an attempt ended, as far as a decision needs it. */
export interface EndedAttempt {
  readonly verdict: {
    readonly state: string;
    readonly message: string;
    readonly fault?: (Partial<ProgramEnd> & { readonly rank?: number; readonly message: string }) | undefined;
  };
  readonly lastStep: number;
  /** A hang that lasted until the end. */
  readonly silence: { readonly rank: number; readonly silentMs: number; readonly message: string } | undefined;
  /** A node that could not be reached any more while the training stood still. */
  readonly lost?: { readonly node: string; readonly silentMs: number } | undefined;
  /** A process that was missing although the others ran on. */
  readonly gone: { readonly role: string; readonly rank?: number; readonly node: string } | undefined;
  /** The kernel ended a process on the node of the fault because memory ran out. */
  readonly outOfMemory?: boolean;
  /** Slurm has put the job back into its queue and starts it again. */
  readonly requeued?: boolean;
  /** Name of the node that a rank ran on. */
  nodeOf(rank: number): string | undefined;
  /** Last lines of the log of a rank, of msrun for undefined. */
  logTail(rank: number | undefined): Promise<readonly string[]>;
}

const evidenceLines = 12;

/** What an attempt's end shows. `time` in milliseconds since the epoch. */
export async function findingOfEnd(end: EndedAttempt, time: number): Promise<Finding> {
  const { verdict, silence, gone, lost, lastStep: step } = end;
  const summary = verdict.message;
  // Its ranks are silent, too, but no new start there cures that.
  if (lost !== undefined) {
    const { node, silentMs } = lost;
    return { kind: "node-silent", cause: "network", time, since: time - silentMs, step, node, summary, evidence: [] };
  }
  if (silence !== undefined) {
    const { rank, silentMs } = silence;
    const node = end.nodeOf(rank);
    const place = { rank, ...(node !== undefined && { node }) };
    return { kind: "hang", cause: "unknown", time, since: time - silentMs, step, ...place, summary, evidence: [] };
  }
  const rank = verdict.fault?.rank ?? gone?.rank;
  const node = gone?.node ?? (rank === undefined ? undefined : end.nodeOf(rank));
  const place = { ...(rank !== undefined && { rank }), ...(node !== undefined && { node }) };
  const lines = await end.logTail(rank);
  const { exitCode, signal } = verdict.fault ?? {};
  // A process that vanished without a word was killed; its log cannot know.
  const killed = (gone ?? rank) !== undefined && exitCode === undefined && signal === undefined;
  const { outOfMemory } = end;
  const { cause } = causeOfEnd({ exitCode, signal: killed ? "SIGKILL" : signal, outOfMemory, lastLines: lines });
  const evidence = lines.slice(-evidenceLines);
  return { kind: "process-ended", cause, time, since: time, step, ...place, summary, evidence };
}
