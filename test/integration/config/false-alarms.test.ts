import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { meshDevices, readMesh } from "../../../src/model/layout/mesh.js";

const shipped = join(packageRoot(), ".venv", "lib", "python3.11", "site-packages", "configs");

/** Devices that a file, its name or its README states; the others state none, and their mesh tells it. */
const stated: Readonly<Record<string, number>> = {
  "llm_pretrain_dense_template.yaml": 8,
  "llm_pretrain_moe_template.yaml": 8,
  "pretrain_deepseek3_12b_16p_pp16.yaml": 16,
  "pretrain_deepseek3_671b.yaml": 256,
  "pretrain_telechat3_36b.yaml": 8,
  "pretrain_telechat3_105b_a4b_4k.yaml": 8,
};

type Mistake = readonly [rule: string, path: string, reason: string];

/** Findings about MindFormers' own pre-training files that are true, each with its reason. */
const realMistakes: Readonly<Record<string, readonly Mistake[]>> = {
  "pretrain_telechat3_36b.yaml": [
    [
      "mesh-product",
      "parallel_config.model_parallel",
      'its comment says "device num = 8", its mesh 1 · 8 · 2 needs 16; check_rules raises ValueError on 8 devices',
    ],
  ],
  "pretrain_telechat3_105b_a4b_4k.yaml": [
    [
      "mesh-product",
      "parallel_config.model_parallel",
      'its comment says "device num = 8", its mesh 4 · 8 · 8 needs 256; check_rules raises ValueError on 8 devices',
    ],
    [
      "layer-offset",
      "model.model_config.offset",
      "45 layers on 8 stages leave 5 over; MindFormers' LayerSetting raises ValueError for offset 0",
    ],
  ],
};

async function findings(file: string, devices?: number) {
  const config = await openConfig(join(shipped, file));
  const needed = meshDevices(readMesh((path) => config.get(path)));
  const facts = { device: "Ascend", devices: devices ?? needed, memoryPerDevice: 64 * 2 ** 30 } as const;
  return { config, facts, found: config.check(facts).filter(({ severity }) => severity !== "advice") };
}

async function pretrainingFiles(): Promise<string[]> {
  return (await readdir(shipped, { recursive: true })).filter((file) => /pretrain.*\.yaml$/.test(file)).sort();
}

test("MindFormers' own pre-training files raise no alarm on their stated devices but for real mistakes", async () => {
  const files = await pretrainingFiles();
  expect(files.length).toBeGreaterThanOrEqual(8);
  for (const file of files) {
    const { found } = await findings(file, stated[basename(file)]);
    const known = realMistakes[basename(file)] ?? [];
    const pairs = found.map(({ rule, path }) => [rule, path]);
    expect(pairs, file).toEqual(known.map(([rule, path]) => [rule, path]));
  }
});

test("on the devices that their mesh needs, the mistakes about devices are gone and code cures the rest", async () => {
  for (const file of await pretrainingFiles()) {
    const { config, facts, found } = await findings(file);
    const known = (realMistakes[basename(file)] ?? []).filter(([rule]) => rule !== "mesh-product");
    expect(
      found.map(({ rule }) => rule),
      file,
    ).toEqual(known.map(([rule]) => rule));
    const left = config.fixAll(facts).filter(({ severity }) => severity !== "advice");
    expect(left, file).toEqual([]);
  }
});
