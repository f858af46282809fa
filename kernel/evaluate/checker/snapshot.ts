import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * A snapshot holds the memory of a process that has loaded the compiler, parsed the declarations of the language and of Node, and checked a few cells.
 * It fits one version of Node, of the compiler and of this code, which is why the file is named after all of them.
 */
export interface SnapshotFile {
  /** Where it is, or undefined. */
  readonly found: string | undefined;
  /** Where to put it, or undefined if there is no place that can be written. */
  readonly place: string | undefined;
}

/** `MINDFORMERS_LAB_SNAPSHOT=off`: neither used nor built. */
export function isSwitchedOff(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment.MINDFORMERS_LAB_SNAPSHOT === "off";
}

export function findSnapshot(folders: readonly string[] = snapshotFolders()): SnapshotFile {
  const name = `checker-${fingerprint()}.blob`;
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  const place = folders.find((folder) => isWritable(folder));
  return { found, place: place === undefined ? undefined : join(place, name) };
}

/** Beside the compiled kernel; if that belongs to somebody else, in the user's cache. */
function snapshotFolders(): string[] {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return [join(import.meta.dirname, ".."), join(cache, "mindformers-lab")];
}

/** A folder that doesn't exist yet counts if it can be made. */
function isWritable(folder: string): boolean {
  try {
    accessSync(existsSync(folder) ? folder : join(folder, ".."), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Of Node, of the compiler with its place, and of the code that runs in the process. */
function fingerprint(): string {
  const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
  const hash = createHash("sha256");
  hash.update([process.version, process.arch, process.platform, compiler, readFileSync(compiler, "utf8")].join("\n"));
  for (const folder of [import.meta.dirname, join(import.meta.dirname, "..")]) {
    const sources = readdirSync(folder).filter((name) => name.endsWith(".js"));
    for (const name of sources.sort()) hash.update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
