import { iterationOfFolder } from "./file-name.js";
import { filePoint, flatPoint } from "./flat-point.js";
import { iterationPoint, iterationPoints, iterationsIn } from "./iteration-points.js";
import { rankPoints, ranksIn } from "./rank-points.js";
import type { PartsOptions } from "./read-parts.js";
import type { SavedPoint } from "./saved-point.js";

export interface FoundPoints {
  /** Where they were found: the folder itself, or its `checkpoint` or `output/checkpoint`. */
  readonly folder: string;
  readonly points: readonly SavedPoint[];
  /** Ranks whose folder is there, in the legacy layout. */
  readonly ranks: readonly number[];
}

export interface FindOptions extends PartsOptions {
  /** How many ranks the training has; default: as many as the highest `rank_R` says. */
  readonly ranks?: number | undefined;
}

/**
 * Finds everything that was saved in a folder, its `checkpoint`, or its `output/checkpoint`: rank folders, iterations
 * of the 1.9 layout, or the files of a whole model. Reads every header. Undefined if there is nothing of that kind.
 */
export async function findPoints(folder: string, options: FindOptions): Promise<FoundPoints | undefined> {
  const { files } = options;
  const places = [folder, files.join(folder, "checkpoint"), files.join(files.join(folder, "output"), "checkpoint")];
  let empty: FoundPoints | undefined;
  for (const place of places) {
    const found = await pointsIn(place, options);
    if (found && found.points.length > 0) return found;
    empty ??= found;
  }
  return empty;
}

async function pointsIn(folder: string, options: FindOptions): Promise<FoundPoints | undefined> {
  const names = await options.files.list(folder);
  const ranks = ranksIn(names ?? []);
  if (ranks.length > 0) return { folder, ranks, points: await rankPoints(folder, ranks, options) };
  if (names !== undefined && iterationsIn(names).length > 0) {
    return { folder, ranks: [], points: await iterationPoints(folder, names, options) };
  }
  const single = await singlePoint(folder, options);
  return single && { folder, ranks: [], points: [single] };
}

/** A folder that holds one point: an iteration, or the files of a whole model. */
async function singlePoint(folder: string, options: FindOptions): Promise<SavedPoint | undefined> {
  const name = folder.replace(/\/+$/, "").split("/").at(-1) ?? "";
  const step = iterationOfFolder(name);
  const iteration = await iterationPoint(folder, step ?? 0, { ...options, latest: null });
  return iteration ?? flatPoint(folder, options);
}

/** The point in one file. */
export async function findFile(path: string, options: FindOptions): Promise<FoundPoints> {
  const found = await filePoint(path, options);
  return { folder: found.folder, points: [found], ranks: [] };
}
