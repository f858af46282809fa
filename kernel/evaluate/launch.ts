import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import { packageManifest } from "../package-manifest.js";
import { isMissing, isSwitchedOff } from "../program/stored-program.js";
import { launchChecker } from "./checker/link.js";
import { findSnapshot, snapshotArguments } from "./checker/snapshot.js";
import type { Evaluator, EvaluatorOptions } from "./evaluator.js";

export type LoadEvaluator = (options: EvaluatorOptions) => Promise<Evaluator>;

/** How long after its start a kernel begins to build what the next ones start from, in ms. */
const leisure = 5_000;

/**
 * Starts the language engine: as early as possible, as its process needs the longest of all. `MINDFORMERS_LAB_ENGINE=tslab` chooses tslab's converter,
 * which runs in this process and starts with the first call.
 */
export function launchEngine(): LoadEvaluator {
  if (process.env.MINDFORMERS_LAB_ENGINE === "tslab") {
    return async (options) => (await import("./tslab/engine.js")).createEvaluator(options);
  }
  const plain = [join(import.meta.dirname, "checker", "main.js")];
  const { found, place } = isSwitchedOff() ? {} : findSnapshot();
  const isIncomplete = (): boolean => place !== undefined && (found === undefined || isMissing());
  setTimeout(() => isIncomplete() && buildInBackground(), leisure).unref();
  const checker = launchChecker(found === undefined ? { plain } : { plain, fast: snapshotArguments(found) });
  // The engine says the same once it has been loaded; until then the process can make itself ready. A cell that waits already needs no more.
  checker
    .ask({ kind: "open", workingDirectory: process.cwd(), packages: [packageManifest().folder] })
    .then(() => (checker.isAwaited() ? null : checker.ask({ kind: "prepare" })))
    .catch(() => {});
  return async (options) => (await import("./engine.js")).createEvaluator(options, checker);
}

/** In a process that nobody waits for, after everything else. */
function buildInBackground(): void {
  const program = join(import.meta.dirname, "checker", "build.js");
  const child = spawn(process.execPath, [program], { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
  try {
    if (child.pid !== undefined) setPriority(child.pid, 15);
  } catch {
    // Then it competes with the others.
  }
}
