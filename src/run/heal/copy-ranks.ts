import { basename } from "node:path";
import type { NodeFile, RunNode } from "../nodes/node.js";
import type { RemoteNode } from "../nodes/remote-node.js";

const partBytes = 1 << 19;

/** A rank's file that is to be made up on the node where the rank will run. */
export interface RankCopy {
  readonly rank: number;
  /** Rank whose file is taken: the same one, or one that holds the same values. */
  readonly from: number;
  readonly source: Pick<RunNode, "read">;
  readonly file: NodeFile;
  readonly target: Pick<RemoteNode, "ask">;
}

/** Path of a rank's file below the run folder, from the name of another rank's. */
export function rankPath(path: string, rank: number): string {
  const name = basename(path).replace(/_rank_\d+(?=(?:_\d+)?-\d+_\d+\.)/, `_rank_${rank}`);
  return `output/checkpoint/rank_${rank}/${name}`;
}

/** Copies a file from node to node through this machine, part by part; it appears there when it is whole. */
export async function copyRank({ rank, source, file, target }: RankCopy): Promise<void> {
  const path = rankPath(file.path, rank);
  for (let offset = 0; offset < file.size; offset += partBytes) {
    const bytes = await source.read(file.path, { offset, length: Math.min(partBytes, file.size - offset) });
    if (bytes === undefined || bytes.length === 0) throw new RangeError(`${file.path}: no bytes at ${offset}`);
    const last = offset + partBytes >= file.size;
    await target.ask("put", { path, offset, data: Buffer.from(bytes).toString("base64"), last });
  }
}
