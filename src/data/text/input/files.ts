import type { Dirent } from "node:fs";
import { access, constants, readdir, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { DataError, LabError } from "../../../core/error.js";
import { globBase, globPattern, isGlob } from "./glob.js";
import { type LeftOut, packedFile, whyLeftOut } from "./left-out.js";

/** How a file stores documents. */
export type InputFormat = "wikitext" | "text" | "lines" | "jsonl" | "parquet";
export const inputFormats: readonly InputFormat[] = ["wikitext", "text", "lines", "jsonl", "parquet"];

/** One file to read. */
export interface InputFile {
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** When content or properties were last changed (ctime), milliseconds since 1970. */
  readonly changed: number;
  readonly format: InputFormat;
  readonly compression: "gz" | "zst" | undefined;
}

/** Files that a folder is searched for. */
const known = /\.(tokens|raw|txt|text|md|json|jsonl|ndjson|parquet)(\.(gz|zst))?$/i;

/** Manifests of datasets that lie in the folder: what a call has written must not become text of the next one. */
const ours = /\.manifest\.json$/;

export interface FoundInputs {
  readonly files: readonly InputFile[];
  /** Files of the folders that are not read, by path. */
  readonly leftOut: readonly LeftOut[];
}

/**
 * The files that `input` names: paths, folders (every text file below them) and patterns with `*`, `**`, `?`, `[…]`,
 * `{a,b}`. The order is that of the list; within a folder or pattern by path (code units), the same on every machine.
 * Links are followed; a file that is named twice, also by a link, counts once, by its first name.
 * @throws LabError FILE_MISSING if an entry names nothing; DataError INPUT_UNREADABLE for a folder that can't be
 * listed and a link to nothing.
 */
export async function findInputs(inputs: readonly string[], format: InputFormat | undefined): Promise<FoundInputs> {
  const paths = new Map<string, string>();
  const others = new Map<string, LeftOut>();
  for (const input of inputs) {
    const found = await pathsOf(input, (path) => {
      const why = whyLeftOut(path);
      if (why !== undefined) others.set(path, { path, why });
    });
    for (const [path, real] of await ofEach(found, async (path) => [path, await realpath(path)] as const))
      if (!paths.has(real)) paths.set(real, path);
  }
  const files = await ofEach([...paths.values()], (path) => inputFile(path, format));
  for (const path of paths.values()) others.delete(path);
  return { files, leftOut: [...others.values()].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

async function inputFile(path: string, format: InputFormat | undefined): Promise<InputFile> {
  const packed = packedFile(path);
  if (packed)
    throw new DataError(
      "INPUT_UNREADABLE",
      `input ${path}: expected text, .gz, .zst, or Parquet, found ${packed.what}`,
      {
        hint: `unpack it first: ${packed.unpack}`,
        details: { path },
      },
    );
  const { size, mtimeMs, ctimeMs } = await stat(path);
  await access(path, constants.R_OK).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, "a file that can be read", cause.code ?? cause.message);
  });
  return {
    path,
    bytes: size,
    modified: mtimeMs,
    changed: ctimeMs,
    format: format ?? formatOf(path),
    compression: compressionOf(path),
  };
}

/** Some at a time: one after the other, thousands of files take seconds. */
async function ofEach<T>(paths: readonly string[], ask: (path: string) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let at = 0; at < paths.length; at += 64) answers.push(...(await Promise.all(paths.slice(at, at + 64).map(ask))));
  return answers;
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

/** `other`: gets the files of a folder that are not read. */
async function pathsOf(input: string, other: (path: string) => void): Promise<readonly string[]> {
  const path = resolve(input);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return [path];
  if (found?.isDirectory()) return textsIn(path, other);
  if (found?.isFIFO())
    throw missing(
      { what: path, hint: `write it to a file first: cat ${JSON.stringify(path)} > text.txt` },
      "a file",
      "a named pipe, which can be read only once",
    );
  if (found) throw missing({ what: path }, "a file", "a device");
  if (!isGlob(input)) throw missing({ what: path }, "a file", "nothing");
  const pattern = globPattern(path);
  const base = resolve(globBase(path));
  const isThere = await stat(base).catch(() => undefined);
  const matching = isThere?.isDirectory() ? await walk(base, (file) => pattern.test(file)) : [];
  return orMissing(matching, `pattern ${input}`, "files that match");
}

async function textsIn(folder: string, other: (path: string) => void): Promise<readonly string[]> {
  const isText = (file: string) => known.test(file) && !ours.test(file);
  return orMissing(await walk(folder, isText, { other }), `folder ${folder}`, "text files");
}

function orMissing(paths: readonly string[], what: string, expected: string): readonly string[] {
  if (paths.length === 0) throw missing({ what }, expected, "none");
  return paths;
}

interface Walk {
  /** The folders that this one lies in, without links; a link back to one of them is not followed. */
  readonly above?: readonly string[];
  /** Gets the files that are not wanted. */
  readonly other?: (path: string) => void;
}

async function walk(
  folder: string,
  wanted: (path: string) => boolean,
  { above = [], other }: Walk = {},
): Promise<string[]> {
  const found: string[] = [];
  const real = await realpath(folder);
  if (above.includes(real)) return [];
  for (const entry of await listed(folder)) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
    if (target?.isDirectory())
      found.push(...(await walk(path, wanted, { above: [...above, real], ...(other && { other }) })));
    else if (wanted(path) && target?.isFile()) found.push(path);
    else if (target?.isFile()) other?.(path);
    else if (wanted(path) && !target) throw unreadable(path, "a link to a file", "a link to nothing");
  }
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

async function listed(folder: string): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(folder, "a folder that can be listed", cause.code ?? cause.message);
  });
}

/** What would be left out silently otherwise. */
function unreadable(path: string, expected: string, found: string): DataError {
  return new DataError("INPUT_UNREADABLE", `input ${path}: expected ${expected}, found ${found}`, {
    hint: `look at it with: ls -ld ${JSON.stringify(path)}; or name the files themselves`,
    details: { path },
  });
}

function missing(
  { what, hint = hintFor(what) }: { readonly what: string; readonly hint?: string },
  expected: string,
  found: string,
): LabError {
  return new LabError("FILE_MISSING", `input ${what}: expected ${expected}, found ${found}`, {
    hint,
    details: { input: what },
  });
}

function hintFor(what: string): string {
  if (/^(?:\/.*)?\/(?:https?|s3|hf|gs|file):\//.test(what))
    return "write the path of a file on this machine: addresses are not fetched";
  if (/\/~(?:\/|$)/.test(what))
    return `write the path of your home in full, ${homedir()}: ~ is only known to the shell`;
  return `check the path; relative paths start at ${process.cwd()}`;
}
