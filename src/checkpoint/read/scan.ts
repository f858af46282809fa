import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { throwIfCancelled } from "../../core/cancel.js";
import { type CheckpointFileName, parseCheckpointFileName, pointKey, rankOfFolder } from "./file-name.js";
import { type HyperParameters, readRankFile } from "./rank-file.js";

export interface CheckpointFile {
  readonly rank: number;
  readonly path: string;
  readonly bytes: number;
  readonly savedAt: Date;
}

/** One rank's part of a saved point: what its file says, or why it can't be read. */
export interface RankPart extends CheckpointFile {
  readonly hyper: HyperParameters | undefined;
  readonly problem: string | undefined;
}

export interface SavedPoint {
  /** As the file names have it; see `parseCheckpointFileName`. */
  readonly named: Omit<CheckpointFileName, "rank">;
  /** By rank. */
  readonly parts: readonly RankPart[];
}

export interface Scan {
  /** The folder that holds `rank_0`, `rank_1`, … */
  readonly folder: string;
  /** Numbers of these folders. */
  readonly ranks: readonly number[];
  readonly points: readonly SavedPoint[];
  /** Files in another format, which can't be read: `.ckpt`. */
  readonly foreign: number;
}

const parallelFiles = 16;

/**
 * Finds all checkpoints below a folder: the folder of the `rank_R` folders, or one above it (`output`, or a run's folder).
 * Reads every header. Undefined if there are no `rank_R` folders.
 */
export async function scanCheckpoints(folder: string, signal?: AbortSignal): Promise<Scan | undefined> {
  for (const place of [folder, join(folder, "checkpoint"), join(folder, "output", "checkpoint")]) {
    const names = await readdir(place).catch((): string[] => []);
    const ranks = names.map(rankOfFolder).filter((rank): rank is number => rank !== undefined);
    if (ranks.length === 0) continue;
    ranks.sort((a, b) => a - b);
    const { files, foreign } = await listFiles(place, ranks);
    return { folder: place, ranks, foreign, points: await readPoints(files, signal) };
  }
  return undefined;
}

interface NamedFile {
  readonly named: CheckpointFileName;
  readonly path: string;
}

async function listFiles(folder: string, ranks: readonly number[]): Promise<{ files: NamedFile[]; foreign: number }> {
  const files: NamedFile[] = [];
  let foreign = 0;
  for (const rank of ranks) {
    const place = join(folder, `rank_${rank}`);
    for (const name of await readdir(place).catch((): string[] => [])) {
      const named = parseCheckpointFileName(name);
      if (named?.rank === rank) files.push({ named, path: join(place, name) });
      else if (name.endsWith(".ckpt")) foreign += 1;
    }
  }
  return { files, foreign };
}

async function readPoints(files: readonly NamedFile[], signal: AbortSignal | undefined): Promise<SavedPoint[]> {
  const points = new Map<string, { named: CheckpointFileName; parts: RankPart[] }>();
  for (let i = 0; i < files.length; i += parallelFiles) {
    throwIfCancelled(signal, "reading the checkpoints");
    const batch = files.slice(i, i + parallelFiles);
    const parts = await Promise.all(batch.map(({ named, path }) => readPart(named.rank, path)));
    for (const [k, { named }] of batch.entries()) {
      const part = parts[k];
      if (!part) continue;
      const key = pointKey(named);
      const point = points.get(key) ?? { named, parts: [] };
      points.set(key, point);
      point.parts.push(part);
    }
  }
  for (const { parts } of points.values()) parts.sort((a, b) => a.rank - b.rank);
  return [...points.values()];
}

/** Undefined if the file has gone meanwhile: a training that still runs deletes its oldest checkpoints (`keep_checkpoint_max`). */
async function readPart(rank: number, path: string): Promise<RankPart | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  const file = { rank, path, bytes: found.size, savedAt: found.mtime };
  try {
    const { hyper } = await readRankFile(path);
    return { ...file, hyper, problem: undefined };
  } catch (error) {
    if (!(await stat(path).catch(() => undefined))) return undefined;
    return { ...file, hyper: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}
