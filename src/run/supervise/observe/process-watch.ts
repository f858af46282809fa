import type { NodeProcess, RunNode } from "../../nodes/node.js";

/**
 * How often in a row a process must be missing before it counts as gone: msrun's own word about it comes within a
 * second.
 */
const missedLooks = 2;

/** Names a process among those of all nodes: process ids of containers are the same on each. */
export function processKey(nodeRank: number, pid: number): string {
  return `${nodeRank}/${pid}`;
}

/** A process that ended although the engine runs on. */
export interface GoneProcess {
  readonly role: "scheduler" | "worker";
  readonly node: string;
  readonly pid: number;
  readonly rank?: number;
}

interface Known {
  readonly process: NodeProcess;
  missed: number;
}

/** Knows the engine's processes on all nodes. */
export class ProcessWatch {
  readonly #nodes: readonly RunNode[];
  readonly #known = new Map<string, Known>();
  /** Rank of each worker by `processKey`, as seen while they lived. */
  readonly ranks = new Map<string, number>();
  /** Living processes at the last look. */
  count = 0;
  /** Ranks whose processes were gone when `keepMissing` was called. */
  missing: readonly number[] | undefined;
  latest: readonly (NodeProcess & { readonly node: string })[] = [];
  /** Names of the nodes that could not be reached at the last look. */
  unreachable: ReadonlySet<string> = new Set();

  constructor(nodes: readonly RunNode[]) {
    this.#nodes = nodes;
  }

  /** Looks which ranks are gone when the first error was written: those that died before it. */
  async keepMissing(): Promise<void> {
    if (this.missing !== undefined) return;
    this.missing = [];
    await this.look();
    const alive = new Set(this.latest.flatMap(({ role, rank }) => (role === "worker" ? [rank] : [])));
    this.missing = [...new Set(this.ranks.values())].filter((rank) => !alive.has(rank));
  }

  /**
   * Looks at all nodes that can be reached, and returns a scheduler or worker that is gone while others of its node
   * live.
   */
  async look(): Promise<GoneProcess | undefined> {
    const found = await Promise.all(
      this.#nodes.map(async (node) => ({ node, processes: await node.processes().catch(() => undefined) })),
    );
    this.latest = found.flatMap(({ node, processes }) =>
      (processes ?? []).map((each) => ({ ...each, node: node.name })),
    );
    this.count = this.latest.length;
    this.unreachable = new Set(found.filter(({ processes }) => !processes).map(({ node }) => node.name));
    let gone: GoneProcess | undefined;
    for (const { node, processes } of found) if (processes) gone ??= this.#compare(node, processes);
    return gone;
  }

  #compare(node: RunNode, processes: readonly NodeProcess[]): GoneProcess | undefined {
    const key = ({ role, rank = 0 }: NodeProcess) => `${node.name}/${role}/${rank}`;
    const alive = new Set(processes.map(key));
    for (const process of processes) {
      if (process.role === "worker") this.ranks.set(processKey(node.nodeRank, process.pid), process.rank ?? 0);
      if (process.role === "scheduler" || process.role === "worker")
        this.#known.set(key(process), { process, missed: 0 });
    }
    // At the end of a training everything goes, the launcher last.
    const runs = processes.some(({ role }) => role === "launcher") && processes.some(({ role }) => role === "worker");
    if (!runs) return undefined;
    for (const [id, known] of this.#known) {
      if (!id.startsWith(`${node.name}/`) || alive.has(id)) continue;
      known.missed += 1;
      if (known.missed < missedLooks) continue;
      const { pid, role, rank } = known.process;
      if (role === "scheduler") return { role, node: node.name, pid };
      if (role === "worker" && rank !== undefined) return { role, node: node.name, pid, rank };
    }
    return undefined;
  }
}
