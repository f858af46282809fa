import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import type { LaunchablePlan } from "../../src/run/launch/launchable.js";

export interface FakePlanOptions {
  readonly workers?: number;
  readonly steps?: number;
  readonly config?: string;
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A plan whose launcher is the fixture that plays msrun. */
export function fakePlan(options: FakePlanOptions = {}): LaunchablePlan {
  const { workers = 2, steps = 20, environment = {} } = options;
  return {
    config: { text: options.config ?? "seed: 1\n", get: () => undefined },
    totalSteps: steps,
    tokensPerStep: 256,
    cluster: { port: options.port ?? 8118 },
    commands: ({ runFolder, attempt, overrides = {} }) => [
      {
        node: "127.0.0.1",
        nodeRank: 0,
        argv: [
          join(packageRoot(), "test/fixtures/bin/msrun"),
          `--worker_num=${workers}`,
          `--local_worker_num=${workers}`,
          `--master_port=${options.port ?? 8118}`,
          `--log_dir=${runFolder}/logs/attempt-${attempt}/node-0`,
          "script.py",
          "--output_dir",
          `${runFolder}/output`,
          ...Object.entries(overrides).flatMap(([key, value]) => [`--${key}`, value]),
        ],
        environment: { FAKE_STEPS: String(steps), ...environment },
      },
    ],
  };
}

/** A new folder for the running test; removed when it has finished. */
export function runsFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "runs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  return folder;
}
