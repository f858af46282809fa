import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import {
  farthest,
  floatsOfNpy,
  goldenLogits,
  tinyDeepseekConfig,
  tinyDeepseekGolden,
  tinyDeepseekIds,
  tinyDeepseekWeights,
} from "../../support/tiny-deepseek.js";
import { transformersLogits } from "../../support/transformers-python.js";

// To make the golden file anew: UPDATE_GOLDEN=1 npm run campaign checkpoint/logits
const folder = mkdtempSync(join(tmpdir(), "logits-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("transformers computes the golden logits from what toHuggingFace writes", async () => {
  const [weights, model, ids, output] = ["source.safetensors", "model", "ids.json", "logits.npy"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  writeFileSync(weights, tinyDeepseekWeights());
  const config = (await tinyDeepseekConfig()).get("model.model_config") as Record<string, unknown>;
  await (await (await openCheckpoint(weights)).toHuggingFace({ output: model, config })).run();
  writeFileSync(ids, JSON.stringify([tinyDeepseekIds]));
  expect(transformersLogits(model, ids, output)).toEqual({
    missing_keys: [],
    unexpected_keys: [],
    mismatched_keys: [],
  });
  const logits = floatsOfNpy(output);
  if (process.env.UPDATE_GOLDEN) {
    const width = logits.length / tinyDeepseekIds.length;
    const rows = tinyDeepseekIds.map((_, at) => [...logits.subarray(at * width, (at + 1) * width)]);
    const text = rows.map((row) => row.map((value) => value.toPrecision(7)).join(" ")).join("\n");
    writeFileSync(join(tinyDeepseekGolden, "deepseek3-logits.txt"), `${text}\n`);
  }
  expect(farthest(logits, goldenLogits())).toBeLessThan(1e-5);
});
