import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openConfig } from "../../src/config/open.js";
import { packageRoot } from "../../src/core/package-root.js";
import { planRun } from "../../src/plan/plan-run.js";
import { writeTokenFiles } from "./token-files.js";

/** A real plan of two workers on `sequences` sequences in `folder`/data, which the stand-in engine carries out. */
export async function standInPlan(folder: string, sequences: number) {
  const prefix = join(folder, "data", "tokens");
  mkdirSync(join(folder, "data"), { recursive: true });
  writeTokenFiles(prefix, { count: 30, length: 129, vocabulary: 1000 });
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set("train_dataset.data_loader.config.data_path.1", prefix)
    .set("train_dataset.data_loader.sizes.0", sequences);
  const python = join(packageRoot(), "test/fixtures/bin/python");
  return planRun(config, { cluster: { device: "CPU", devicesPerNode: 2, python } });
}
