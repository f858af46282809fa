import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import {
  farthest,
  floatsOfNpy,
  goldenLogits,
  tinyConfig,
  tinyGolden,
  tinyIds,
  tinyModels,
  tinyWeights,
} from "../../support/tiny-models.js";
import { transformersLogits } from "../../support/transformers-python.js";

// To make the golden file anew: UPDATE_GOLDEN=1 npm run campaign checkpoint/logits
const folder = mkdtempSync(join(tmpdir(), "logits-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(tinyModels)("transformers computes the golden logits from what toHuggingFace writes: $name", async (tiny) => {
  const [weights, model, ids, output] = ["source.safetensors", "model", "ids.json", "logits.npy"].map((name) =>
    join(folder, `${tiny.name}-${name}`),
  ) as [string, string, string, string];
  writeFileSync(weights, tinyWeights(tiny));
  const config = (await tinyConfig(tiny)).get("model.model_config") as Record<string, unknown>;
  await (await (await openCheckpoint(weights)).toHuggingFace({ output: model, config })).run();
  writeFileSync(ids, JSON.stringify([tinyIds]));
  expect(transformersLogits(model, ids, output)).toEqual({
    missing_keys: [],
    unexpected_keys: [],
    mismatched_keys: [],
  });
  const logits = floatsOfNpy(output);
  if (process.env.UPDATE_GOLDEN) {
    const width = logits.length / tinyIds.length;
    const rows = tinyIds.map((_, at) => [...logits.subarray(at * width, (at + 1) * width)]);
    const text = rows.map((row) => row.map((value) => value.toPrecision(7)).join(" ")).join("\n");
    writeFileSync(join(tinyGolden, `${tiny.name}-logits.txt`), `${text}\n`);
  }
  expect(farthest(logits, goldenLogits(tiny))).toBeLessThan(1e-5);
});
