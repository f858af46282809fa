import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder and version of the package that this program is part of. */
export function packageManifest(): { readonly folder: string; readonly version: string } {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { folder, version: String(version) };
}

/** Where cells find packages that the user's own folders don't have: the folders of NODE_PATH, then this package. */
export function packagesForCells(environment: NodeJS.ProcessEnv = process.env): string[] {
  const named = (environment.NODE_PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return [...named.filter((folder) => existsSync(folder)), packageManifest().folder];
}
