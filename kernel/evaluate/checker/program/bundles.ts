import { basename, dirname, join } from "node:path";
import { withoutCommentLines } from "./comment-lines.js";
import { fileClosure, isModule, type NodeDeclarations, nodeDeclarations, type Part } from "./node-declarations.js";

/**
 * The declarations of the language and of Node lie in some 150 files, each of which the compiler looks at for every
 * cell. Here they are as few: those of the language in one text, those of Node in another one, and a few modules of
 * Node's by themselves, which come with the first import of them.
 */
export interface Bundles {
  /** Files that import nothing but modules that one of them declares. */
  readonly paths: readonly string[];
  /** What the compiler is given for a file instead of what is on disk; empty for those that are part of another one. */
  textOf(path: string): string | undefined;
  /** The file on disk where something in a bundle came from, and its place in that file without its comments. */
  originOf(path: string, offset: number): Origin | undefined;
  /** For modules of Node's declarations: the file that has to be there for it, or null if there is none to look for. */
  fileOf(module: string): string | null | undefined;
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
export function createBundles(roots: Roots): Bundles {
  const { bundles, paths, files } = readBundles(roots);
  const contained = new Set([...bundles.values()].flatMap(({ parts }) => parts.map(({ path }) => path)));
  return {
    paths,
    textOf: (path) => bundles.get(path)?.text ?? (contained.has(path) ? "" : undefined),
    originOf(path, offset) {
      const part = bundles.get(path)?.parts.findLast(({ start }) => start <= offset);
      return part === undefined ? undefined : { path: part.path, offset: offset - part.start };
    },
    fileOf: (module) => files.get(module),
  };
}

interface Roots {
  readonly libraries: readonly string[];
  readonly node: string;
}

/** A function of its own, so that the texts of the files can be freed once the bundles exist. */
function readBundles(roots: Roots): {
  readonly bundles: ReadonlyMap<string, Bundle>;
  readonly paths: readonly string[];
  readonly files: NodeDeclarations["files"];
} {
  const [first = ""] = roots.libraries;
  const libraries = fileClosure(roots.libraries, librariesIn);
  const { head, parts, rare, files, isClosed } = nodeDeclarations(roots.node);
  const bundles = new Map([
    [first, bundleOf(libraries.filter(isScript), referencesTo(libraries.filter((part) => !isScript(part))))],
    [roots.node, bundleOf(parts, head)],
    ...rare.map((part): [string, Bundle] => [part.path, bundleOf([part])]),
  ]);
  return { bundles, files, paths: isClosed ? [first, roots.node] : [] };
}

/** A module among them, such as that of iterators, would make a module of all. */
function isScript({ text }: Part): boolean {
  return !isModule(text);
}

function referencesTo(libraries: readonly Part[]): string {
  const names = libraries.map(({ path }) => basename(path).replace(/^lib\.(.*)\.d\.ts$/, "$1"));
  return names.map((name) => `/// <reference lib="${name}" />\n`).join("");
}

/** Without their comments, among which are the references between the parts. */
function bundleOf(files: readonly Part[], head = ""): Bundle {
  let text = head;
  const parts: { path: string; start: number }[] = [];
  for (const { path, text: own, before = "", after = "" } of files) {
    text += before;
    parts.push({ path, start: text.length });
    // One character beyond Latin 1 would double the memory that the text takes; they stand in comments only, as far as
    // these are not cut.
    text += `${withoutCommentLines(own).replace(/[\u0100-\uffff]/g, "?")}\n${after}`;
  }
  return { text, parts };
}

/** Those that a library refers to come before it. */
function librariesIn(path: string, text: string): string[] {
  const names = [...text.matchAll(/^\/\/\/\s*<reference lib="([^"]+)"/gm)].map((match) => match[1]);
  return names.map((name) => join(dirname(path), `lib.${name}.d.ts`));
}
