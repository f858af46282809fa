import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { type DataOrder, openDataOrder } from "../../../src/data/order/data-order.js";
import type { OrderPlan } from "../../../src/data/order/epochs/batch-layout.js";
import { writeLengths } from "../../support/lengths-dataset.js";
import { runPython } from "../../support/project-python.js";

// What each rank is given at each step, against MindFormers' own data set and MindSpore's sharding and batching
// (loader_order.py).

interface Situation {
  readonly name: string;
  readonly dataPath: readonly string[];
  readonly sizes: readonly [number, number, number];
  readonly ranks: number;
  /** Undefined: data parallelism, every rank a shard. */
  readonly mesh?: { readonly dataParallel: number; readonly tensorParallel: number; readonly pipelineStages: number };
  /** Samples that a rank takes at a step from its shard. */
  readonly batch: number;
  readonly epochs: number;
  readonly level?: number;
  readonly extraToken?: boolean;
}
interface Played {
  /** Jobs × ranks × epochs × steps × samples × ids. */
  readonly ids: readonly (readonly number[])[][][][][];
  /** Jobs × ranks × samples of the first step × ids. */
  readonly labels: readonly (readonly number[])[][][];
}

let folder: string;
const path = (name: string) => join(folder, name);
const mesh = { dataParallel: 2, tensorParallel: 2, pipelineStages: 3 };
const situations = (): readonly Situation[] => [
  {
    name: "three ranks, a weighted dataset, two epochs",
    dataPath: ["1", path("a")],
    sizes: [35, 0, 0],
    ranks: 3,
    batch: 2,
    epochs: 2,
  },
  {
    name: "a blend of three, shards of unequal length that wrap around",
    dataPath: ["5", path("a"), "2", path("b"), "1", path("c")],
    sizes: [100, 0, 0],
    ranks: 4,
    batch: 3,
    epochs: 1,
  },
  {
    name: "several epochs of a dataset, no weight, no extra token",
    dataPath: [path("b")],
    sizes: [90, 0, 0],
    ranks: 2,
    batch: 4,
    epochs: 1,
    extraToken: false,
  },
  {
    name: "two data-parallel groups of two, three pipeline stages",
    dataPath: ["1", path("a")],
    sizes: [40, 0, 0],
    ranks: 12,
    mesh,
    batch: 2,
    epochs: 1,
    level: 0,
  },
  {
    name: "the same with the engine's broadcast of data",
    dataPath: ["1", path("a")],
    sizes: [40, 0, 0],
    ranks: 12,
    mesh,
    batch: 2,
    epochs: 1,
    level: 3,
  },
];

function globalBatch({ ranks, mesh: shape, batch }: Situation): number {
  return batch * (shape?.dataParallel ?? ranks);
}

function loader({ dataPath, sizes, extraToken = true }: Situation): Record<string, unknown> {
  const config = {
    seq_length: 8,
    data_path: dataPath,
    split: "1, 0, 0",
    create_attention_mask: false,
    reset_position_ids: true,
    ...(extraToken ? {} : { add_extra_token_to_sequence: false, pad: 7 }),
  };
  return { type: "BlendedMegatronDatasetDataLoader", datasets_type: "GPTDataset", sizes, shuffle: false, config };
}

/** The settings of the parallel context are those that MindFormers' trainer makes for this loader. */
function job(situation: Situation): Record<string, unknown> {
  const { mesh: shape, sizes, ranks, batch, epochs, level = 0 } = situation;
  const dataset_strategy = [0, 1, 2, 3].map(() => [shape?.dataParallel ?? ranks, 1]);
  const mode = shape
    ? { parallel_mode: "semi_auto_parallel", pipeline_stages: shape.pipelineStages }
    : { parallel_mode: "data_parallel" };
  const parallel = { ...mode, full_batch: false, dataset_strategy };
  const steps = Math.floor(sizes[0] / globalBatch(situation));
  return { ranks, parallel, batch, epochs, level, steps, loader: loader(situation) };
}

async function plan(situation: Situation): Promise<OrderPlan> {
  const { mesh: shape, ranks, batch, epochs, level = 0 } = situation;
  const config = await openConfig("pretrain_deepseek3_tiny_cpu");
  config
    .merge({ train_dataset: { data_loader: loader(situation) }, context: { dataset_broadcast_opt_level: level } })
    .merge({ runner_config: { epochs, batch_size: batch } });
  const axes = shape ?? { dataParallel: ranks, tensorParallel: 1, pipelineStages: 1 };
  return {
    config,
    mesh: { contextParallel: 1, expertParallel: 1, ...axes, semiAuto: shape !== undefined },
    globalBatchSize: globalBatch(situation),
    cluster: { devices: ranks },
  };
}

/** Whether MindFormers gave a rank constant ones in place of the data. */
const allOnes = (steps: readonly (readonly (readonly number[])[])[]) => steps.flat(2).every((id) => id === 1);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-data-order-"));
  await writeLengths(
    path("a"),
    Array.from({ length: 40 }, (_, i) => 1 + ((i * 7) % 23)),
    1000,
  );
  await writeLengths(
    path("b"),
    Array.from({ length: 12 }, (_, i) => 5 + ((i * 5) % 11)),
    3000,
  );
  await writeLengths(path("c"), [200], 5000);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("every rank, every step", () => {
  let played: Played;
  const orders: DataOrder[] = [];
  beforeAll(async () => {
    for (const situation of situations()) orders.push(await openDataOrder({ plan: await plan(situation) }));
    for (const order of orders) await order.prepareIndices();
    played = await runPython<Played>(
      "integration/data/loader_order.py",
      [JSON.stringify(situations().map(job))],
      folder,
    );
  });

  it.each([0, 1, 2, 3, 4])("gets the ids that MindFormers gives it (situation %d)", async (number) => {
    const { ranks, epochs, name } = situations()[number] as Situation;
    const order = orders[number] as DataOrder;
    let real = 0;
    for (let rank = 0; rank < ranks; rank++) {
      const theirs = played.ids[number]?.[rank] ?? [];
      expect(theirs.length, name).toBe(epochs);
      expect(theirs[0]?.length, name).toBe(order.stepsPerEpoch);
      const { loads, samples } = await order.step(1, { rank });
      expect(allOnes(theirs.flat()), `${name}, rank ${rank}`).toBe(!loads);
      if (!loads) continue;
      real += 1;
      expect(
        samples.map(({ labels }) => labels),
        name,
      ).toEqual(played.labels[number]?.[rank]);
      for (const [i, expected] of theirs.flat().entries()) {
        const step = await order.step(i + 1, { rank });
        expect(
          step.samples.map(({ ids }) => ids),
          `${name}, step ${i + 1}, rank ${rank}`,
        ).toEqual(expected);
      }
    }
    // With the broadcast: the first of each group of two in the first and the last stage.
    expect(real, name).toBe(number === 4 ? 4 : ranks);
  });

  it("is traced back from every sequence that a step lists", async () => {
    const order = orders[1] as DataOrder;
    const { samples, replica } = await order.step(2, { rank: 3 });
    for (const { sample, sources } of samples)
      for (const { prefix, sequence, from, tokens } of sources)
        expect(order.whereIs({ prefix, sequence }).uses).toContainEqual({ sample, step: 2, replica, from, tokens });
  });
});
