import { afterEach, vi } from "vitest";
import type { Run } from "../../src/run/run.js";

/**
 * For the top of a test file: gives what remembers a run and returns it. After each test the variables that it set are
 * taken back, and its runs are ended.
 */
export function rememberRuns(): (run: Run) => Run {
  const runs: Run[] = [];
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const run of runs.splice(0)) await run.stop({ graceful: false });
  });
  return (run) => {
    runs.push(run);
    return run;
  };
}
