import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes the index files that MindFormers' GPTDataset keeps in `<prefix>/cache/GPTDataset_indices`. Their names do
 * not depend on what the dataset contains, so that after a rewriting they would be used for the wrong tokens. Gives
 * the number of files removed.
 */
export async function removeStaleIndices(prefix: string): Promise<number> {
  const cache = join(prefix, "cache");
  const folder = join(cache, "GPTDataset_indices");
  const names = await readdir(folder).catch(() => []);
  await rm(folder, { recursive: true, force: true });
  for (const parent of [cache, prefix]) await rmdir(parent).catch(() => undefined); // stays if something else is in it
  return names.length;
}
