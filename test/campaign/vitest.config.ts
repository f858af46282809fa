import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = join(import.meta.dirname, "..");

// Slow tests of the real engine and of faults, one file after the other. CI runs those of `integration/run` instead.
export default defineConfig({
  test: {
    root,
    include: ["campaign/**/*.test.ts"],
    globalSetup: join(root, "support", "compiled-graphs.ts"),
    reporters: ["default", "json"],
    outputFile: { json: join(root, "reports", "campaign.json") },
    testTimeout: 1_200_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
