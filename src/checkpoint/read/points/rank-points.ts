import type { Issue } from "../../../core/error.js";
import { type CheckpointFileName, parseCheckpointFileName, pointKey, rankOfFolder } from "./file-name.js";
import { issue, listed, otherCheckpoint } from "./finding.js";
import { type PartsOptions, readParts } from "./read-parts.js";
import type { PointPart, SavedPoint } from "./saved-point.js";

interface NamedFile {
  readonly named: CheckpointFileName;
  readonly path: string;
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
  const files = await listFiles(folder, found, options);
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
      issues: missingRanks(folder, count, ofPoint),
    };
  });
}

async function listFiles(folder: string, ranks: readonly number[], { files }: PartsOptions): Promise<NamedFile[]> {
  const found: NamedFile[] = [];
  const lists = await Promise.all(ranks.map((rank) => files.list(files.join(folder, `rank_${rank}`))));
  ranks.forEach((rank, at) => {
    for (const name of lists[at] ?? []) {
      const named = parseCheckpointFileName(name);
      const place = files.join(folder, `rank_${rank}`);
      if (named?.rank === rank) found.push({ named, path: files.join(place, name) });
    }
  });
  return found;
}

function missingRanks(folder: string, count: number, parts: readonly PointPart[]): Issue[] {
  const have = new Set(parts.map(({ rank }) => rank));
  const expected = Array.from({ length: count }, (_, rank) => rank);
  const missing = expected.filter((rank) => !have.has(rank));
  if (missing.length === 0) return [];
  const message = `expected files of ${listed(expected)}, missing: ${listed(missing)}`;
  return [issue("error", "checkpoint-rank-missing", { path: folder, message, hint: otherCheckpoint })];
}
