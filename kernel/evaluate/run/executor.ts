import { createRequire } from "node:module";
import { join } from "node:path";
import { types } from "node:util";
import { Script } from "node:vm";
import { foreignListeners, listenAnew } from "../../core/kept-listeners.js";
import { isCatchAll } from "../../core/proxies.js";
import { within } from "../../core/within.js";
import { guardName } from "../guards.js";
import { restoreKept } from "../kept-numbers.js";
import { restoreBuiltins } from "./builtins.js";
import type { CellFiles } from "./cell-files.js";
import type { CellModules, Require } from "./resolve.js";

/** A cell's script, ready to run. */
export interface Executable {
  /** Body of the function; see `CellScript`. */
  readonly javascript: string;
  readonly awaits: boolean;
  /** See `CellScript`. */
  readonly isInstant?: boolean;
}

/** What stands before a cell's code on its first line. */
export function wrapperOf(awaits: boolean): string {
  return `(${awaits ? "async " : ""}function(exports, require, __filename, __dirname) { `;
}

/** Gives the cell's function without calling it. */
export function functionText({ javascript, awaits }: Executable): string {
  return `${wrapperOf(awaits)}${javascript}\n})`;
}

/**
 * Runs a cell and returns its last expression's value. Cells reach what they need through the guard object.
 * @param variables those of all cells
 */
export async function runCell(cell: Executable, variables: Record<string, unknown>): Promise<LastValue | undefined> {
  const names = ["locals", "require", "meta.filename", "meta.dirname"].map((name) => `${guardName}.${name}`);
  const call = `(${names.join(", ")})`;
  // Stacks show the name in the script's last line. Libraries that look for the caller's file resolve from this one.
  const script = compiled(functionText(cell) + call);
  const returned = (await runScript(script, variables, cell.isInstant)) as readonly [unknown] | undefined;
  return returned === undefined ? undefined : await settled(returned[0]);
}

/**
 * Gives a syntax error the place where V8 has found it. The compiler accepts a few texts that V8 refuses, such as a
 * label that is declared twice.
 */
function compiled(text: string): Script {
  try {
    return new Script(text, cellFile());
  } catch (error) {
    if (error instanceof SyntaxError) error.stack = stackWithPlace(error, text);
    throw error;
  }
}

/** Node writes the place before the message: the file and the line, the line's text, and a mark below the column. */
function stackWithPlace(error: SyntaxError, text: string): string {
  const [, line] = /^.*:(\d+)\n/.exec(error.stack ?? "") ?? [];
  const column = error.stack?.split("\n")[2]?.indexOf("^") ?? -1;
  const [, script] = /\/\/# sourceURL=(\S+)\s+\}\)\(.*\)$/.exec(text) ?? [];
  if (line === undefined || column < 0 || script === undefined) return String(error);
  return `${error}\n    at ${script}:${line}:${column + 1}`;
}

/** The file that a cell would be; undefined if the folder is gone. */
function cellFile(): string | undefined {
  try {
    return join(process.cwd(), "cell.ts");
  } catch {
    return undefined;
  }
}

/**
 * SIGINT ends it, unless it is over at once or users listen for the signal: Node would give it to nobody else. With
 * `displayErrors` Node would write the script's line into the stack of whatever is thrown, and users would see it when
 * they print the error.
 */
function runScript(script: Script, variables: Record<string, unknown>, isInstant = false): unknown {
  const watched = !isInstant && foreignListeners("SIGINT").length === 0;
  try {
    return script.runInThisContext({ breakOnSigint: watched, displayErrors: false });
  } finally {
    const restored = isInstant ? undefined : restoreBuiltins();
    if (restored !== undefined)
      console.warn?.(`The cell removed ${restored}, which later cells need. The kernel put it back.`);
    restoreKept(variables);
    if (watched && foreignListeners("SIGINT").length > 0) listenAnew("SIGINT");
  }
}

/** In a box, as a promise that is given a thenable would wait for it. */
export interface LastValue {
  readonly value: unknown;
}

/** How long something that only looks like a promise may take, in ms. */
const patience = 5_000;

/**
 * What a promise becomes. Anything else with a method `then`, such as a query, is waited for as well, but not for ever:
 * after `patience` it is shown as it is, and so is a proxy that has every property.
 */
async function settled(value: unknown): Promise<LastValue> {
  const box: LastValue = { value };
  if (types.isPromise(value)) return { value: await value };
  if (typeof value !== "object" && typeof value !== "function") return box;
  if (value === null || isCatchAll(value) || !hasThen(value)) return box;
  try {
    const done = new Promise<unknown>((resolve, reject) => (value as PromiseLike<unknown>).then(resolve, reject));
    return await within(
      patience,
      done.then((result): LastValue => ({ value: result })),
      () => box,
    );
  } catch (error) {
    return types.isProxy(value) && isOfPromise(error) ? box : Promise.reject(error);
  }
}

/** `then` of a promise throws this error for a proxy of it. */
function isOfPromise(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes("Promise.prototype.then called on incompatible receiver");
}

/** False if the getter throws: then the value is shown. */
function hasThen(value: object): boolean {
  try {
    return typeof (value as { then?: unknown }).then === "function";
  } catch {
    return false;
  }
}

/** `require` of cells, and the user's files behind it. */
export function cellRequire(
  folder: string,
  { modules, files }: { readonly modules: CellModules; readonly files: CellFiles },
): Require {
  return modules.wrap(files.wrap(createRequire(join(folder, "cell.js")), folder));
}
