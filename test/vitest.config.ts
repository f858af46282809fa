import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const inFolders = (...folders: string[]) => folders.map((folder) => `${folder}/**/*.test.ts`);

// "fast" needs nothing but Node; "real" needs what the set-up installs (Python environment, JupyterLab, MindFormers); "engine" trains or
// opens a browser, which takes every core that there is: one file after the other.
export default defineConfig({
  test: {
    reporters: ["default", "json"],
    outputFile: { json: join(root, "reports", "vitest.json") },
    projects: [
      {
        test: {
          name: "fast",
          root,
          include: inFolders("unit", "golden", "property", "hostile", "contract", "wire"),
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "real",
          root,
          include: inFolders("integration"),
          exclude: inFolders("integration/engine", "integration/run"),
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "engine",
          root,
          include: inFolders("integration/engine", "integration/run", "notebooks", "browser"),
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
