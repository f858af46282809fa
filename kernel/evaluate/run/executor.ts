import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";
import { flagName, guardName } from "../guards.js";
import type { CellFiles } from "./cell-files.js";
import type { CellModules, Require } from "./resolve.js";

/** A cell's script, ready to run. */
export interface Executable {
  /** Body of the function; see `CellScript`. */
  readonly javascript: string;
  readonly awaits: boolean;
}

/** What stands before a cell's code on its first line. */
export function wrapperOf(awaits: boolean): string {
  return `(${awaits ? "async " : ""}function(exports, require, __filename, __dirname, ${flagName}) { `;
}

/** Gives the cell's function without calling it. */
export function functionText({ javascript, awaits }: Executable): string {
  return `${wrapperOf(awaits)}${javascript}\n})`;
}

/**
 * Runs a cell and resolves with the value of its last expression, `undefined` if there is none. Cells find what they
 * need on the guard object.
 */
export async function runCell(cell: Executable): Promise<unknown> {
  const names = ["locals", "require", "meta.filename", "meta.dirname", "flag"].map((name) => `${guardName}.${name}`);
  const call = `(${names.join(", ")})`;
  const script = new Script(functionText(cell) + call);
  const returned = (await script.runInThisContext({ breakOnSigint: true })) as readonly [unknown] | undefined;
  return returned?.[0];
}

/** `require` of cells, and the user's files behind it. */
export function cellRequire(
  folder: string,
  { modules, files }: { readonly modules: CellModules; readonly files: CellFiles },
): Require {
  return modules.wrap(files.wrap(createRequire(join(folder, "cell.js")), folder));
}
