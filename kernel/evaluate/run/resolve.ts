import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import { type PackageFolders, packageName } from "../package-folders.js";

export interface Require {
  (specifier: string): unknown;
  /** Loads what has to be awaited, so that the call finds it. */
  readonly prepare?: (specifier: string) => Promise<void>;
}

export interface CellModules {
  /** `require` with the fallback; relative paths go to `base`, which knows the importing file. */
  wrap(base: Require): Require;
  /**
   * Loads those modules that `require` can't load (top-level await inside, or exports for `import` only), so that it
   * can. Never rejects.
   */
  prepare(specifiers: readonly string[]): Promise<void>;
  /** What `import(specifier)` in a cell does. */
  load(require: Require, specifier: string): Promise<unknown>;
  /** `import.meta` of every cell: as if the cell were a file in the working directory. */
  readonly meta: ModuleMeta;
  /** `import.meta` of a file of the user's. */
  metaOf(path: string): ModuleMeta;
}

export interface ModuleMeta {
  readonly url: string;
  readonly filename: string;
  readonly dirname: string;
  /** URL of a module as seen from there. */
  resolve(specifier: string): string;
}

const needsImport = new Set(["ERR_REQUIRE_ASYNC_MODULE", "ERR_PACKAGE_PATH_NOT_EXPORTED", "ERR_REQUIRE_ESM"]);

export function createCellModules(folders: PackageFolders): CellModules {
  const imported = new Map<string, unknown>();
  /** What went wrong while modules were loaded ahead: the cell gets the same, and no module runs twice. */
  const broken = new Map<string, unknown>();
  const wrap = (base: Require): Require => {
    const require = (specifier: string): unknown => {
      if (imported.has(specifier)) return imported.get(specifier);
      if (broken.has(specifier)) throw withCaller(broken.get(specifier));
      const name = packageName(specifier);
      const folder = name === undefined ? undefined : folders.fallback(name);
      if (name === undefined || folder === undefined) return base(specifier);
      return requireFrom(folder, name)(requestFor(folder, name, specifier));
    };
    // `resolve` and the like.
    return Object.assign(require, base);
  };
  /** The module if `require` can't load it; undefined if it has. */
  const loadAhead = async (specifier: string): Promise<unknown> => {
    try {
      own(specifier);
      return undefined;
    } catch (error) {
      if (!needsImport.has(codeOf(error))) throw error;
      return importFrom(folders, specifier);
    }
  };
  const own = wrap(createRequire(join(folders.workingDirectory, "cell.js")));
  return {
    meta: metaOf(join(folders.workingDirectory, "cell.ts")),
    metaOf,
    wrap,
    async prepare(specifiers) {
      broken.clear();
      // The user's own files run once, when the cell imports them.
      for (const specifier of specifiers.filter((one) => packageName(one) !== undefined)) {
        try {
          const module = await loadAhead(specifier);
          if (module !== undefined) imported.set(specifier, asRequired(module));
        } catch (error) {
          broken.set(specifier, error);
        }
      }
    },
    async load(require, given) {
      const specifier = pathOfUrl(String(given));
      try {
        await require.prepare?.(specifier);
        return asNamespace(require(specifier));
      } catch (error) {
        if (!needsImport.has(codeOf(error))) throw error;
        return importFrom(folders, specifier);
      }
    },
  };
}

function metaOf(filename: string): ModuleMeta {
  const resolve = (specifier: string): string => {
    if (isBuiltin(specifier)) return specifier.startsWith("node:") ? specifier : `node:${specifier}`;
    return pathToFileURL(createRequire(filename).resolve(pathOfUrl(specifier))).href;
  };
  return { url: pathToFileURL(filename).href, filename, dirname: dirname(filename), resolve };
}

function pathOfUrl(specifier: string): string {
  return specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier;
}

/** What a module threw while it was loaded ahead, with the place in the cell that imports it. */
function withCaller(error: unknown): unknown {
  if (!(error instanceof Error) || typeof error.stack !== "string" || error.stack.includes("at Cell [")) return error;
  const callers = (new Error().stack ?? "").split("\n").filter((line) => line.includes("Cell ["));
  try {
    error.stack = [error.stack, ...callers].join("\n");
  } catch {
    // A frozen error stays as it is.
  }
  return error;
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code);
}

function isFolderOfPackages(folder: string): boolean {
  return basename(folder) === "node_modules";
}

/** Node's lookup from the folder that holds `node_modules`, or from inside a package that lies anywhere else. */
function requireFrom(folder: string, name: string): NodeJS.Require {
  const parent = name.startsWith("@") ? dirname(dirname(folder)) : dirname(folder);
  return createRequire(join(isFolderOfPackages(parent) ? dirname(parent) : folder, "cell.js"));
}

function requestFor(folder: string, name: string, specifier: string): string {
  const parent = name.startsWith("@") ? dirname(dirname(folder)) : dirname(folder);
  if (isFolderOfPackages(parent)) return specifier;
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name?: string;
    exports?: unknown;
  };
  return manifest.exports !== undefined && manifest.name === name ? specifier : folder + specifier.slice(name.length);
}

/** Node's own `import()`, looked up from the user's folder and then from the kernel's packages. */
async function importFrom(folders: PackageFolders, specifier: string): Promise<unknown> {
  const name = packageName(specifier);
  const folder = name === undefined ? undefined : folders.fallback(name);
  if (name === undefined || folder === undefined) {
    const from = join(folders.workingDirectory, "cell.mjs");
    return importIn(specifier, from).catch((error) => importOfNodePath(specifier, from, error));
  }
  const request = requestFor(folder, name, specifier);
  const file = request === specifier ? specifier : pathToFileURL(requireFrom(folder, name).resolve(request)).href;
  return importIn(file, join(folder, "cell.mjs"));
}

/** `NODE_PATH` is for `require` only; `error` if a package isn't there either. */
function importOfNodePath(specifier: string, from: string, error: unknown): Promise<unknown> {
  if (codeOf(error) !== "ERR_MODULE_NOT_FOUND" || packageName(specifier) === undefined) throw error;
  let file: string;
  try {
    file = createRequire(from).resolve(specifier);
  } catch {
    throw error;
  }
  return importIn(pathToFileURL(file).href, from);
}

/** Node's own `import()`, as a module at `from` would call it. */
export function importIn(specifier: string, from: string): Promise<unknown> {
  const script = new Script("(specifier) => import(specifier)", {
    filename: from,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const load = script.runInThisContext() as (specifier: string) => Promise<unknown>;
  return withoutWarnings(() => load(specifier));
}

/** Node warns at once, and in the user's cell, that this way to import is experimental. */
function withoutWarnings<T>(run: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * An imported module as Node's own `require` gives those that it can load: marked, so that `default` is its default
 * export and not the whole of it.
 */
function asRequired(module: unknown): unknown {
  if (typeof module !== "object" || module === null || !("default" in module) || "__esModule" in module) return module;
  return new Proxy(module, {
    get: (target, name) => (name === "__esModule" ? true : Reflect.get(target, name)),
    has: (target, name) => name === "__esModule" || Reflect.has(target, name),
  });
}

/** The shape that TypeScript gives to `import * as`: CommonJS exports with themselves as default. */
function asNamespace(module: unknown): unknown {
  if (typeof module === "object" && module !== null) {
    const isNamespace = Object.prototype.toString.call(module) === "[object Module]" || "__esModule" in module;
    return isNamespace ? module : { ...module, default: module };
  }
  return typeof module === "function"
    ? Object.assign(Object.create(null), module, { default: module })
    : { default: module };
}
