import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runPython } from "../../support/project-python.js";
import {
  farthest,
  floatsOfNpy,
  goldenLogits,
  tinyConfig,
  tinyIds,
  tinyModels,
  tinyWeights,
} from "../../support/tiny-models.js";

test.each(tinyModels)(
  "MindFormers' forward pass gives the logits that transformers computed from the converted $name",
  async (tiny) => {
    const folder = mkdtempSync(join(tmpdir(), "logits-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [weights, ids, output] = ["weights.safetensors", "ids.json", "logits.npy"].map((name) => join(folder, name));
    const files = [weights, ids, output] as [string, string, string];
    writeFileSync(files[0], tinyWeights(tiny));
    writeFileSync(files[1], JSON.stringify([tinyIds]));
    const config = await (await tinyConfig(tiny)).save(join(folder, "config.yaml"));
    const told = await runPython("integration/checkpoint/mindformers_logits.py", [config, ...files], folder);
    expect(told).toEqual({ missing: [] });
    expect(farthest(floatsOfNpy(files[2]), goldenLogits(tiny))).toBeLessThan(tiny.tolerance);
  },
);
