import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { requireText } from "../../core/arguments.js";
import { defaultFolder } from "../record/name.js";

// A lesson keeps its runs in runs/<lesson>/runs/<name>, seen from the notebook.
const deepest = 5;
/** Most folders that one search looks into. */
const mostFolders = 5000;
const skipped = /^(\.|node_modules$|__pycache__$|dataset$|checkpoint$|output$)/;

/**
 * Absolute paths of run folders: those of the working folder and below it, then those in `runs` of the folders above.
 */
export async function findRunFolders(from: string = process.cwd()): Promise<readonly string[]> {
  const start = resolve(from);
  const places = [start, ...foldersAbove(start).map((folder) => join(folder, defaultFolder))];
  const found = new Set<string>();
  const budget = { folders: mostFolders };
  for (const place of places) for (const folder of await runsBelow(place, deepest, budget)) found.add(folder);
  return [...found];
}

/** The folders above one, up to the home folder or the root of the file system, neither of them included. */
function foldersAbove(folder: string): string[] {
  const above = dirname(folder);
  return above === dirname(above) || above === homedir() ? [] : [above, ...foldersAbove(above)];
}

async function runsBelow(folder: string, depth: number, budget: { folders: number }): Promise<string[]> {
  budget.folders -= 1;
  if (budget.folders < 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  // A run whose run.json was deleted still has its leases.
  if (entries.some(({ name }) => name === "run.json" || name === "lease")) return [folder];
  if (depth === 0) return [];
  const found: string[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory() && !skipped.test(entry.name)))
    found.push(...(await runsBelow(join(folder, name), depth - 1, budget)));
  return found;
}

/** Absolute paths of the folders in a folder. */
export async function foldersIn(folder: string): Promise<readonly string[]> {
  requireText(folder, "folder of runs", '{ folder: "runs" }');
  const entries = await readdir(resolve(folder), { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(resolve(folder), name));
}

/** Run folders directly in a folder. */
export async function runFoldersIn(folder: string): Promise<readonly string[]> {
  const folders = await foldersIn(folder);
  const isRun = await Promise.all(
    folders.map((path) =>
      Promise.any([stat(join(path, "run.json")), stat(join(path, "lease"))]).then(
        () => true,
        () => false,
      ),
    ),
  );
  return folders.filter((_, index) => isRun[index]).sort();
}
