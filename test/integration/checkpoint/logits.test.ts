import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runPython } from "../../support/project-python.js";
import {
  farthest,
  floatsOfNpy,
  goldenLogits,
  tinyDeepseekConfig,
  tinyDeepseekIds,
  tinyDeepseekWeights,
} from "../../support/tiny-deepseek.js";

test("MindFormers' forward pass gives the logits that transformers computed from the converted DeepSeek-V3", async () => {
  const folder = mkdtempSync(join(tmpdir(), "logits-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [weights, ids, output] = ["weights.safetensors", "ids.json", "logits.npy"].map((name) => join(folder, name));
  const files = [weights, ids, output] as [string, string, string];
  writeFileSync(files[0], tinyDeepseekWeights());
  writeFileSync(files[1], JSON.stringify([tinyDeepseekIds]));
  const config = await (await tinyDeepseekConfig()).save(join(folder, "config.yaml"));
  const told = await runPython("integration/checkpoint/mindformers_logits.py", [config, ...files], folder);
  expect(told).toEqual({ missing: [] });
  // Float32 of logits up to 3.5: measured 1.1e-5 at most, 7e-7 in the mean.
  expect(farthest(floatsOfNpy(files[2]), goldenLogits())).toBeLessThan(5e-5);
});
