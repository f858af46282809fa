import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Folder that holds this package's package.json, for files that are data or programs of their own (templates, threads,
 * Python).
 */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Path of a compiled program or thread of this package, e.g. `builtFile("src/run/supervise/supervise.js")`. */
export function builtFile(path: string): string {
  return join(packageRoot(), "dist", path);
}
