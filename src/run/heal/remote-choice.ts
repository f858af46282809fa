import { posix } from "node:path";
import type { Config } from "../../config/config.js";
import { readMesh } from "../../model/layout/mesh.js";
import type { Decision } from "../../recover/decide/action.js";
import type { RunNode } from "../nodes/node.js";
import { rankNodes } from "../nodes/open/attempt-ranks.js";
import { remoteNodes } from "../nodes/open/open-nodes.js";
import { lookAtSaved } from "../nodes/open/saved-files.js";
import type { RemoteNode } from "../nodes/remote-node.js";
import type { CheckpointEvent } from "../record/events.js";
import { layOutRequest } from "../record/lay-out.js";
import { ranksOf } from "../record/node-command.js";
import type { RunFile } from "../record/run-file.js";
import { copyRank, type RankCopy } from "./copy-ranks.js";
import type { ResumeChoice } from "./resume-choice.js";

/** Recorded checkpoints that are looked at, the newest first. */
const mostLooked = 8;

export interface RemoteChoiceParts {
  /** The run as it was, and with the nodes of the next attempt. */
  readonly before: RunFile;
  readonly next: RunFile;
  readonly attempt: number;
  readonly config: Config;
  readonly decision: Decision;
  /** As recorded. */
  readonly checkpoints: readonly CheckpointEvent[];
}

/** Ranks of which a report of `lookAtSaved` says that something is wrong. */
function badRanks(problems: readonly string[]): number[] {
  return problems.map((line) => Number(/^rank (\d+):/.exec(line)?.[1]));
}

/**
 * The newest recorded checkpoint that every rank of the next attempt has on its node, laid out there. Ranks that moved
 * to a spare get their files from the nodes that hold them, or hold the same values.
 */
export async function chooseRemote(parts: RemoteChoiceParts): Promise<ResumeChoice> {
  const { before, next, decision, checkpoints } = parts;
  const nodes = remoteNodes(next);
  const others = remoteNodes(before).filter(({ name }) => name !== decision.dropNode);
  try {
    const last = decision.notAfterStep ?? Number.POSITIVE_INFINITY;
    const all = [...checkpoints].sort((a, b) => b.step - a.step);
    const old = all.filter(({ step }) => step <= last);
    const newest = old.length > 0 ? old : all.filter(({ step }) => step < (decision.beforeStep ?? 0)).slice(-1);
    const rejected: string[] = [];
    for (const event of newest.slice(0, mostLooked)) {
      const reason = await layOut(parts, event, { nodes, others });
      const skipped = rejected.length === 0 ? "" : ` (skipped: ${rejected.join("; ")})`;
      const text = `continues from the checkpoint of step ${event.step}; its headers were read on the nodes${skipped}`;
      if (reason === undefined)
        return { step: event.step, point: undefined, laidOut: true, certificate: undefined, text };
      rejected.push(`step ${event.step}: ${reason}`);
    }
    const base = { step: undefined, point: undefined, certificate: undefined };
    if (all.length === 0) return { ...base, text: "no checkpoint yet: starts again from the beginning" };
    return { ...base, text: "", refused: `none of ${all.length} checkpoints can be used: ${rejected.join("; ")}` };
  } finally {
    await Promise.all([...nodes, ...others].map((node) => node.close()));
  }
}

interface Reached {
  readonly nodes: readonly RemoteNode[];
  readonly others: readonly RemoteNode[];
}

/** Lays a checkpoint out on the nodes of the next attempt; the reason if that can't be. */
async function layOut(parts: RemoteChoiceParts, event: CheckpointEvent, reached: Reached): Promise<string | undefined> {
  const { next, attempt } = parts;
  const ranks = rankNodes(next, reached.nodes);
  const first = await lookAtSaved(event, ranks);
  if (!first.complete) {
    const reason = await makeUp(parts, event, { ...reached, missing: badRanks(first.problems) });
    if (reason !== undefined) return `${first.problems[0]} (${reason})`;
  }
  const found = first.complete ? first : await lookAtSaved(event, ranks);
  if (!found.complete) return found.problems.slice(0, 4).join("; ");
  for (const node of reached.nodes) {
    const command = next.commands.find(({ nodeRank }) => nodeRank === node.nodeRank);
    const own = command === undefined ? [] : ranksOf(command);
    const point = { step: event.step, complete: true, files: found.files };
    const target = posix.join("resume", `attempt-${attempt}`);
    const missing = (await node.ask("layOut", layOutRequest(point, own, target))) as number[];
    if (missing.length > 0) return `${node.name} lacks the files of ranks ${missing.join(", ")}`;
  }
  return undefined;
}

/** Copies the files of ranks that moved, from where they lie or from a rank with the same values. */
async function makeUp(
  { next, config }: RemoteChoiceParts,
  event: CheckpointEvent,
  { nodes, others, missing }: Reached & { readonly missing: readonly number[] },
): Promise<string | undefined> {
  const targets = rankNodes(next, nodes) as ReadonlyMap<number, RemoteNode>;
  const sources = [...nodes, ...others];
  const mesh = readMesh((path) => config.get(path));
  // The bias that balances experts is a rank's own.
  const replicas = !mesh.semiAuto && !(Number(config.get("model.model_config.n_routed_experts") ?? 0) > 0);
  const copies: RankCopy[] = [];
  for (const rank of missing) {
    const wanted = (await soundFile(sources, rank, event)) ?? (replicas ? await anyFile(sources, event) : undefined);
    const target = targets.get(rank);
    if (wanted === undefined || target === undefined)
      return replicas
        ? "no node has a file of any rank"
        : `no reachable node has the file of rank ${rank}; shared storage would keep it`;
    copies.push({ rank, target, ...wanted });
  }
  for (const copy of copies) await copyRank(copy);
  return undefined;
}

type Source = Pick<RankCopy, "from" | "source" | "file">;

/** The whole file of a rank on any of the nodes. */
async function soundFile(nodes: readonly RunNode[], rank: number, event: CheckpointEvent): Promise<Source | undefined> {
  for (const node of nodes) {
    const found = await lookAtSaved(event, new Map([[rank, node]])).catch(() => undefined);
    const [file] = found?.complete ? found.files : [];
    if (file !== undefined)
      return { from: rank, source: node, file: { path: file.path, size: file.bytes, changedAt: 0 } };
  }
  return undefined;
}

async function anyFile(nodes: readonly RunNode[], event: CheckpointEvent): Promise<Source | undefined> {
  for (let rank = 0; rank < event.ranks; rank += 1) {
    const found = await soundFile(nodes, rank, event);
    if (found !== undefined) return found;
  }
  return undefined;
}
