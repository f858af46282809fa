import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LabError } from "../core/error.js";
import { globBase, globPattern, isGlob } from "./glob.js";

/** How documents lie in a file. */
export type InputFormat = "wikitext" | "text" | "lines" | "jsonl" | "parquet";
export const inputFormats: readonly InputFormat[] = ["wikitext", "text", "lines", "jsonl", "parquet"];

/** One file to read. */
export interface InputFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly format: InputFormat;
  readonly compression: "gz" | "zst" | undefined;
}

/** Files that a folder is searched for. */
const known = /\.(tokens|raw|txt|text|md|json|jsonl|ndjson|parquet)(\.(gz|zst))?$/i;

/**
 * The files that `input` names: paths, folders (every text file below them) and patterns with `*`, `**`, `?`, `[…]`, `{a,b}`. The order is
 * that of the list; within a folder or pattern by path (code units), the same on every machine. A file that is named twice counts once.
 * @throws LabError FILE_MISSING if an entry names nothing.
 */
export async function findInputs(inputs: readonly string[], format: InputFormat | undefined): Promise<InputFile[]> {
  const paths = new Set<string>();
  for (const input of inputs) for (const path of await pathsOf(input)) paths.add(path);
  const files: InputFile[] = [];
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path);
    files.push({
      path,
      bytes: size,
      modified: mtimeMs,
      format: format ?? formatOf(path),
      compression: compressionOf(path),
    });
  }
  return files;
}

function compressionOf(path: string): InputFile["compression"] {
  const ending = /\.(gz|zst)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === "gz" || ending === "zst" ? ending : undefined;
}

function formatOf(path: string): InputFormat {
  const name = basename(path).replace(/\.(gz|zst)$/i, "");
  if (/\.(json|jsonl|ndjson)$/i.test(name)) return "jsonl";
  return /\.parquet$/i.test(name) ? "parquet" : "wikitext";
}

async function pathsOf(input: string): Promise<readonly string[]> {
  const path = resolve(input);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() || found?.isFIFO()) return [path];
  if (found?.isDirectory())
    return orMissing(await walk(path, (file) => known.test(file)), `folder ${path}`, "text files");
  if (!isGlob(input)) throw missing(path, "a file", found ? "something else" : "nothing");
  const pattern = globPattern(path);
  const base = resolve(globBase(path));
  return orMissing(await walk(base, (file) => pattern.test(file)), `pattern ${input}`, "files that match");
}

function orMissing(paths: readonly string[], what: string, expected: string): readonly string[] {
  if (paths.length === 0) throw missing(what, expected, "none");
  return paths;
}

async function walk(folder: string, wanted: (path: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) found.push(...(await walk(path, wanted)));
    else if (wanted(path) && (entry.isFile() || (await stat(path).catch(() => undefined))?.isFile())) found.push(path);
  }
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function missing(what: string, expected: string, found: string): LabError {
  return new LabError("FILE_MISSING", `input ${what}: expected ${expected}, found ${found}`, {
    hint: `check the path; relative paths start at ${process.cwd()}`,
    details: { input: what },
  });
}
