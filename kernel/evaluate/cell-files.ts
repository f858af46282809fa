import Module, { createRequire } from "node:module";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import type { ConvertedFile } from "./checker/requests.js";
import type { Require } from "./resolve.js";

/** Files of the user's (TypeScript, and JavaScript beside it) that cells import, as they were translated. */
export interface CellFiles {
  /** Takes in new and changed files. Whatever has imported one of them is loaded anew as well when it is asked for the next time. */
  update(files: readonly ConvertedFile[]): void;
  /** `require` of a file in `folder`: these files first, then whatever `base` finds. */
  wrap(base: Require, folder: string, importer?: string): Require;
}

/** Node's own class; its types leave out how a module is compiled. */
interface CompilableModule extends NodeJS.Module {
  _compile(code: string, filename: string): void;
}
const { _nodeModulePaths: lookupPaths } = Module as unknown as { _nodeModulePaths(folder: string): string[] };

export function createCellFiles(): CellFiles {
  const sources = new Map<string, string>();
  /** From the ways to name a file to its path. */
  const paths = new Map<string, string>();
  const loaded = new Map<string, CompilableModule>();
  const importers = new Map<string, Set<string>>();

  const forget = (path: string): void => {
    if (!loaded.delete(path)) return;
    for (const importer of importers.get(path) ?? []) forget(importer);
  };
  const load = (path: string, source: string): unknown => {
    const known = loaded.get(path);
    if (known !== undefined) return known.exports;
    const module = new Module(path) as CompilableModule;
    module.filename = path;
    module.paths = lookupPaths(dirname(path));
    module.require = files.wrap(createRequire(path), dirname(path), path) as NodeJS.Require;
    // Before it runs, so that files may import each other.
    loaded.set(path, module);
    try {
      module._compile(source, path);
    } catch (error) {
      loaded.delete(path);
      throw error;
    }
    return module.exports;
  };
  const files: CellFiles = {
    update(changed) {
      for (const { path, javascript } of changed) {
        sources.set(path, javascript);
        for (const name of namesOf(path)) paths.set(name, path);
      }
      for (const { path } of changed) forget(path);
    },
    wrap: (base, folder, importer) => (specifier) => {
      const isFile = /^\.{1,2}(?:\/|$)/.test(specifier) || isAbsolute(specifier);
      const path = isFile ? paths.get(join(folder, specifier)) : undefined;
      const source = path === undefined ? undefined : sources.get(path);
      if (path === undefined || source === undefined) return base(specifier);
      if (importer !== undefined) importers.set(path, (importers.get(path) ?? new Set()).add(importer));
      return load(path, source);
    },
  };
  return files;
}

/** `a/b.ts` may be asked for as `a/b`, `a/b.js` and `a/b.ts`, an `index` also by its folder. */
function namesOf(path: string): string[] {
  const extension = extname(path);
  const bare = path.slice(0, -extension.length);
  const names = [path, bare, bare + extension.replace(/^\.([mc]?)[jt]sx?$/, ".$1js")];
  return basename(bare) === "index" ? [...names, dirname(path)] : names;
}
