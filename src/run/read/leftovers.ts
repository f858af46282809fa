import { rm } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes } from "../../core/units.js";
import { listFiles } from "../nodes/glob.js";
import type { NodeFile } from "../nodes/node.js";

/** Files that a killed save left: MindSpore writes a checkpoint under a name that ends with `.tmp` and renames it. */
export function findLeftovers(folder: string): Promise<NodeFile[]> {
  return listFiles(folder, "output/**/*.tmp");
}

/** The same in words; empty if there are none. */
export function describeLeftovers(files: readonly NodeFile[]): string[] {
  const [first] = files;
  if (!first) return [];
  const bytes = formatBytes(files.reduce((sum, { size }) => sum + size, 0));
  const what = files.length === 1 ? first.path : `${first.path} and ${files.length - 1} more`;
  return [`left by a save that was killed: ${what} (${bytes}); await run.removeLeftovers()`];
}

/** Removes them; returns what was removed. */
export async function removeLeftovers(folder: string): Promise<readonly string[]> {
  const files = await findLeftovers(folder);
  for (const { path } of files) await rm(join(folder, path), { force: true });
  return files.map(({ path }) => path);
}
