import { spawn } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import { packagesForCells } from "../core/package-manifest.js";
import { launchChecker } from "../evaluate/checker/process/link.js";
import { findSnapshot, snapshotArguments } from "../evaluate/checker/snapshot/snapshot.js";
import type { Evaluator, EvaluatorOptions } from "../evaluate/evaluator.js";
import { isMissing, isSwitchedOff } from "../program/stored-program.js";

export type LoadEvaluator = (options: EvaluatorOptions) => Promise<Evaluator>;

const checkerFolder = join(import.meta.dirname, "..", "evaluate", "checker");

/** How long after its start a kernel begins to build what the next ones start from, in ms. */
const leisure = 5_000;

/**
 * Starts the evaluator: as early as possible, as its process needs the longest of all.
 * `MINDFORMERS_LAB_EVALUATOR=tslab` chooses tslab's converter, which runs in this process and starts with the first
 * call.
 */
export function launchEvaluator(): LoadEvaluator {
  if (process.env.MINDFORMERS_LAB_EVALUATOR === "tslab") {
    return async (options) => (await import("../evaluate/tslab/evaluator.js")).createEvaluator(options);
  }
  const plain = [join(checkerFolder, "process", "main.js")];
  const { found, place } = isSwitchedOff() ? {} : findSnapshot();
  const isIncomplete = (): boolean => place !== undefined && (found === undefined || isMissing());
  setTimeout(() => isIncomplete() && buildInBackground(), leisure).unref();
  const checker = launchChecker(found === undefined ? { plain } : { plain, fast: snapshotArguments(found) });
  // The evaluator says the same once it has been loaded; until then the process can make itself ready. A cell that
  // waits already needs no more.
  checker
    .ask({ kind: "open", workingDirectory: process.cwd(), packages: packagesForCells() })
    .then(() => (checker.isAwaited() ? null : checker.ask({ kind: "prepare" })))
    .catch(() => {});
  return async (options) => (await import("../evaluate/run/cell-evaluator.js")).createEvaluator(options, checker);
}

/** Runs in a detached process, after everything else. */
function buildInBackground(): void {
  const program = join(checkerFolder, "snapshot", "build.js");
  const child = spawn(process.execPath, [program], { detached: true, stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
  try {
    if (child.pid !== undefined) setPriority(child.pid, 15);
  } catch {
    // Then it competes with the others.
  }
}
