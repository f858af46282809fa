import Module from "node:module";
import { dirname } from "node:path";
import { compileFunction, Script } from "node:vm";

/** A file of the user's as it runs: the body of a function of CommonJS's names. */
export interface FileScript {
  readonly path: string;
  readonly javascript: string;
  /** It awaits outside of any function. */
  readonly awaits: boolean;
}

const parameters = ["exports", "require", "module", "__filename", "__dirname"];

/** What stands before a file's code on its first line. */
export function fileWrapperOf(awaits: boolean): string {
  return awaits ? `(async function(${parameters.join(", ")}) { ` : "";
}

/** Node's own `_compile` would take `.mts` and `.mjs` for ES modules, which they are no more. */
export function compileFile({ path, javascript, awaits }: FileScript): (...given: unknown[]) => unknown {
  if (!awaits) return compileFunction(javascript, parameters, { filename: path }) as (...given: unknown[]) => unknown;
  const script = new Script(`${fileWrapperOf(true)}${javascript}\n})`, { filename: path });
  return script.runInThisContext() as (...given: unknown[]) => unknown;
}

/** Node's own; its types leave it out. */
const { _nodeModulePaths: lookupPaths } = Module as unknown as { _nodeModulePaths(folder: string): string[] };

/** The `module` of a CommonJS file. */
export function moduleOf(path: string, require: NodeJS.Require): NodeJS.Module {
  const module = new Module(path);
  module.filename = path;
  module.paths = lookupPaths(dirname(path));
  module.require = require;
  return module;
}
