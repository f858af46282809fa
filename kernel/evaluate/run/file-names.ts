import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Completion } from "../evaluator.js";

/** More files of one folder are not offered. */
const mostOffered = 500;

/** Names of parameters and keys that hold the path of a file or folder. */
const pathNames =
  /^(?:src|dest|cwd|from|to|input|output|(?:\w*(?:path|file|filename|folder|dir|directory)s?))$|(?:Path|File|Dir)$/i;

/** Whether a text is the path of a file: it begins like one, or what it is for is called so. */
export function isPath(typed: string, parameter: string): boolean {
  if (/^\w+:\/\//.test(typed)) return false;
  return /^\.{0,2}\//.test(typed) || (typed.includes("/") && !/\s/.test(typed)) || pathNames.test(parameter);
}

interface Typed {
  /** The text from its beginning to the cursor. */
  readonly typed: string;
  readonly cursor: number;
  /** Where the text ends. */
  readonly end: number;
  /** What follows the cursor in the text. */
  readonly rest: string;
}

/**
 * Files and folders that continue a path, as replacements of its last part; paths are those of the process. Files with
 * one of the `endings` come first.
 */
export async function fileNames(text: Typed, endings: readonly string[] = []): Promise<Completion | undefined> {
  const { typed, cursor } = text;
  const cut = typed.lastIndexOf("/") + 1;
  const begun = typed.slice(cut);
  const folder = resolve(typed.slice(0, cut) || ".");
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const fitting = entries.filter(
    ({ name }) => name.toLowerCase().startsWith(begun.toLowerCase()) && (begun !== "" || !name.startsWith(".")),
  );
  if (fitting.length === 0) return undefined;
  const offered = await Promise.all(
    fitting.slice(0, mostOffered).map(async (entry) => {
      const isFolder =
        entry.isDirectory() ||
        (entry.isSymbolicLink() &&
          ((await stat(join(folder, entry.name)).catch(() => undefined))?.isDirectory() ?? false));
      const rank = isFolder ? 1 : endings.some((ending) => entry.name.endsWith(ending)) ? 0 : 2;
      return { text: isFolder ? `${entry.name}/` : entry.name, kind: isFolder ? "folder" : "file", rank };
    }),
  );
  offered.sort((a, b) => (endings.length > 0 ? a.rank - b.rank : 0) || (a.text < b.text ? -1 : 1));
  const part = /^[^/]*/.exec(text.rest)?.[0].length ?? 0;
  return {
    start: cursor - begun.length,
    end: Math.min(text.end, cursor + part),
    matches: offered.map(({ text: name, kind }) => ({ text: name, kind })),
  };
}
