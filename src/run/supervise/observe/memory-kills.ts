import type { RunNode } from "../../nodes/node.js";
import type { Verdict } from "./verdict.js";

const counters = "/proc/vmstat";
const mostBytes = 1 << 16;

/** Kills by the kernel for want of memory since the node's boot; undefined where the system does not say. */
async function killsOn(node: Pick<RunNode, "read">): Promise<number | undefined> {
  try {
    const bytes = await node.read(counters, { offset: 0, length: mostBytes });
    const count = /^oom_kill (\d+)$/m.exec(Buffer.from(bytes ?? []).toString("latin1"))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

/**
 * Tells a process that the kernel ended because memory ran out from one that somebody killed: both die of SIGKILL.
 * Memory limits of containers count, too.
 */
export class MemoryKills {
  readonly #before: ReadonlyMap<RunNode, Promise<number | undefined>>;

  /** Counts from now on. */
  constructor(nodes: readonly RunNode[]) {
    this.#before = new Map(nodes.map((node) => [node, killsOn(node)]));
  }

  /** The verdict with the reason, if the kernel has ended a process of the fault's node; undefined if it has not. */
  async explain(verdict: Verdict, node: RunNode | undefined): Promise<Verdict | undefined> {
    const { fault } = verdict;
    // A process whose end nobody saw may have been killed.
    const { exitCode, signal = "SIGKILL" } = fault ?? {};
    if (!fault || exitCode !== undefined || signal !== "SIGKILL" || !node) return undefined;
    const [before, now] = [await this.#before.get(node), await killsOn(node)];
    if (before === undefined || now === undefined || now <= before) return undefined;
    const message = `${verdict.message}; the kernel of ${node.name} has ended a process because memory ran out`;
    return { ...verdict, message, fault: { ...fault, message } };
  }
}
