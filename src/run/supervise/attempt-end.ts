import { fullDisk } from "../../core/files.js";
import type { NodeEnd, RunNode } from "../nodes/node.js";
import type { AttemptLogs } from "./observe/attempt-logs.js";
import type { MemoryKills } from "./observe/memory-kills.js";
import type { LostNode } from "./observe/node-watch.js";
import type { GoneProcess } from "./observe/process-watch.js";
import type { Silence } from "./observe/silence.js";
import type { Verdict } from "./observe/verdict.js";

/** How one engine start ended, with what a policy needs to decide about the next. */
export interface AttemptEnd {
  readonly verdict: Verdict;
  readonly logs: AttemptLogs;
  readonly silence: Silence | undefined;
  readonly lost: LostNode | undefined;
  readonly gone: GoneProcess | undefined;
  readonly ends: ReadonlyMap<string, NodeEnd>;
  /** The kernel ended a process on the node of the fault because memory ran out. */
  readonly outOfMemory: boolean;
}

/** What is wrong with a training although its processes live. */
export interface Trouble {
  readonly summary: string;
  readonly rank?: number;
}

/** The verdict on an attempt that is ended for a trouble. */
export function failedBy({ summary: message, rank }: Trouble): Verdict {
  return { state: "failed", message, fault: { message, ...(rank !== undefined && { rank }) } };
}

/** Looks whether a disk is full: programs that can't write their last words tell nothing of it. */
export async function withDisk(end: AttemptEnd, nodes: readonly RunNode[]): Promise<AttemptEnd> {
  const { verdict } = end;
  if (verdict.state !== "failed" || /No space left|ENOSPC/.test(verdict.message ?? "")) return end;
  const metrics = await Promise.all(nodes.map((node) => node.metrics().catch(() => undefined)));
  const texts = nodes.map(({ name }, index) =>
    fullDisk(name, metrics[index]?.diskFreeBytes ?? Number.POSITIVE_INFINITY),
  );
  const full = texts.find((text) => text !== undefined);
  if (full === undefined) return end;
  const message = `${verdict.message}; ${full}`;
  return { ...end, verdict: { ...verdict, message, ...(verdict.fault && { fault: { ...verdict.fault, message } }) } };
}

/** Looks whether the kernel has ended the process of the fault for want of memory, and says so. */
export async function withMemory(
  end: AttemptEnd,
  about: {
    readonly kills: MemoryKills;
    readonly nodes: readonly RunNode[];
    readonly ranks: ReadonlyMap<number, RunNode>;
  },
): Promise<AttemptEnd> {
  const { verdict, gone, silence, lost } = end;
  if (silence || lost) return end;
  const rank = verdict.fault?.rank ?? gone?.rank;
  const node = about.ranks.get(rank ?? -1) ?? about.nodes.find(({ name }) => name === gone?.node);
  const explained = await about.kills.explain(verdict, node);
  return explained === undefined ? end : { ...end, verdict: explained, outOfMemory: true };
}
