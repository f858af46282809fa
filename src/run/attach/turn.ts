import { type Clock, systemClock } from "../../core/clock.js";
import { isLabError } from "../../core/error.js";
import { isRunning, lifeOf, type ProcessIdentity, thisProcess } from "../../core/liveness/process-identity.js";
import { remoteNodes } from "../nodes/open/open-nodes.js";
import type { RemoteNode } from "../nodes/remote-node.js";
import { isTerminal } from "../record/events.js";
import { runPaths } from "../record/layout.js";
import { beatMs, Lease, leaseMs } from "../record/lease.js";
import { RecordReader } from "../record/record-reader.js";
import { type RunFile, readRunFile } from "../record/run-file.js";
import { newestRecord, pullRecord } from "./record-files.js";
import { refreshRunFile } from "./run-description.js";

/** Milliseconds between two looks at node 0. */
const lookMs = 500;
/** A node 0 that does not answer for so long is left to the supervisor, which records the reason. */
const unreachableMs = 60_000;

/** Identity of this process as nodes keep it; another process of the same machine can tell whether it lives. */
export function supervisorId(): string {
  const { host, place, pid, startTicks = "" } = thisProcess();
  return [host, place, pid, startTicks].join(".");
}

/** True for a supervisor of this machine that has ended. */
function hasEnded(supervisor: string): boolean {
  const [host = "", place = "", pid, startTicks] = supervisor.split(".");
  const process: ProcessIdentity = { host, place, pid: Number(pid), startTicks: Number(startTicks) || undefined };
  return !isRunning(process) && lifeOf(process, Date.now()) === "gone";
}

/** What node 0 says about who supervises. */
interface NodeLease {
  readonly supervisor: string | null;
  readonly from: string | null;
  readonly silent: number | null;
}

export interface TurnParts {
  readonly folder: () => string;
  readonly lease: Lease;
  readonly file: RunFile;
  /** Where this supervisor runs, for messages elsewhere. */
  readonly origin: string;
  readonly clock?: Clock;
  /** True if the run folder is gone. */
  readonly isGone: () => Promise<boolean>;
  readonly onBeat: () => Promise<void>;
  /** True if somebody asks from here to stop the run. */
  readonly stopRequested: () => Promise<boolean>;
  readonly leaseMs?: number;
}

/**
 * Waits until nobody on another machine supervises the run, and copies the record meanwhile. Returns the lease to work
 * with; undefined if there is nothing to do here any more. A request to stop that is made here takes the run over.
 */
export async function waitForTurn(parts: TurnParts): Promise<Lease | undefined> {
  const [node] = remoteNodes(parts.file);
  if (node === undefined) return parts.lease;
  try {
    return await new Turn(parts, node).wait();
  } finally {
    await node.close();
  }
}

class Turn {
  readonly #parts: TurnParts;
  readonly #node: RemoteNode;
  readonly #clock: Clock;
  readonly #me = supervisorId();
  readonly #record: RecordReader;
  #beatAt = Number.NEGATIVE_INFINITY;

  constructor(parts: TurnParts, node: RemoteNode) {
    this.#parts = parts;
    this.#node = node;
    this.#clock = parts.clock ?? systemClock;
    this.#record = new RecordReader(parts.folder, parts.file.layout);
  }

  async wait(): Promise<Lease | undefined> {
    const { lease } = this.#parts;
    let heardAt = this.#clock.elapsed();
    for (;;) {
      if ((await this.#parts.isGone()) || !(await lease.isHeld())) return undefined;
      await this.#beat();
      const known = await this.#look();
      if (known) {
        heardAt = this.#clock.elapsed();
        if (await this.#hasRunEnded()) return this.#release();
        if (this.#isFree(known) || (await this.#parts.stopRequested()))
          if (await this.#take(known)) return this.#newest();
      } else if (this.#clock.elapsed() > heardAt + unreachableMs) return this.#newest();
      await this.#clock.wait(lookMs);
    }
  }

  async #beat(): Promise<void> {
    if (this.#clock.elapsed() < this.#beatAt + beatMs) return;
    this.#beatAt = this.#clock.elapsed();
    await this.#parts.lease.beat().catch(() => undefined);
    await this.#parts.onBeat().catch(() => undefined);
  }

  /** What node 0 says, after the record was copied; undefined if it can't be reached. */
  async #look(): Promise<NodeLease | undefined> {
    try {
      const known = (await this.#node.ask("lease")) as NodeLease;
      if (known.supervisor !== this.#me) {
        await pullRecord(this.#node, this.#parts.folder());
        await refreshRunFile(this.#node, this.#parts.folder());
      }
      return known;
    } catch (error) {
      if (isLabError(error)) return undefined;
      throw error;
    }
  }

  #isFree({ supervisor, silent }: NodeLease): boolean {
    if (supervisor === null || supervisor === this.#me || silent === null) return true;
    return silent * 1000 > (this.#parts.leaseMs ?? leaseMs) || hasEnded(supervisor);
  }

  async #take({ supervisor }: NodeLease): Promise<boolean> {
    const { origin } = this.#parts;
    const request = { supervisor: this.#me, expected: supervisor, origin };
    const now = (await this.#node.ask("take", request).catch(() => undefined)) as NodeLease | undefined;
    return now?.supervisor === this.#me;
  }

  async #hasRunEnded(): Promise<boolean> {
    const { folder, file } = this.#parts;
    await this.#record.read();
    const { history } = this.#record;
    if (!isTerminal(history.state?.state)) return false;
    return history.attempt >= ((await readRunFile(folder())) ?? file).attempt;
  }

  async #release(): Promise<undefined> {
    await this.#parts.lease.release();
    return undefined;
  }

  /** The record of an older supervisor may have a higher number than the lease of this folder. */
  async #newest(): Promise<Lease | undefined> {
    const { lease, folder } = this.#parts;
    const newest = await newestRecord(folder());
    if (newest < lease.number) return lease;
    const next = await Lease.take(() => runPaths(folder()).lease, newest);
    await lease.close();
    return next;
  }
}
