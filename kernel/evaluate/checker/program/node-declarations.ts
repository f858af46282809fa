import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";

/** A file, or what it became (of the same length), and what is put around it. */
export interface Part {
  readonly path: string;
  readonly text: string;
  readonly before?: string;
  readonly after?: string;
}

/** @types/node as it is given to the compiler. */
export interface NodeDeclarations {
  /** What stands in front of the parts. */
  readonly head: string;
  readonly parts: readonly Part[];
  /** All that the parts import is declared in them. */
  readonly isClosed: boolean;
  /** Files that are read only when a module of theirs is imported. */
  readonly rare: readonly Part[];
  /** By module: the file of the rare ones; null for those that the parts declare and that nobody has to look for. */
  readonly files: ReadonlyMap<string, string | null>;
}

/**
 * Modules that few cells import and no other declarations: a quarter of all syntax trees, which every kernel would have
 * to load. The first import of one takes some 40 ms longer, so that those that notebooks do import (`zlib`, `readline`,
 * `assert`) are not among them.
 */
const rareNames = new RegExp(
  `^(?:node:)?(?:${[
    /cluster|constants|diagnostics_channel|domain|http2|https|inspector|inspector\/promises/.source,
    /punycode|repl|sea|sqlite|stream\/consumers|string_decoder/.source,
    /test|test\/reporters|trace_events|v8|wasi/.source,
  ].join("|")})$`,
);

/** In place of `./`: a name that is not relative and of the same length. */
const own = "\u00b7/";

/** The name of a module that only the kernel uses. */
export function isOwnName(name: string): boolean {
  return name.startsWith(own);
}

export function nodeDeclarations(index: string): NodeDeclarations {
  const files = fileClosure([index], pathsIn);
  const scripts = files.filter(({ text }) => !isModule(text));
  const modules = files.filter(({ text }) => isModule(text)).map(({ path }) => path);
  const wrapped = wrapModules(dirname(index), modules);
  const rare = rareAmong(scripts);
  const head = [
    // As files of their own, if they can't be wrapped.
    ...(wrapped === undefined ? modules : []).map((path) => `/// <reference path="${path}" />\n`),
    // Completion offers their names.
    ...rare.flatMap(({ text }) => modulesOf(text).map((name) => `declare module ${JSON.stringify(name)} {}\n`)),
  ];
  return {
    head: head.join(""),
    parts: [
      ...scripts.filter((part) => !rare.includes(part)).map((part) => ({ ...part, text: withoutRare(part.text) })),
      ...(wrapped?.parts ?? []),
    ],
    isClosed: wrapped !== undefined && scripts.every(({ text }) => isServed(withoutRare(text), wrapped.names)),
    rare,
    files: new Map([
      ...rare.flatMap(({ path, text }) => modulesOf(text).map((name): [string, string] => [name, path])),
      ...(wrapped?.names ?? []).map((name): [string, null] => [name, null]),
    ]),
  };
}

function isServed(text: string, names: readonly string[]): boolean {
  return importsIn(text).every((name) => isBuiltin(name) || names.includes(name));
}

/** Files of nothing but rare modules, which nothing else imports. */
function rareAmong(files: readonly Part[]): Part[] {
  const candidates = files.filter(({ text }) => {
    const code = withoutComments(text);
    const names = modulesOf(code);
    const isOnlyModules = code.split("\n").every((line) => /^(?:\s|$|declare module |\})/.test(line));
    return (
      names.length > 0 && names.every((name) => rareNames.test(name)) && isOnlyModules && !/\bglobal \{/.test(code)
    );
  });
  const others = files.filter((part) => !candidates.includes(part));
  const imported = new Set(others.flatMap(({ text }) => importsIn(withoutRare(text))));
  return candidates.filter(({ text }) => !modulesOf(text).some((name) => imported.has(name)));
}

/**
 * What `process.getBuiltinModule` gives for a rare module is `any`: it is the one place that speaks of all of them. The
 * length stays.
 */
function withoutRare(text: string): string {
  return text.replace(/\btypeof import\(["']([^"']+)["']\)/g, (found, name: string) =>
    rareNames.test(name) ? "any".padEnd(found.length) : found,
  );
}

/**
 * Files that are modules, and those that they import from their own folder or another package, as modules declared in a
 * script; undefined if some of them import in another way.
 */
function wrapModules(
  root: string,
  modules: readonly string[],
): { readonly parts: readonly Part[]; readonly names: readonly string[] } | undefined {
  const names = new Map(modules.map((path) => [path, own + relative(root, path).replace(/\.d\.ts$/, "")]));
  const parts: Part[] = [];
  // Grows while it is walked through.
  for (const [path, name] of names) {
    const text = readText(path);
    for (const specifier of importsIn(text).filter((one) => !isBuiltin(one))) {
      const { file, as } = importedFile(specifier, path, root);
      if (file === undefined || (names.get(file) ?? as) !== as) return undefined;
      names.set(file, as);
    }
    const renamed = text.replace(/(?<=\b(?:from|import|require)\s*\(?\s*["'])\.\//g, own);
    parts.push({ path, text: renamed, before: `declare module ${JSON.stringify(name)} {\n`, after: "}\n" });
  }
  return new Set(names.values()).size === names.size ? { parts, names: [...names.values()] } : undefined;
}

/**
 * The file that an import is of, and the name that its module gets; none if it is neither one beside it nor the index
 * of a package.
 */
function importedFile(
  specifier: string,
  path: string,
  root: string,
): { readonly file: string | undefined; readonly as: string } {
  const sibling = /^\.\/([\w-]+)$/.exec(specifier)?.[1];
  if (sibling === undefined) return { file: indexOf(specifier, root), as: specifier };
  const file = join(dirname(path), `${sibling}.d.ts`);
  return { file: existsSync(file) ? file : undefined, as: own + sibling };
}

/** The declarations of another package, beside @types or below @types/node. */
function indexOf(name: string, root: string): string | undefined {
  const places = [join(root, "node_modules"), dirname(dirname(root))].map((folder) => join(folder, name, "index.d.ts"));
  return name.startsWith(".") ? undefined : places.find((path) => existsSync(path));
}

function importsIn(text: string): string[] {
  const found = withoutComments(text).matchAll(/\b(?:from|import|require)\s*\(?\s*["']([^"']+)["']/g);
  return [...found].map((match) => match[1] ?? "");
}

function modulesOf(text: string): string[] {
  return [...text.matchAll(/^declare module ["']([^"']+)["']/gm)].map((match) => match[1] ?? "");
}

export function isModule(text: string): boolean {
  return /^(?:import|export)\b/m.test(withoutComments(text));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
}

function pathsIn(path: string, text: string): string[] {
  const names = [...text.matchAll(/^\/\/\/\s*<reference path="([^"]+)"/gm)].map((match) => match[1] ?? "");
  return names.map((name) => join(dirname(path), name));
}

/** Files and those that they refer to, each once; those come first. */
export function fileClosure(paths: readonly string[], references: References): readonly Part[] {
  const seen = new Set<string>();
  const found: Part[] = [];
  const visit = (path: string): void => {
    if (seen.has(path) || !existsSync(path)) return;
    seen.add(path);
    const text = readText(path);
    for (const next of references(path, text)) visit(next);
    found.push({ path, text });
  };
  for (const path of paths) visit(path);
  return found;
}

/** The files that a file with such a text refers to. */
type References = (path: string, text: string) => readonly string[];

function readText(path: string): string {
  return readFileSync(path, "utf8");
}
