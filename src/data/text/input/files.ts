import type { Dirent, Stats } from "node:fs";
import { access, constants, lstat, readdir, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { DataError, LabError } from "../../../core/error.js";
import { globBase, globPattern, isGlob } from "./glob.js";
import { type LeftOut, leftOutNames, packedFile, whyLeftOut } from "./left-out.js";

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
const known = /\.((tokens|raw|txt|text|md|json|jsonl|ndjson)(\.(gz|zst))?|parquet)$/i;

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
    const found = await pathsOf(input, (path, what) => {
      const why = what ?? whyLeftOut(path);
      if (why !== undefined) others.set(path, { path, why });
    });
    for (const [path, real] of await ofEach(found, async (path) => [path, await orGone(path, realpath(path))] as const))
      if (!paths.has(real)) paths.set(real, path);
  }
  const files = await ofEach([...paths.values()], (path) => inputFile(path, format));
  for (const path of paths.values()) others.delete(path);
  // Among others, a file without a byte is named: perhaps it was not fetched. Packed ones are damaged.
  const isEmpty = (file: InputFile) => file.bytes === 0 && file.compression === undefined && file.format !== "parquet";
  const filled = files.filter((file) => !isEmpty(file));
  if (filled.length > 0) for (const { path } of files.filter(isEmpty)) others.set(path, { path, why: "0 bytes" });
  const leftOut = [...others.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files: filled.length > 0 ? filled : files, leftOut };
}

async function inputFile(path: string, format: InputFormat | undefined): Promise<InputFile> {
  const packed = packedFile(path);
  if (packed && !(format && format !== "parquet" && /\.parquet\./i.test(path)))
    throw new DataError(
      "INPUT_UNREADABLE",
      `input ${path}: expected text, .gz, .zst, or Parquet, found ${packed.what}`,
      {
        hint: `unpack it first: ${packed.unpack}`,
        details: { path },
      },
    );
  const { size, mtimeMs, ctimeMs } = await orGone(path, stat(path));
  await orGone(path, access(path, constants.R_OK));
  return {
    path,
    bytes: size,
    modified: mtimeMs,
    changed: ctimeMs,
    format: format ?? formatOf(path),
    compression: compressionOf(path),
  };
}

/** Files may go away while they are listed. */
function orGone<T>(path: string, asked: Promise<T>): Promise<T> {
  return asked.catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(path, "a file that can be read", cause.code ?? cause.message);
  });
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

/** Gets an entry of a folder that is not read. `what`: what it is, if it is no file. */
type Other = (path: string, what?: string) => void;

/** `other`: gets the files of a folder that are not read. */
async function pathsOf(input: string, other: Other): Promise<readonly string[]> {
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
  if (found) throw missing({ what: path }, "a file", kindOf(found));
  if (!isGlob(input)) throw missing({ what: path }, "a file", (await isLink(path)) ? deadLink : "nothing");
  const pattern = globPattern(path);
  const base = resolve(globBase(path));
  const isThere = await stat(base).catch(() => undefined);
  const matching = isThere?.isDirectory() ? await walk(base, (file) => pattern.test(file)) : [];
  return orMissing(matching, `pattern ${input}`, "files that match");
}

const deadLink = "a link to nothing";

async function isLink(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isSymbolicLink() ?? false;
}

/** What something is that is neither a file nor a folder. */
function kindOf(found: Pick<Stats, "isFIFO" | "isSocket">): string {
  if (found.isFIFO()) return "a named pipe";
  return found.isSocket() ? "a socket" : "a device";
}

async function textsIn(folder: string, other: Other): Promise<readonly string[]> {
  const isText = (file: string) => known.test(file) && !ours.test(file);
  const passed: LeftOut[] = [];
  const found = await walk(folder, isText, {
    other(path, what) {
      const why = what ?? whyLeftOut(path);
      if (why !== undefined) passed.push({ path, why });
      other(path, what);
    },
  });
  if (found.length > 0 || passed.length === 0) return orMissing(found, `folder ${folder}`, "text files");
  passed.sort((a, b) => (a.path < b.path ? -1 : 1));
  throw missing(
    { what: `folder ${folder}`, hint: "unpack or convert them, or name the files themselves" },
    "text files",
    `only files of other kinds: ${leftOutNames(passed, folder, "")}`,
  );
}

function orMissing(paths: readonly string[], what: string, expected: string): readonly string[] {
  if (paths.length === 0) throw missing({ what }, expected, "none");
  return paths;
}

interface Walk {
  /** The folders that this one lies in, without links; a link back to one of them is not followed. */
  readonly above?: readonly string[];
  /** Gets what is not wanted. */
  readonly other?: Other;
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
    else if (wanted(path) && !target) throw unreadable(path, "a link to a file", deadLink);
    else other?.(path, target ? kindOf(target) : deadLink);
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
