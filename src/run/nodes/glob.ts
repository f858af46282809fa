import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import type { NodeFile } from "./node.js";

/** Folder that holds everything a pattern can match: its segments before the first `*`, without the file's name. */
export function fixedFolder(pattern: string): string {
  const segments = pattern.split("/");
  const star = segments.findIndex((segment) => segment.includes("*"));
  return segments.slice(0, star < 0 ? -1 : star).join("/");
}

/** Tests a path: `*` stands for any characters but `/`, `**` for any folders. */
export function matcherOf(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*\/|\*)/);
  const words: Readonly<Record<string, string>> = { "**/": "(?:.*/)?", "*": "[^/]*" };
  return new RegExp(`^${parts.map((part) => words[part] ?? part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join("")}$`);
}

async function namesBelow(folder: string, deep: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return [path];
      return deep > 1 ? namesBelow(path, deep - 1) : [];
    }),
  );
  return found.flat();
}

/**
 * Files below `root` that match the pattern, sorted by path; paths are relative to `root` unless the pattern is
 * absolute.
 */
export async function listFiles(root: string, pattern: string): Promise<NodeFile[]> {
  const base = isAbsolute(pattern) ? "/" : root;
  const place = fixedFolder(pattern);
  const deep = pattern.includes("**") ? 16 : pattern.split("/").length - (place === "" ? 0 : place.split("/").length);
  const matches = matcherOf(pattern);
  const shown = (path: string) => (isAbsolute(pattern) ? path : relative(base, path));
  const paths = (await namesBelow(join(base, place), deep)).filter((path) => matches.test(shown(path)));
  const files = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found?.isFile() ? [{ path: shown(path), size: found.size, changedAt: found.mtimeMs }] : [];
    }),
  );
  return files.flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}
