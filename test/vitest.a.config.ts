import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;
const inFolders = (...folders: string[]) => folders.map((folder) => `${folder}/**/*.test.ts`);

// "fast" needs nothing but Node; "real" needs what the set-up installs (Python environment, JupyterLab, MindFormers, Chromium).
export default defineConfig({
  test: {
    reporters: ["default", "json"],
    outputFile: { json: join(root, "reports", "a.json") },
    projects: [
      {
        test: {
          name: "fast",
          root,
          include: inFolders("unit", "golden", "property", "hostile", "contract", "wire"),
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "real",
          root,
          include: inFolders("integration", "notebooks", "browser"),
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
