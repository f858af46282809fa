import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The declarations of the language and of Node lie in some 150 files, each of which the compiler looks at for every cell. Here they are as few: all
 * that are plain scripts in one text each. Half of the time for a trivial cell went into them.
 */
export interface Bundles {
  /** What the compiler is given for a file instead of what is on disk; empty for those that are part of another one. */
  textOf(path: string): string | undefined;
  /** The file on disk where something in a bundle came from. */
  originOf(path: string, offset: number): Origin | undefined;
}

export interface Origin {
  readonly path: string;
  readonly offset: number;
}

interface Bundle {
  readonly text: string;
  /** Where each file begins, in order. */
  readonly parts: readonly { readonly path: string; readonly start: number }[];
}

/** @param roots the libraries by their paths, and the index of Node's declarations */
export function createBundles(roots: { readonly libraries: readonly string[]; readonly node: string }): Bundles {
  const [first] = roots.libraries;
  const libraries = roots.libraries.reduce<readonly string[]>(libraryClosure, []);
  const bundles = new Map([
    [first ?? "", bundleOf(libraries)],
    [roots.node, bundleOf(pathClosure(roots.node, []).filter(isScript), modulesOf(roots.node))],
  ]);
  const contained = new Set([...bundles.values()].flatMap(({ parts }) => parts.map(({ path }) => path)));
  return {
    textOf: (path) => bundles.get(path)?.text ?? (contained.has(path) ? "" : undefined),
    originOf(path, offset) {
      const part = bundles.get(path)?.parts.findLast(({ start }) => start <= offset);
      return part === undefined ? undefined : { path: part.path, offset: offset - part.start };
    },
  };
}

/** References between the parts are void; `modules` (that have a scope of their own) stay files and are referred to. */
function bundleOf(paths: readonly string[], modules: readonly string[] = []): Bundle {
  let text = modules.map((path) => `/// <reference path="${path}" />\n`).join("");
  const parts: { path: string; start: number }[] = [];
  for (const path of paths) {
    parts.push({ path, start: text.length });
    // Characters beyond Latin 1 stand in documentation only, and would double the memory that the text takes.
    text += `${read(path)
      .replace(/^\/\/\/(?=\s*<reference)/gm, "// ")
      .replace(/[\u0100-\uffff]/g, "?")}\n`;
  }
  return { text, parts };
}

function modulesOf(index: string): string[] {
  return pathClosure(index, []).filter((path) => !isScript(path));
}

function isScript(path: string): boolean {
  return !/^(?:import|export)\b/m.test(read(path));
}

/** A library and those that it refers to, each once, those referred to first. */
function libraryClosure(known: readonly string[], path: string): readonly string[] {
  if (known.includes(path) || !existsSync(path)) return known;
  const names = [...read(path).matchAll(/^\/\/\/\s*<reference lib="([^"]+)"/gm)].map((match) => match[1]);
  const referred = names.map((name) => join(dirname(path), `lib.${name}.d.ts`));
  return [...referred.reduce(libraryClosure, known), path].filter((one, index, all) => all.indexOf(one) === index);
}

/** A file and those that it refers to by path, each once. */
function pathClosure(path: string, known: readonly string[]): readonly string[] {
  if (known.includes(path) || !existsSync(path)) return known;
  const names = [...read(path).matchAll(/^\/\/\/\s*<reference path="([^"]+)"/gm)].map((match) => match[1] ?? "");
  return names.reduce<readonly string[]>((all, name) => pathClosure(join(dirname(path), name), all), [...known, path]);
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
