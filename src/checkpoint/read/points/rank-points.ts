import type { Issue } from "../../../core/error.js";
import { type CheckpointFileName, parseCheckpointFileName, pointKey, rankOfFolder } from "./file-name.js";
import { issue, listed, otherCheckpoint } from "./finding.js";
import { type PartsOptions, readParts } from "./read-parts.js";
import type { PointPart, SavedPoint } from "./saved-point.js";

interface NamedFile {
  readonly named: CheckpointFileName;
  readonly path: string;
}

/** A file of `rank` in the folder of another one, `rank_<of>`: MindFormers does not read it there. */
interface Misplaced {
  readonly of: number;
  readonly rank: number;
  readonly key: string;
}

/** Ranks of the `rank_R` folders among names, in order. */
export function ranksIn(names: readonly string[]): number[] {
  const ranks = names.map(rankOfFolder).filter((rank): rank is number => rank !== undefined);
  return ranks.sort((a, b) => a - b);
}

/**
 * Points in the legacy layout: `rank_0`, `rank_1`, … below the folder. `ranks`: how many the training has, if the
 * caller knows.
 */
export async function rankPoints(
  folder: string,
  found: readonly number[],
  options: PartsOptions & { readonly ranks?: number | undefined },
): Promise<SavedPoint[]> {
  const { files, misplaced } = await listFiles(folder, found, options);
  const parts = await readParts(
    files.map(({ named, path }) => ({ rank: named.rank, path })),
    options,
  );
  const points = new Map<string, { named: CheckpointFileName; parts: PointPart[] }>();
  files.forEach(({ named }, at) => {
    const part = parts[at];
    if (part === undefined) return;
    const key = pointKey(named);
    const point = points.get(key) ?? { named, parts: [] };
    points.set(key, point);
    point.parts.push(part);
  });
  const count = options.ranks ?? (found.at(-1) ?? -1) + 1;
  return [...points.values()].map(({ named, parts: ofPoint }) => {
    ofPoint.sort((a, b) => a.rank - b.rank);
    return {
      layout: "ranks" as const,
      folder,
      epoch: named.epoch,
      step: named.step,
      parts: ofPoint,
      common: undefined,
      metadataPath: undefined,
      weightMap: undefined,
      issues: missingRanks(folder, count, {
        parts: ofPoint,
        misplaced: misplaced.filter(({ key }) => key === pointKey(named)),
      }),
    };
  });
}

async function listFiles(folder: string, ranks: readonly number[], { files: access }: PartsOptions) {
  const files: NamedFile[] = [];
  const misplaced: Misplaced[] = [];
  const lists = await Promise.all(ranks.map((rank) => access.list(access.join(folder, `rank_${rank}`))));
  ranks.forEach((rank, at) => {
    const place = access.join(folder, `rank_${rank}`);
    for (const name of lists[at] ?? []) {
      const named = parseCheckpointFileName(name);
      if (named === undefined) continue;
      if (named.rank === rank) files.push({ named, path: access.join(place, name) });
      else misplaced.push({ of: rank, rank: named.rank, key: pointKey(named) });
    }
  });
  return { files, misplaced };
}

interface FilesOfPoint {
  readonly parts: PointPart[];
  /** Folders that hold a file with the name of another rank. */
  readonly misplaced: readonly Misplaced[];
}

/** `count`: how many ranks there should be; a number from a folder's name, so that no list of that length is made. */
function missingRanks(folder: string, count: number, { parts, misplaced }: FilesOfPoint): Issue[] {
  const have = new Set(parts.map(({ rank }) => rank));
  const total = count - [...have].filter((rank) => rank < count).length;
  if (total === 0) return [];
  const missing: number[] = [];
  for (let rank = 0; missing.length < Math.min(total, 8); rank++) if (!have.has(rank)) missing.push(rank);
  const first = Array.from({ length: Math.min(count, 8) }, (_, rank) => rank);
  const places = misplaced.slice(0, 3).map(({ of, rank }) => `; rank_${of} holds a file of ${listed([rank])}`);
  const message = `expected files of ${listed(first, count)}, missing: ${listed(missing, total)}${places.join("")}`;
  return [issue("error", "checkpoint-rank-missing", { path: folder, message, hint: otherCheckpoint })];
}
