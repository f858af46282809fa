import Module, { createRequire } from "node:module";
import { basename, dirname, extname, isAbsolute, resolve } from "node:path";
import type { ConvertedFile } from "./checker/requests.js";
import { compileFile } from "./file-script.js";
import type { Require } from "./resolve.js";

/** Files of the user's (TypeScript, and JavaScript and JSON beside it) that cells import, as they were translated. */
export interface CellFiles {
  /** Takes in new and changed files. Whatever has imported one of them is loaded anew as well when it is asked for the next time. */
  update(files: readonly ConvertedFile[]): void;
  /** `require` of a file in `folder`: these files first, then whatever `base` finds. */
  wrap(base: NodeJS.Require, folder: string, importer?: string): Require;
}

export function createCellFiles(): CellFiles {
  const sources = new Map<string, ConvertedFile>();
  /** From the ways to name a file to its path. */
  const paths = new Map<string, string>();
  const loaded = new Map<string, NodeJS.Module>();
  const importers = new Map<string, Set<string>>();

  const forget = (path: string): void => {
    if (!loaded.delete(path)) return;
    for (const importer of importers.get(path) ?? []) forget(importer);
  };
  const sourceOf = (specifier: string, folder: string): ConvertedFile | undefined => {
    const isFile = /^\.{1,2}(?:\/|$)/.test(specifier) || isAbsolute(specifier);
    const path = isFile ? paths.get(resolve(folder, specifier)) : undefined;
    return path === undefined ? undefined : sources.get(path);
  };
  const isKept = ({ path }: ConvertedFile, from: string | undefined): boolean => {
    if (from !== undefined) importers.set(path, (importers.get(path) ?? new Set()).add(from));
    return loaded.has(path);
  };
  /** Runs a file; gives a promise if it awaits. */
  const run = (source: ConvertedFile): unknown => {
    const { path } = source;
    const module = new Module(path);
    module.filename = path;
    module.paths = lookupPaths(dirname(path));
    const base = createRequire(path);
    const require = files.wrap(base, dirname(path), path);
    module.require = require as NodeJS.Require;
    // Before it runs, so that files may import each other.
    loaded.set(path, module);
    const failed = (error: unknown): never => {
      loaded.delete(path);
      throw error;
    };
    try {
      const given = [module.exports, require, module, path, dirname(path)];
      const result = compileFile(source).apply(module.exports, given);
      return source.awaits ? (result as Promise<unknown>).then(() => module.loaded = true, failed) : (module.loaded = true);
    } catch (error) {
      return failed(error);
    }
  };
  /** Runs those files that await, and before them those that they need: `require` finds them then. */
  const prepare = async (source: ConvertedFile, from: string | undefined, seen = new Set<string>()): Promise<void> => {
    if (seen.has(source.path)) return;
    seen.add(source.path);
    for (const specifier of source.imports) {
      const needed = sourceOf(specifier, dirname(source.path));
      if (needed !== undefined) await prepare(needed, source.path, seen);
    }
    if (source.awaits && !isKept(source, from)) await run(source);
  };
  const files: CellFiles = {
    update(changed) {
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
        if (!isKept(source, importer)) {
          if (source.awaits) throw new Error(`${specifier} awaits at its top level: import it, or await import("${specifier}")`);
          run(source);
        }
        return loaded.get(source.path)?.exports;
      };
      return Object.assign(require, {
        resolve: base.resolve,
        cache: base.cache,
        prepare: async (specifier: string) => {
          const source = sourceOf(specifier, folder);
          if (source !== undefined) await prepare(source, importer);
        },
      });
    },
  };
  return files;
}

/** Node's own; its types leave it out. */
const { _nodeModulePaths: lookupPaths } = Module as unknown as { _nodeModulePaths(folder: string): string[] };

/** `a/b.ts` may be asked for as `a/b`, `a/b.js` and `a/b.ts`, an `index` also by its folder. */
function namesOf(path: string): string[] {
  const extension = extname(path);
  const bare = path.slice(0, -extension.length);
  const names = [path, bare, bare + extension.replace(/^\.([mc]?)[jt]sx?$/, ".$1js")];
  return basename(bare) === "index" ? [...names, dirname(path)] : names;
}
