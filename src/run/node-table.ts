import { isLabError } from "../core/error.js";
import { formatBytes, formatCount, formatDuration } from "../core/units.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import { tableBundle } from "../view/table.js";
import { inParallel } from "./nodes/in-parallel.js";
import type { NodeMetrics, NodeProcess, RunNode } from "./nodes/node.js";
import { readNodes } from "./nodes/open/open-nodes.js";
import { ranksOf } from "./record/node-command.js";
import type { RunFile } from "./record/run-file.js";

/** One node of a run as it is now. */
export interface NodeRow {
  readonly node: string;
  readonly nodeRank: number;
  readonly ranks: readonly number[];
  /** `training` while its launcher runs, `ended`, `idle` before, `unreachable` with the reason in `message`. */
  readonly state: "training" | "ended" | "idle" | "unreachable";
  /** Age of the last sign of life in milliseconds. */
  readonly silentMs?: number;
  readonly metrics?: NodeMetrics;
  /** Living processes of the run on the node, the launcher first. */
  readonly processes?: readonly NodeProcess[];
  readonly message?: string;
}

/**
 * The nodes of a run; shows itself as a table.
 *
 * @example
 * const run = await openRun("first");
 * const { rows } = await run.nodes();
 */
export class NodeTable {
  readonly rows: readonly NodeRow[];

  /** @internal Use run.nodes. */
  constructor(rows: readonly NodeRow[]) {
    this.rows = rows;
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `${formatCount(this.rows.length, "node")}`,
      columns: [
        { key: "node" },
        { key: "state" },
        { key: "sign", label: "last sign" },
        { key: "ranks" },
        { key: "cpu", label: "CPU", align: "right" },
        { key: "memory", align: "right" },
        { key: "workers", label: "memory of the workers", align: "right" },
        { key: "disk", label: "free disk", align: "right" },
        { key: "npu", label: "NPU" },
      ],
      rows: this.rows.map((row) => ({ ...rowCells(row) })),
    });
  }
}

function rangeOf(ranks: readonly number[]): string {
  return ranks.length > 1 ? `${ranks[0]}–${ranks.at(-1)}` : String(ranks[0] ?? "");
}

function devicesText({ devices }: NodeMetrics): string {
  return devices
    .map(({ device, health, utilizationPercent: used, temperatureCelsius: warm }) => {
      const parts = [
        health,
        used === undefined ? undefined : `${used} %`,
        warm === undefined ? undefined : `${warm} °C`,
      ];
      return `${device}: ${parts.filter((part) => part !== undefined).join(" ")}`;
    })
    .join(", ");
}

function rowCells({ node, state, silentMs, ranks, metrics, message }: NodeRow): Record<string, string | undefined> {
  const bytes = (count: number | undefined) => (count === undefined ? undefined : formatBytes(count));
  const workers = metrics?.ranks.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  return {
    node,
    state: message === undefined ? state : `${state}: ${message}`,
    sign: silentMs === undefined ? undefined : silentMs < 1000 ? "now" : `${formatDuration(silentMs)} ago`,
    ranks: rangeOf(ranks),
    cpu: metrics?.cpuPercent === undefined ? undefined : `${metrics.cpuPercent} %`,
    memory: bytes(metrics?.memoryUsedBytes),
    workers: workers ? bytes(workers) : undefined,
    disk: bytes(metrics?.diskFreeBytes),
    npu: metrics && metrics.devices.length > 0 ? devicesText(metrics) : undefined,
  };
}

async function rowOf(node: RunNode, file: RunFile): Promise<NodeRow> {
  const command = file.commands.find(({ nodeRank }) => nodeRank === node.nodeRank);
  const about = { node: node.name, nodeRank: node.nodeRank, ranks: command ? ranksOf(command) : [] };
  try {
    const [metrics, processes] = await Promise.all([node.metrics(), node.processes()]);
    const ended = node.state.end !== undefined ? "ended" : "idle";
    const state = processes.some(({ role }) => role === "launcher" || role === "worker") ? "training" : ended;
    return { ...about, state, silentMs: Math.round(node.state.silentMs), metrics, processes };
  } catch (error) {
    if (!isLabError(error)) throw error;
    return { ...about, state: "unreachable", message: error.message };
  }
}

/** Asks every node of a run; a node that does not answer has a row with the reason. */
export async function nodeTable(file: RunFile, folder: string): Promise<NodeTable> {
  const nodes = readNodes(file, () => folder);
  try {
    const outcomes = await inParallel(nodes, (node) => rowOf(node, file));
    return new NodeTable(
      outcomes.map((outcome) => {
        if (outcome.status === "rejected") throw outcome.reason;
        return outcome.value;
      }),
    );
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

/**
 * Python stacks of ranks, shown as text.
 *
 * @example
 * const run = await openRun("first");
 * const { stacks } = await run.stacks({ rank: [0, 1] });
 */
export class RankStacks {
  readonly stacks: readonly { readonly rank: number; readonly text: string }[];

  /** @internal Use run.stacks. */
  constructor(stacks: readonly { readonly rank: number; readonly text: string }[]) {
    this.stacks = stacks;
  }

  [displayKey](): MimeBundle {
    return { "text/plain": this.stacks.map(({ text }) => text).join("\n\n") };
  }
}

/** Stacks of the given ranks, or of all, at most 64. */
export async function rankStacks(file: RunFile, folder: string, ranks?: readonly number[]): Promise<RankStacks> {
  const nodes = readNodes(file, () => folder);
  const wanted = nodes.flatMap((node) => {
    const command = file.commands.find(({ nodeRank }) => nodeRank === node.nodeRank);
    return (command ? ranksOf(command) : []).map((rank) => ({ node, rank }));
  });
  const chosen = wanted.filter(({ rank }) => ranks?.includes(rank) ?? true).slice(0, 64);
  try {
    const outcomes = await inParallel(chosen, async ({ node, rank }) => ({ rank, text: await node.stack(rank) }));
    return new RankStacks(
      outcomes.map((outcome, index) => {
        const rank = chosen[index]?.rank ?? 0;
        return outcome.status === "fulfilled" ? outcome.value : { rank, text: `rank ${rank}: ${outcome.reason}` };
      }),
    );
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}
