import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../../../core/folders.js";

/**
 * A snapshot holds the memory of a process that has loaded the compiler, parsed the declarations of the language and of
 * Node, and checked a few cells. It fits one version of Node, of the compiler and of this code, which is why the file
 * is named after all of them.
 */
export interface SnapshotFile {
  /** Where it is, or undefined. */
  readonly found: string | undefined;
  /** Where to put it, or undefined if there is no place that can be written. */
  readonly place: string | undefined;
}

/**
 * Arguments for Node to build a snapshot in a file, or to start from it: V8 takes one only under the flags that it was
 * built with. It stays with the seed of its hash tables, which would otherwise all be made anew, a tenth of the start;
 * the texts in them are the user's own.
 */
export function snapshotArguments(file: string): string[] {
  return ["--no-rehash-snapshot", "--snapshot-blob", file];
}

export function findSnapshot(folders: readonly string[] = snapshotFolders()): SnapshotFile {
  const name = `checker-${fingerprint()}.blob`;
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return { found, place: found };
  const place = folders.find((folder) => isWritable(folder));
  return { found, place: place === undefined ? undefined : join(place, name) };
}

/** Beside the compiled kernel; if that belongs to somebody else, in the user's cache. */
function snapshotFolders(): string[] {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return [join(import.meta.dirname, "..", ".."), join(cache, "mindformers-lab")];
}

/** Makes it if it isn't there. */
function isWritable(folder: string): boolean {
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Folders of the modules that run in the process, and of those that build the snapshot. */
const codeFolders = [
  ...["program", "cell", "process", "snapshot"].map((name) => join(import.meta.dirname, "..", name)),
  join(import.meta.dirname, "..", ".."),
  ...["report", "core"].map((name) => join(import.meta.dirname, "..", "..", "..", name)),
];

/**
 * Of Node, of the compiler with its place, and of the code that runs in the process, whose files are told by size and
 * time.
 */
function fingerprint(): string {
  const compiler = createRequire(import.meta.url).resolve("typescript/package.json");
  const parts = [process.version, process.arch, process.platform, compiler, stateOf(compiler)];
  for (const folder of codeFolders) {
    const sources = readdirSync(folder).filter((name) => name.endsWith(".js"));
    for (const name of sources.sort()) parts.push(stateOf(join(folder, name)));
  }
  return hashOf(parts.join("\n"));
}

function stateOf(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

/** FNV-1a, twice with different starts: enough to tell versions apart, and Node's own hashes take 10 ms to load. */
function hashOf(text: string): string {
  let first = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let index = 0; index < text.length; index++) {
    first = Math.imul(first ^ text.charCodeAt(index), 0x01000193);
    second = Math.imul(second ^ text.charCodeAt(index), 0x01000193);
  }
  return [first, second].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}
