import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import {
  CheckpointOracle,
  type Described,
  decoded,
  differing,
  readHere,
  type SeenTensor,
} from "../../support/checkpoint-oracle.js";
import { Dice } from "../../support/random-cases.js";
import { randomLayout, type SmallModel, saveLayout, smallModel } from "../../support/random-layouts.js";

let folder: string;
let oracle: CheckpointOracle;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "layouts-"));
  oracle = new CheckpointOracle(folder);
});

afterAll(async () => {
  oracle.close();
  await rm(folder, { recursive: true, force: true });
});

function fullTensors({ tensors }: SmallModel): Record<string, SeenTensor> {
  return Object.fromEntries(
    [...tensors].map(([name, { shape, values }]) => [name, { dtype: "F32", shape, values: Float64Array.from(values) }]),
  );
}

/** The one file of tensors in a rank's folder. */
async function tensorFile(folder: string): Promise<string> {
  return (await readdir(folder)).find((name) => name.endsWith(".safetensors")) ?? "";
}

async function mergedStrategy(place: string): Promise<string> {
  const path = join(place, "merged.ckpt");
  await oracle.ask("merge_strategies", { folder: join(place, "strategy"), output: path });
  return path;
}

test("64 random layouts merge to the whole model, here and in unified_safetensors", async () => {
  const dice = new Dice(20261128);
  const failures: string[] = [];
  for (let i = 0; i < 64; i++) {
    const stages = dice.pick([1, 1, 2, 4]);
    const model = smallModel(4);
    const layout = randomLayout(model, stages, dice);
    const place = join(folder, `merge-${i}`);
    await saveLayout(place, model, layout);
    const checkpoint = await openCheckpoint(join(place, "checkpoint"));
    await (await checkpoint.merge({ output: join(place, "merged"), fileBytes: 20_000 })).run();
    expect(differing(await readHere(join(place, "merged")), fullTensors(model)), `layout ${i}`).toEqual([]);
    const strategy = await mergedStrategy(place);
    const theirs = await oracle
      .ask<Described>("unify", {
        folder: join(place, "checkpoint"),
        strategy,
        output: join(place, "theirs"),
        redundancy: true,
      })
      .then(decoded, (error: Error) => error.message);
    if (typeof theirs === "string") failures.push(`${i}: ${theirs} ${JSON.stringify(layout.stages[0]?.[0])}`);
    else
      failures.push(
        ...differing(theirs, fullTensors(model)).map(
          (each) => `${i}: ${each} ${JSON.stringify(layout.stages.flat().find((l) => each.startsWith(l.name)))}`,
        ),
      );
  }
  expect(failures).toEqual([]);
});

test("64 random pairs of layouts reshard tensor by tensor as transform_checkpoints does", async () => {
  const dice = new Dice(7);
  const failures: string[] = [];
  for (let i = 0; i < 64; i++) {
    const model = smallModel(4);
    const [source, target] = [join(folder, `source-${i}`), join(folder, `target-${i}`)];
    await saveLayout(source, model, randomLayout(model, dice.pick([1, 2]), dice));
    await saveLayout(target, model, randomLayout(model, dice.pick([1, 2]), dice));
    const checkpoint = await openCheckpoint(join(source, "checkpoint"));
    const output = join(folder, `ours-${i}`);
    const conversion = await checkpoint.reshard({ strategy: join(target, "strategy"), output, prefix: "small" });
    await conversion.run();
    for (const rank of await readdir(join(target, "checkpoint"))) {
      const file = await tensorFile(join(output, rank));
      const wanted = await tensorFile(join(target, "checkpoint", rank));
      const expected = await readHere(join(target, "checkpoint", rank, wanted));
      expect(differing(await readHere(join(output, rank, file)), expected), `pair ${i}, ${rank}`).toEqual([]);
    }
    // From .ckpt to .ckpt: transform_checkpoints of MindSpore 2.9 writes wrong bytes into .safetensors for slices of
    // other dimensions than
    // the first (arrays that are not contiguous).
    const asCkpt = join(folder, `ckpt-${i}`);
    await (await checkpoint.toCkpt({ output: asCkpt })).run();
    const theirs = await oracle
      .ask<Record<string, Described>>("transform", {
        folder: asCkpt,
        output: join(folder, `theirs-${i}`),
        prefix: "small",
        source: await mergedStrategy(source),
        target: await mergedStrategy(target),
        format: "ckpt",
      })
      .catch((error: Error) => error.message);
    if (typeof theirs === "string") failures.push(`${i}: ${theirs}`);
    else {
      for (const [path, described] of Object.entries(theirs)) {
        const rank = path.split("/")[0] as string;
        const file = await tensorFile(join(output, rank));
        failures.push(
          ...differing(await readHere(join(output, rank, file)), decoded(described)).map(
            (each) => `${i} ${path}: ${each}`,
          ),
        );
      }
    }
    for (const each of ["source", "target", "ours", "ckpt", "theirs"])
      await rm(join(folder, `${each}-${i}`), { recursive: true, force: true });
  }
  expect(failures).toEqual([]);
});
