import { basename } from "node:path";
import { parseCheckpointFileName } from "../../../checkpoint/read/points/file-name.js";
import type { NodeFile } from "../node.js";
import { lookAtIteration } from "./iteration-files.js";
import { type FileAccess, problemOf, type SavedFile, type SavedFiles } from "./whole-file.js";

/** Files of a checkpoint on one node: of each rank the one that was written last. */
async function filesOn(node: FileAccess, point: { readonly fileEpoch: number; readonly fileStep: number }) {
  const pattern = `output/checkpoint/rank_*/*-${point.fileEpoch}_${point.fileStep}.safetensors`;
  const byRank = new Map<number, NodeFile>();
  for (const file of await node.list(pattern)) {
    const named = parseCheckpointFileName(basename(file.path));
    if (!named || !file.path.includes(`/rank_${named.rank}/`)) continue;
    const other = byRank.get(named.rank);
    if (!other || other.changedAt <= file.changedAt) byRank.set(named.rank, file);
  }
  return byRank;
}

/**
 * Looks at a checkpoint's files on the nodes where its ranks run. `ranks`: the ranks that must have a file, with
 * their node. Storage may be shared or private. Rejects with NODE_UNREACHABLE.
 */
export async function lookAtSaved(
  point: { readonly fileEpoch: number; readonly fileStep: number },
  ranks: ReadonlyMap<number, FileAccess>,
): Promise<SavedFiles> {
  const [first] = ranks.values();
  if (point.fileEpoch === 0 && first !== undefined)
    return lookAtIteration(point.fileStep, { node: first, ranks: ranks.size });
  const problems: string[] = [];
  const files: SavedFile[] = [];
  for (const node of new Set(ranks.values())) {
    const found = await filesOn(node, point);
    for (const [rank, place] of ranks) {
      if (place !== node) continue;
      const file = found.get(rank);
      const problem = file ? await problemOf(node, file) : "no file";
      if (file) files.push({ rank, path: file.path, bytes: file.size });
      if (problem !== undefined) problems.push(`rank ${rank}: ${problem}`);
    }
  }
  return { complete: problems.length === 0, problems, files };
}
