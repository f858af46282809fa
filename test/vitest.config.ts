import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./support/longest-first.js";

const root = import.meta.dirname;
const inFolders = (...folders: string[]) => folders.map((folder) => `${folder}/**/*.test.ts`);
// Two processes train in each of them, which takes every core that there is.
const training = [
  "integration/engine/training.test.ts",
  "integration/run/**/*.test.ts",
  "notebooks/full-pretraining.test.ts",
  "notebooks/inspect-checkpoints.test.ts",
  "notebooks/many-nodes.test.ts",
  "notebooks/recover-from-faults.test.ts",
  "browser/full-pretraining.test.ts",
];

// They hold the kernel to less than 300 ms, which no kernel keeps beside a process that computes.
const timed = [
  "unit/kernel/evaluate/cells.test.ts",
  "wire/blocked.test.ts",
  "wire/lifecycle.test.ts",
  "wire/while-busy.test.ts",
];

// "fast" and "timed" need nothing but Node, "timed" runs one file after the other; "real" needs what the set-up
// installs (Python environment, JupyterLab, MindFormers); "browser" drives one JupyterLab, which its files share, in
// Chromium; "engine" trains with several processes, one file after the other. Without maxWorkers vitest leaves one core
// idle.
export default defineConfig({
  test: {
    reporters: ["default", "json"],
    outputFile: { json: join(root, "reports", "vitest.json") },
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: "fast",
          root,
          include: inFolders("unit", "golden", "property", "hostile", "contract", "wire"),
          exclude: timed,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: Math.max(2, availableParallelism() - 1),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "timed",
          root,
          include: timed,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "real",
          root,
          include: inFolders("integration", "notebooks"),
          exclude: training,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "browser",
          root,
          include: inFolders("browser"),
          exclude: training,
          globalSetup: join(root, "support", "shared-lab.ts"),
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: "engine",
          root,
          include: training,
          globalSetup: join(root, "support", "compiled-graphs.ts"),
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
