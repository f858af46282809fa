import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

// MindSpore takes longer to compile the tiny template than to train thirty steps of it, and puts the compiled graph
// into a folder beside the runs. Tests of the same model give that folder on: the first one compiles, the others load,
// as a user's second run does.

declare module "vitest" {
  export interface ProvidedContext {
    /** Folder of the graphs of this test run. */
    readonly compiledGraphs: string;
  }
}

/** Puts the kept graphs beside the runs that will be started in a folder; does nothing if no test has kept any yet. */
export function takeGraphs(kept: string, runs: string): void {
  if (existsSync(kept)) cpSync(kept, join(runs, ".compiler-cache"), { recursive: true });
}

/** Keeps the graphs that were compiled for the runs in a folder. */
export function keepGraphs(kept: string, runs: string): void {
  cpSync(join(runs, ".compiler-cache"), kept, { recursive: true });
}

/** vitest's own name for what comes before all files of a project. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "compiled-graphs-"));
  // Several runs of vitest may share one folder of graphs.
  project.provide("compiledGraphs", process.env.MF_LAB_TEST_GRAPHS ?? join(folder, "graphs"));
  return () => rmSync(folder, { recursive: true, force: true });
}
