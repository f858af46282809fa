import { scanRecords } from "../logs/scan.js";
import { inParallel } from "../nodes/in-parallel.js";
import type { RunNode } from "../nodes/node.js";
import type { FaultCause } from "../record/events.js";
import { judgeCause, kindOf, type RankError, type RankErrors, timedOutRanks } from "./first-cause.js";

/** Bytes at the end of each log that are read; an engine that dies writes long stacks. */
const tailBytes = 1 << 17;
/** Logs of so many ranks are read at most. */
const mostRanks = 2048;

async function tailBytesOf(node: RunNode, path: string, size: number): Promise<Buffer> {
  const bytes = await node.read(path, { offset: Math.max(0, size - tailBytes), length: tailBytes });
  return Buffer.from(bytes ?? []);
}

/** First error of each kind in the end of a log; a record without a time has that of the record before it. */
function errorsIn(bytes: Buffer, offsetMs: number): Pick<RankErrors, "own" | "other"> {
  const found: { own?: RankError; other?: RankError } = {};
  let last: number | undefined;
  scanRecords(bytes, ({ start, end, time }) => {
    if (!Number.isNaN(time)) last = time + offsetMs;
    const text = bytes.toString("utf8", start, Math.min(end, start + 4096));
    const kind = kindOf(text);
    if (kind !== undefined) found[kind] ??= { text, ...(last !== undefined && { time: last }) };
  });
  return found;
}

/**
 * Reads the ends of all logs of a failed attempt and judges which rank began it. Nodes that do not answer are left
 * out.
 */
export async function findCause(
  nodes: readonly RunNode[],
  about: { readonly attempt: number; readonly named: number | undefined },
): Promise<FaultCause> {
  const ranks: RankErrors[] = [];
  const missed: number[] = [];
  await inParallel(nodes, async (node) => {
    for (const { path, size } of await node.list(`logs/attempt-${about.attempt}/node-${node.nodeRank}/*.log`)) {
      const rank = /worker_(\d+)\.log$/.exec(path)?.[1];
      const isScheduler = path.endsWith("scheduler.log") || path.endsWith("msrun.log");
      if ((rank === undefined && !isScheduler) || ranks.length >= mostRanks) continue;
      const bytes = await tailBytesOf(node, path, size);
      if (isScheduler) missed.push(...timedOutRanks(bytes.toString("utf8").split("\n")));
      else ranks.push({ rank: Number(rank), node: node.name, ...errorsIn(bytes, node.state.clockOffsetMs) });
    }
  });
  ranks.sort((a, b) => a.rank - b.rank);
  return judgeCause(ranks, { named: about.named, missed: [...new Set(missed)] });
}
