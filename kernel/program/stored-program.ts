import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";

/**
 * The kernel's modules in one script, with what V8 made of it: Node's loader takes as long for the 60 files as all the
 * rest of the start.
 */
export interface StoredProgram {
  readonly file: string;
  readonly text: string;
  /** V8's compiled code; another version of V8 rejects it. */
  readonly compiled: Buffer;
}

/** The main thread's program, and that of the protocol thread. */
export type ProgramName = "kernel" | "protocol";

/** Folder of the compiled kernel. */
const root = join(import.meta.dirname, "..");

/**
 * `MINDFORMERS_LAB_SNAPSHOT=off`: what makes kernels start faster, here and for the type checker, is neither used nor
 * built.
 */
export function isSwitchedOff(environment: NodeJS.ProcessEnv = process.env): boolean {
  return environment.MINDFORMERS_LAB_SNAPSHOT === "off";
}

/** Undefined if there is none that was made of the modules as they are now. */
export function readStored(name: ProgramName, folder = root): StoredProgram | undefined {
  const file = storedFile(name, folder);
  try {
    if (isSwitchedOff()) return undefined;
    const text = readFileSync(file, "latin1");
    const stamp = stampOf(folder);
    if (stamp === undefined || !text.startsWith(`${stamp}\n`)) return undefined;
    return { file, text, compiled: readFileSync(compiledFile(file)) };
  } catch {
    return undefined;
  }
}

/** Runs it; what its first module exports. */
export function runStored({ file, text, compiled }: StoredProgram): unknown {
  const script = new Script(text, { filename: file, cachedData: compiled });
  return (script.runInThisContext() as Start)(createRequire(file));
}

/** Gets Node's `require`; the modules know where they would lie. */
type Start = (require: NodeJS.Require) => unknown;

/** `runStored` for a thread that is given the program as `workerData.stored`. */
export const workerText = `const { file, text, compiled } = require("node:worker_threads").workerData.stored;
const script = new (require("node:vm").Script)(text, { filename: file, cachedData: compiled });
script.runInThisContext()(require("node:module").createRequire(file));`;

export function storedFile(name: ProgramName, folder = root): string {
  return join(folder, `${name}-program.cjs`);
}

export function compiledFile(file: string): string {
  return `${file}.blob`;
}

/** First line of the script: the compiler changes this file whenever it changes one of the kernel's modules. */
export function stampOf(folder = root): string | undefined {
  const found = statSync(join(folder, "..", "kernel.tsbuildinfo"), { throwIfNoEntry: false });
  return found && `// ${process.version} ${process.arch} ${found.size} ${found.mtimeMs}`;
}

/** There is none, and one could be made. */
export function isMissing(folder = root): boolean {
  if (readStored("kernel", folder) !== undefined && readStored("protocol", folder) !== undefined) return false;
  try {
    accessSync(folder, constants.W_OK);
    return stampOf(folder) !== undefined;
  } catch {
    return false;
  }
}
