import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConfig } from "../../../../src/config/open.js";
import { openDataset } from "../../../../src/data/dataset.js";
import { type DataOrder, openDataOrder } from "../../../../src/data/order/data-order.js";
import type { OrderPlan } from "../../../../src/data/order/epochs/batch-layout.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { writeLengths } from "../../../support/lengths-dataset.js";

const lengths = [5, 3, 7, 4, 6];
let folder: string;
let prefix: string;
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-order-"));
  prefix = join(folder, "data", "a");
  await writeLengths(prefix, lengths, 100);
  await writeLengths(join(folder, "data", "b"), [30], 500);
});

async function plan(changes: Readonly<Record<string, unknown>> = {}, devices = 2): Promise<OrderPlan> {
  const config = await openConfig("pretrain_deepseek3_tiny_cpu");
  const settings = {
    "train_dataset.data_loader.sizes.0": 10,
    "train_dataset.data_loader.config.seq_length": 4,
    "train_dataset.data_loader.config.data_path": ["0.3", prefix, "0.7", join(folder, "data", "b")],
    ...changes,
  };
  for (const [path, value] of Object.entries(settings)) config.set(path, value);
  const mesh = {
    dataParallel: devices,
    tensorParallel: 1,
    pipelineStages: 1,
    contextParallel: 1,
    expertParallel: 1,
    semiAuto: false,
  };
  return { config, mesh, globalBatchSize: devices, cluster: { devices } };
}

const plain = (shown: { [displayKey](): unknown }) =>
  String((shown[displayKey]() as Record<string, unknown>)["text/plain"]);

describe("the order of one dataset", () => {
  let order: DataOrder;
  beforeAll(async () => {
    order = await (await openDataset(prefix)).order({ seqLength: 4, samples: 4 });
  });

  it("gives the exact ids of a sample and the sequences that they come from", async () => {
    // Documents [4,0,1,2,3]; row shuffle[0] = 5 begins in position 3 (sequence 2) at token 6 and ends in position 4
    // (sequence 3) at token 3.
    const { ids, labels, sources, padded } = await order.sample(0);
    expect(sources).toEqual([
      { prefix, sequence: 2, from: 6, tokens: 1, text: undefined },
      { prefix, sequence: 3, from: 0, tokens: 4, text: undefined },
    ]);
    expect(ids).toEqual([114, 115, 116, 117]);
    expect(labels).toEqual([115, 116, 117, 118]);
    expect(padded).toBe(0);
  });

  it("shows itself, its samples and the sequences' uses as text", async () => {
    expect(plain(order)).toContain("6 × 4 tokens, seed 1234");
    expect(plain(await order.sample(0))).toMatch(/Training sample 0 of 6[\s\S]*114, 115, 116, 117/);
    expect(plain(order.whereIs({ sequence: 3 }))).toMatch(/Sequence 3 of .*a is read \d times/);
  });

  it("finds every sample that reads a sequence, and all of them together read every token of an epoch but the rest", () => {
    const uses = lengths.map((_, sequence) => order.whereIs({ sequence }).uses);
    const tokens = uses.flat().reduce((sum, use) => sum + use.tokens, 0);
    expect(tokens).toBe(6 * 5); // six samples of 4 + 1 tokens
  });

  it("refuses samples and sequences that there are not, with the range", async () => {
    await expect(order.sample(6)).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      message: expect.stringContaining("0 to 5"),
    });
    expect(() => order.whereIs({ sequence: 5 })).toThrow(/from 0 to 4/);
    expect(() => order.whereIs({ prefix: "elsewhere", sequence: 0 })).toThrow(/one of .*found "elsewhere"/);
  });

  it("reads no tokens by an order that was computed for earlier files of the same name", async () => {
    const again = join(folder, "data", "again");
    await writeLengths(again, lengths, 100);
    const stale = await (await openDataset(again)).order({ seqLength: 4, samples: 4 });
    await utimes(`${again}.idx`, 1, 1);
    await expect(stale.sample(0)).rejects.toMatchObject({
      code: "DATASET_CHANGED",
      hint: expect.stringContaining("plan again"),
    });
  });

  it("needs a plan to know steps and epochs", async () => {
    await expect(order.step(1)).rejects.toMatchObject({ code: "DATA_ORDER_UNKNOWN" });
    expect(() => order.epochs()).toThrow(/expected a plan/);
  });
});

describe("dataset.step and dataset.sample with a plan", () => {
  it("deal the samples to the ranks in turn: sample k goes to rank k mod ranks", async () => {
    const data = await openDataset(prefix);
    const run = await plan();
    for (const [n, rank, k] of [
      [1, 0, 0],
      [1, 1, 1],
      [2, 0, 2],
      [5, 1, 9],
    ] as const) {
      const step = await data.step(n, { rank, plan: run });
      expect(step.samples.map(({ sample }) => sample)).toEqual([k]);
      expect(step.samples[0]?.ids).toEqual((await data.sample(k, { plan: run })).ids);
    }
    expect(plain(await data.step(1, { plan: run }))).toMatch(
      /Step 1, rank 0[\s\S]*what the rank sees[\s\S]*where its tokens come from/,
    );
  });

  it("repeat the same order in the next epoch of the run, and end where the run ends", async () => {
    const data = await openDataset(prefix);
    const run = await plan({ "runner_config.epochs": 2 });
    const [first, again] = [await data.step(2, { plan: run, rank: 1 }), await data.step(7, { plan: run, rank: 1 })];
    expect(again.samples.map(({ ids }) => ids)).toEqual(first.samples.map(({ ids }) => ids));
    expect(again.epoch).toBe(2);
    await expect(data.step(11, { plan: run })).rejects.toThrow(/1 to 10 \(5 steps × 2 epochs = 10\), found 11/);
    await expect(data.step(1, { plan: run, rank: 2 })).rejects.toThrow(/rank: expected 0 to 1/);
  });

  it("leave dataset.sample(count) as it was: the stored sequences", async () => {
    const { items } = await (await openDataset(prefix)).sample(2);
    expect(items.map(({ ids }) => ids.length)).toEqual([5, 3]);
  });

  it("refuse a plan that reads other data", async () => {
    const other = join(folder, "data", "c");
    await writeLengths(other, [9]);
    await expect((await openDataset(other)).step(1, { plan: await plan() })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
  });

  it("refuse what the engine would read in another order or not at all", async () => {
    const unknown = [
      { "train_dataset.data_loader.shuffle": true },
      { "train_dataset.data_loader.type": "MindDataset" },
    ];
    for (const changes of unknown)
      await expect(openDataOrder({ plan: await plan(changes) })).rejects.toMatchObject({ code: "DATA_ORDER_UNKNOWN" });
    const impossible = [
      { "train_dataset.data_loader.config.seed": 1.5 },
      { "train_dataset.data_loader.config.split": "0, 1, 0" },
      { "train_dataset.data_loader.config.data_path": ["a", "b", "1", "c"] },
      { "train_dataset.data_loader.sizes": [1] },
    ];
    for (const changes of impossible)
      await expect(openDataOrder({ plan: await plan(changes) }), JSON.stringify(changes)).rejects.toMatchObject({
        code: "INDEX_IMPOSSIBLE",
      });
  });
});

describe("epochs per dataset", () => {
  it("count what the run reads of each and the step at which it runs dry", async () => {
    const order = await openDataOrder({ plan: await plan() });
    const [a, b] = order.epochs().sources;
    // Ten samples, three of seven to ten from a (25 tokens), the others from b (30 tokens): 7 × 4 = 28 < 30.
    expect([a?.samplesRead, b?.samplesRead]).toEqual([3, 7]);
    expect(a?.epochsRead).toBeCloseTo(12 / 25);
    expect([a?.dryAtStep, b?.dryAtStep]).toEqual([undefined, undefined]);
    const longer = await openDataOrder({ plan: await plan({ "runner_config.epochs": 2 }) });
    // The eighth sample of b is the first of b in the second epoch of the run, which begins at step 6.
    expect(longer.epochs().sources[1]).toMatchObject({ samplesRead: 14, dryAtStep: 6 });
    expect(plain(longer.epochs())).toMatch(/b +70\.0 % +30 +14 +1\.87 +6/);
    expect(plain(longer.epochs().plot())).toContain("Epochs read per dataset");
  });
});

describe("the engine's index cache", () => {
  it("is written once, left alone when nothing changed, and replaced when the dataset under the same name has changed", async () => {
    const changing = join(folder, "changing", "d");
    await writeLengths(changing, [40, 20]);
    const open = () => openDataOrder({ dataPath: [changing], seqLength: 8, samples: 3 });
    const order = await open();
    expect((await order.checkIndices()).files.map(({ found }) => found)).toEqual([
      "missing",
      "missing",
      "missing",
      "missing",
    ]);
    const written = await order.prepareIndices();
    expect(written.files.every((file) => file.written)).toBe(true);
    expect(plain(written)).toContain("as the engine would write it");
    const file = written.files[1]?.path as string;
    const before = (await stat(file)).mtimeMs;
    expect((await order.prepareIndices()).files.some((one) => one.written)).toBe(false);
    expect((await stat(file)).mtimeMs).toBe(before);

    await writeLengths(changing, [20, 40]);
    const stale = await (await open()).checkIndices();
    expect(stale.ready).toBe(false);
    expect(plain(stale)).toContain("stale: the engine would read wrong tokens");
    const replaced = await (await open()).prepareIndices();
    expect(replaced.ready).toBe(true);
    expect(plain(replaced)).toContain("replaced a stale one");
    expect((await readdir(dirname(file))).every((name) => /^[0-9a-f]{32}-GPTDataset-train-/.test(name))).toBe(true);
  });

  it("has the name that MindFormers gives it, in path_to_cache also for the blend", async () => {
    const cache = join(folder, "cache");
    await mkdir(cache);
    const order = await openDataOrder({
      plan: await plan({ "train_dataset.data_loader.config.path_to_cache": cache }),
    });
    const { files } = await order.prepareIndices();
    expect(files).toHaveLength(11);
    const description = await readFile(files.at(-1)?.path as string, "utf8");
    expect(description).toContain('"class": "BlendedDataset"');
    await writeFile(files[0]?.path as string, "damaged");
    expect((await order.checkIndices()).files[0]?.found).toBe("stale");
  });
});
