import { readdir, readlink, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/**
 * Why a checkpoint's files are in use, or undefined: a resumed run has links to them (`resume/`), as hard links, or
 * as symbolic links from a run folder beside the run that saved them.
 */
export async function linksTo(paths: readonly string[], linked: ReadonlySet<string>): Promise<string | undefined> {
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && found.nlink > 1) return "a resumed run has links to it";
    if (linked.has(await realpath(path).catch(() => path))) return "a resumed run loads it";
  }
  return undefined;
}

/** Files that runs beside the run of this checkpoint folder load: targets of symbolic links in `<run>/resume`. */
export async function linkedByRuns(checkpointFolder: string): Promise<ReadonlySet<string>> {
  const runs = dirname(resolve(checkpointFolder, "..", ".."));
  const linked = new Set<string>();
  for (const run of await readdir(runs).catch((): string[] => [])) {
    const folder = join(runs, run, "resume");
    for (const name of await readdir(folder, { recursive: true }).catch((): string[] => [])) {
      const link = join(folder, name);
      const target = await readlink(link).catch(() => undefined);
      if (target !== undefined) linked.add(resolve(dirname(link), target));
    }
  }
  return linked;
}
