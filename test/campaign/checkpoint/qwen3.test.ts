import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { openConfig } from "../../../src/config/open.js";
import { trainByEngine } from "../../support/engine-training.js";
import { runPython } from "../../support/project-python.js";
import { farthest, floatsOfNpy } from "../../support/tiny-models.js";
import { tinyQwen3 } from "../../support/tiny-qwen3.js";
import { transformersLogits } from "../../support/transformers-python.js";

const folder = mkdtempSync(join(tmpdir(), "checkpoint-qwen3-"));
const half = 10;

beforeAll(async () => {
  await runPython<number>("integration/engine/write_tokens.py", [join(folder, "tokens"), "64", "33", "256"], folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function writeConfig(name: string, keyHeads: number, layout: "ranks" | "iteration"): Promise<string> {
  const tokens = join(folder, "tokens");
  const config = await tinyQwen3({ vocabulary: 256, seqLength: 32, keyHeads, samples: 4 * half, tokens });
  return config.saving({ every: half, keep: 2, layout }).save(join(folder, `${name}-${layout}.yaml`));
}

// Both numbers of heads: keys that are as many as queries, and keys that two queries share.
describe.each([
  ["each query head has its own key head", 4],
  ["two query heads share a key head", 2],
])("a tiny Qwen3 in which %s", (_what, keyHeads) => {
  const place = (name: string) => join(folder, `${keyHeads}-${name}`);
  const train = (name: string, config: string, weights?: string) =>
    trainByEngine({
      folder,
      name: `${keyHeads}-${name}`,
      config,
      ...(weights !== undefined && { more: ["--load_checkpoint", weights] }),
    });
  /** The checkpoint of the middle, alone. */
  const middle = place("middle");
  let configs: Record<"ranks" | "iteration", string>;
  let model: Record<string, unknown>;

  test("trains 20 steps with two workers, and what they saved is sound", async () => {
    configs = {
      ranks: await writeConfig(String(keyHeads), keyHeads, "ranks"),
      iteration: await writeConfig(String(keyHeads), keyHeads, "iteration"),
    };
    model = (await openConfig(configs.ranks)).get("model.model_config") as Record<string, unknown>;
    const losses = [...(await train("whole", configs.ranks)).values()];
    expect(losses).toHaveLength(2 * half);
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)) - 0.5);
    const point = (await openCheckpoints(join(place("whole"), "output", "checkpoint"))).at(half);
    expect((await point.verify()).findings).toEqual([]);
    for (const { path, rank } of point.files)
      cpSync(path, join(middle, `rank_${rank}`, path.slice(path.lastIndexOf("/") + 1)));
  });

  test("transformers computes the logits of MindFormers' forward pass from the converted model", async () => {
    const point = await openCheckpoint(middle, { strategy: "replicas" });
    await (await point.toHuggingFace({ output: place("there"), config: model })).run();
    const [ids, own, other] = ["ids.json", "own.npy", "other.npy"].map(place) as [string, string, string];
    writeFileSync(ids, JSON.stringify([Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256)]));
    const [weights] = point.files.map(({ path }) => path) as [string];
    await runPython("integration/checkpoint/mindformers_logits.py", [configs.ranks, weights, ids, own], folder);
    const nothing = { missing_keys: [], unexpected_keys: [], mismatched_keys: [] };
    expect(transformersLogits(place("there"), ids, other)).toEqual(nothing);
    const distance = farthest(floatsOfNpy(own), floatsOfNpy(other));
    console.log(`${keyHeads} key heads: logits at most ${distance} apart`);
    // Measured: 3.9e-5. MindFormers casts queries, keys, and values to float16.
    expect(distance).toBeLessThan(1e-3);
  });

  test("the way back from Hugging Face trains on with the losses of the weights themselves", async () => {
    const back = place("back");
    await (await (await openCheckpoint(place("there"))).fromHuggingFace({ output: back, config: model })).run();
    const direct = await train("direct", configs.ranks, middle);
    expect([...(await train("back-again", configs.iteration, back))]).toEqual([...direct]);
  });
});
