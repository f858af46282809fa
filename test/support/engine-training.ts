import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { parseEngineLine } from "../../src/formats/engine-log.js";
import { runVenv } from "./jupyter.js";
import { freePort } from "./ports.js";

const engine = join(packageRoot(), "extensions", "engine", "run_mindformer.py");

/** One training of the real engine in `<folder>/<name>`, without the supervisor of a run. */
export interface EngineTraining {
  readonly folder: string;
  readonly name: string;
  /** Path of the configuration. */
  readonly config: string;
  /** Further arguments of the engine. */
  readonly more?: readonly string[];
  /** Default 2. */
  readonly workers?: number;
}

/** Losses of one rank by step. */
export function lossesOf({ folder, name }: Pick<EngineTraining, "folder" | "name">, rank: number): Map<number, number> {
  const lines = readFileSync(join(folder, name, "logs", `worker_${rank}.log`), "utf8").split("\n");
  const steps = lines.map((line) => parseEngineLine(line)).filter((line) => line?.kind === "step");
  return new Map(steps.map(({ step, loss }) => [step, loss]));
}

/** Trains until the end; the losses of rank 0 by step. Checkpoints lie in `<folder>/<name>/output/checkpoint`. */
export async function trainByEngine(training: EngineTraining): Promise<Map<number, number>> {
  const { folder, name, config, more = [], workers = 2 } = training;
  const place = join(folder, name);
  mkdirSync(place);
  const count = [`--worker_num=${workers}`, `--local_worker_num=${workers}`];
  const msrun = [...count, `--master_port=${await freePort()}`, "--join=True"];
  const start = [`--log_dir=${join(place, "logs")}`, "--cluster_time_out=60", engine, "--config", config];
  const output = ["--output_dir", join(place, "output")];
  const { status, stdout } = runVenv("msrun", [...msrun, ...start, ...output, ...more], { cwd: place });
  expect(status, stdout.slice(-3000)).toBe(0);
  return lossesOf(training, 0);
}
