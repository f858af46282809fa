import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { openConfig } from "../../../src/config/open.js";
import { lossesOf, trainByEngine } from "../../support/engine-training.js";
import { runPython } from "../../support/project-python.js";
import { farthest, floatsOfNpy } from "../../support/tiny-models.js";
import { transformersLogits } from "../../support/transformers-python.js";

const folder = mkdtempSync(join(tmpdir(), "checkpoint-engine-"));
const half = 4;

async function writeConfig(layout: "ranks" | "iteration", workers = 2): Promise<string> {
  const config = await openConfig("pretrain_deepseek3_tiny_cpu");
  return config
    .set("parallel_config.data_parallel", workers)
    .set("runner_config.batch_size", 2 / workers)
    .set("train_dataset.data_loader.sizes.0", half * 4)
    .set("train_dataset.data_loader.config.seq_length", 32)
    .set("train_dataset.data_loader.config.data_path.1", join(folder, "tokens"))
    .set("model.model_config.seq_length", 32)
    .set("model.model_config.vocab_size", 256)
    .set("model.model_config.rotary_scaling_factor", 1)
    .set("lr_schedule.warmup_steps", 2)
    .saving({ every: half, layout })
    .save(join(folder, `${layout}-${workers}.yaml`));
}

/** Trains with two workers, or with one; the losses of rank 0 by step. */
const train = (name: string, config: string, more: readonly string[] = [], workers = 2) =>
  trainByEngine({ folder, name, config, more, workers });

let whole: Map<number, number>;
let configs: Record<"ranks" | "iteration", string>;
/** The checkpoint of the middle, alone, as MindFormers wrote it in folders of ranks. */
const middle = join(folder, "middle");

beforeAll(async () => {
  await runPython<number>("integration/engine/write_tokens.py", [join(folder, "tokens"), "64", "33", "256"], folder);
  configs = { ranks: await writeConfig("ranks"), iteration: await writeConfig("iteration") };
  whole = await train("whole", configs.ranks);
  for (const { path, rank } of (await openCheckpoints(join(folder, "whole", "output", "checkpoint"))).at(half).files)
    cpSync(path, join(middle, `rank_${rank}`, path.slice(path.lastIndexOf("/") + 1)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secondHalf = () => [...whole].filter(([step]) => step > half);

test("a model that merge wrote trains on with the losses of the training that never stopped", async () => {
  const merged = join(folder, "merged");
  await (await (await openCheckpoint(middle, { strategy: "replicas" })).merge({ output: merged })).run();
  const losses = await train("resumed", configs.iteration, ["--load_checkpoint", merged, "--resume_training", "True"]);
  expect([...losses]).toEqual(secondHalf());
});

test("resharded to two stages of two ranks and back, a training continues with the losses of the one that never stopped", async () => {
  const [split, back] = [join(folder, "split"), join(folder, "two-again")];
  await (await (await openCheckpoint(middle, { strategy: "replicas" })).reshard({ output: split, tp: 2, pp: 2 })).run();
  const spread = await openCheckpoint(split, { strategy: join(split, "strategy") });
  expect(spread.ranks).toEqual([0, 1, 2, 3]);
  await (await spread.reshard({ output: back, dp: 2 })).run();
  const losses = await train("spread", configs.ranks, ["--load_checkpoint", back, "--resume_training", "True"]);
  expect([...losses]).toEqual(secondHalf());
});

test("resharded from two ranks to one, one worker begins with the loss of both at that step", async () => {
  const one = join(folder, "one");
  await (await (await openCheckpoint(middle, { strategy: "replicas" })).reshard({ output: one, dp: 1 })).run();
  const config = await writeConfig("ranks", 1);
  const losses = await train("alone-1", config, ["--load_checkpoint", one, "--resume_training", "True"], 1);
  expect([...losses.keys()]).toEqual(secondHalf().map(([step]) => step));
  const both = [0, 1].map((rank) => lossesOf({ folder, name: "whole" }, rank).get(half + 1) as number);
  const mean = both.reduce((sum, loss) => sum + loss, 0) / both.length;
  expect(losses.get(half + 1)).toBeCloseTo(mean, 4);
});

test("two workers save the 1.9 layout: it is sound, equals the folders of ranks, and trains on", async () => {
  const losses = await train("iteration", configs.iteration);
  expect([...losses]).toEqual([...whole]);
  const saved = join(folder, "iteration", "output", "checkpoint");
  const point = (await openCheckpoints(saved)).at(half);
  expect((await point.verify()).findings).toEqual([]);
  const { differences } = await point.compareTo(await openCheckpoint(middle, { strategy: "replicas" }));
  expect(differences.filter(({ change }) => change === "values" || change === "shape")).toEqual([]);
  const alone = join(folder, "alone");
  cpSync(join(saved, "iteration_00000004"), join(alone, "iteration_00000004"), { recursive: true });
  writeFileSync(join(alone, "latest_checkpointed_iteration.txt"), String(half));
  const more = await train("again", configs.iteration, ["--load_checkpoint", alone, "--resume_training", "True"]);
  expect([...more]).toEqual(secondHalf());
});

test("the way back from Hugging Face trains on with the losses of the weights themselves", async () => {
  const model = (await openConfig(configs.ranks)).get("model.model_config") as Record<string, unknown>;
  const [there, back] = [join(folder, "there"), join(folder, "back")];
  const point = await openCheckpoint(middle, { strategy: "replicas" });
  await (await point.toHuggingFace({ output: there, config: model })).run();
  await (await (await openCheckpoint(there)).fromHuggingFace({ output: back, config: model })).run();
  // Ranks keep a bias of the experts of their own; a whole model has that of rank 0.
  const alike = join(folder, "alike");
  for (const rank of [0, 1]) {
    const { path } = point.files[0] as { path: string };
    cpSync(path, join(alike, `rank_${rank}`, path.slice(path.lastIndexOf("/") + 1).replace("rank_0", `rank_${rank}`)));
  }
  const direct = await train("direct", configs.ranks, ["--load_checkpoint", alike]);
  expect([...(await train("back-again", configs.iteration, ["--load_checkpoint", back]))]).toEqual([...direct]);
});

test("transformers computes the logits of MindFormers' forward pass from the converted model", async () => {
  const [ids, own, other] = ["ids.json", "own.npy", "other.npy"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(ids, JSON.stringify([Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256)]));
  const [weights] = (await openCheckpoint(middle)).files.map(({ path }) => path) as [string];
  await runPython("integration/checkpoint/mindformers_logits.py", [configs.ranks, weights, ids, own], folder);
  const nothing = { missing_keys: [], unexpected_keys: [], mismatched_keys: [] };
  expect(transformersLogits(join(folder, "there"), ids, other)).toEqual(nothing);
  expect(farthest(floatsOfNpy(own), floatsOfNpy(other))).toBeLessThan(1e-5);
});
