import { createRequire } from "node:module";
import { basename, dirname, extname, isAbsolute, resolve } from "node:path";
import type { CellScript, ConvertedFile } from "../checker/cell/conversion.js";
import { compileFile, moduleOf } from "./file-script.js";
import type { Require } from "./resolve.js";

/** Files of the user's (TypeScript, and JavaScript and JSON beside it) that cells import, as they were translated. */
export interface CellFiles {
  /**
   * Takes in new and changed files. Whatever has imported one of them is loaded anew as well when it is asked for the
   * next time.
   */
  update(files: readonly ConvertedFile[], aliases?: CellScript["aliases"]): void;
  /** True for a name of a module that stands for one of these files. */
  hasAlias(specifier: string): boolean;
  /** `require` of a file in `folder`: these files first, then whatever `base` finds. */
  wrap(base: NodeJS.Require, folder: string, importer?: string): Require;
}

export function createCellFiles(): CellFiles {
  const sources = new Map<string, ConvertedFile>();
  /** From the ways to name a file to its path. */
  const paths = new Map<string, string>();
  const loaded = new Map<string, NodeJS.Module>();
  const aliases = new Map<string, string>();
  const importers = new Map<string, Set<string>>();

  const forget = (path: string): void => {
    if (!loaded.delete(path)) return;
    for (const importer of importers.get(path) ?? []) forget(importer);
  };
  const sourceOf = (specifier: string, folder: string): ConvertedFile | undefined => {
    const isFile = /^\.{1,2}(?:\/|$)/.test(specifier) || isAbsolute(specifier);
    const path = isFile ? paths.get(resolve(folder, specifier)) : aliases.get(specifier);
    return path === undefined ? undefined : sources.get(path);
  };
  const isLoaded = ({ path }: ConvertedFile, from: string | undefined): boolean => {
    if (from !== undefined) importers.set(path, (importers.get(path) ?? new Set()).add(from));
    return loaded.has(path);
  };
  const load = (source: ConvertedFile): unknown => runFile(source, { files, loaded });
  /** Runs those files that await, and before them those that they need: `require` finds them then. */
  const prepare = async (source: ConvertedFile, from: string | undefined, seen = new Set<string>()): Promise<void> => {
    if (seen.has(source.path)) return;
    seen.add(source.path);
    for (const specifier of source.imports) {
      const needed = sourceOf(specifier, dirname(source.path));
      if (needed !== undefined) await prepare(needed, source.path, seen);
    }
    if (source.awaits && !isLoaded(source, from)) await load(source);
  };
  const files: CellFiles = {
    hasAlias: (specifier) => aliases.has(specifier),
    update(changed, named = []) {
      aliases.clear();
      for (const [name, path] of named) aliases.set(name, path);
      for (const file of changed) {
        sources.set(file.path, file);
        for (const name of namesOf(file.path)) paths.set(name, file.path);
      }
      for (const { path } of changed) forget(path);
    },
    wrap(base, folder, importer) {
      const require = (specifier: string): unknown => {
        const source = sourceOf(specifier, folder);
        if (source === undefined) return base(specifier);
        if (!isLoaded(source, importer)) {
          if (source.awaits)
            throw new Error(`${specifier} awaits at its top level; await import("${specifier}") loads it`);
          load(source);
        }
        return loaded.get(source.path)?.exports;
      };
      const { resolve, cache } = base;
      return Object.assign(require, {
        resolve,
        cache,
        prepare: async (specifier: string) => {
          const source = sourceOf(specifier, folder);
          if (source !== undefined) await prepare(source, importer);
        },
      });
    },
  };
  return files;
}

/** Gives a promise if the file awaits. What fails is forgotten, so that it can be tried again. */
function runFile(
  source: ConvertedFile,
  { files, loaded }: { readonly files: CellFiles; readonly loaded: Map<string, NodeJS.Module> },
): unknown {
  const { path } = source;
  const folder = dirname(path);
  const require = files.wrap(createRequire(path), folder, path);
  const module = moduleOf(path, require as NodeJS.Require);
  // Before it runs, so that files may import each other.
  loaded.set(path, module);
  const failed = (error: unknown): never => {
    loaded.delete(path);
    throw error;
  };
  try {
    const result = compileFile(source).apply(module.exports, [module.exports, require, module, path, folder]);
    return source.awaits ? (result as Promise<unknown>).catch(failed) : undefined;
  } catch (error) {
    return failed(error);
  }
}

/** `a/b.ts` may be asked for as `a/b`, `a/b.js`, and `a/b.ts`, an `index` also by its folder. */
function namesOf(path: string): string[] {
  const extension = extname(path);
  if (extension === ".json") return [path];
  const bare = path.slice(0, -extension.length);
  const names = [path, bare, bare + extension.replace(/^\.([mc]?)[jt]sx?$/, ".$1js")];
  return basename(bare) === "index" ? [...names, dirname(path)] : names;
}
