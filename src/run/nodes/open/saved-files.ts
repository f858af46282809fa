import { basename } from "node:path";
import { parseCheckpointFileName } from "../../../checkpoint/read/points/file-name.js";
import type { ByteSource } from "../../../core/bytes.js";
import { readSafetensorsHeader } from "../../../formats/safetensors/header.js";
import type { NodeFile, RunNode } from "../node.js";

/** What is needed of a node to look at its files. */
export type FileAccess = Pick<RunNode, "list" | "read" | "name">;

export interface SavedFile {
  readonly rank: number;
  /** Relative to the run folder. */
  readonly path: string;
  readonly bytes: number;
}

/** The files of one checkpoint as they are on disk. */
export interface SavedFiles {
  /** True if every expected rank has a file that is as long as its header says. */
  readonly complete: boolean;
  /** What is wrong, one line a rank. */
  readonly problems: readonly string[];
  readonly files: readonly SavedFile[];
}

const mostBytes = 1 << 20;

function nodeBytes(node: FileAccess, { path, size }: NodeFile): ByteSource {
  return {
    name: path,
    byteLength: size,
    async slice(start, end) {
      const parts: Uint8Array[] = [];
      for (let at = start; at < end; at += mostBytes) {
        const part = await node.read(path, { offset: at, length: Math.min(mostBytes, end - at) });
        if (!part || part.length === 0) throw new RangeError(`${path}: no bytes at ${at}`);
        parts.push(part);
      }
      return Buffer.concat(parts);
    },
  };
}

/** Undefined for a whole file: the header is read, and it checks that the data ends where the file ends. */
async function problemOf(node: FileAccess, file: NodeFile): Promise<string | undefined> {
  return readSafetensorsHeader(nodeBytes(node, file)).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

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
