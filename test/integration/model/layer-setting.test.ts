import { tmpdir } from "node:os";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Config } from "../../../src/config/config.js";
import type { CheckFacts } from "../../../src/config/rules/rule.js";
import { layersOnStages } from "../../../src/model/layout/layers.js";
import { type PipelineSchedule, singleDevice } from "../../../src/model/layout/layout.js";
import { balancedOffset, readOffset } from "../../../src/model/layout/offset.js";
import type { Recompute } from "../../../src/model/memory/options.js";
import { recomputedLayers } from "../../../src/model/memory/stage-layers.js";
import { PythonSession } from "../../support/python-session.js";

interface Setting {
  readonly layers: number;
  readonly stages: number;
  readonly blocks: number;
  readonly schedule: PipelineSchedule;
  /** As a configuration has it; MindFormers' default is 0. */
  readonly offset: unknown;
  readonly recompute: unknown;
}

type Placed = readonly (readonly [stage: number, block: number, recomputed: boolean])[] | null;

const session = new PythonSession("integration/model/layer_setting.py", [], tmpdir());
afterAll(() => session.close());

const row = (stages: number, least: number, most: number) =>
  fc.array(fc.integer({ min: least, max: most }), { minLength: stages, maxLength: stages });

/** Offsets of every shape: legal ones, legal sums in other places, and wrong ones. */
function offsets(layers: number, stages: number, blocks: number): fc.Arbitrary<unknown> {
  const legal = balancedOffset(layers, stages, blocks);
  const flat = legal.flat();
  const shuffled = fc
    .shuffledSubarray(flat, { minLength: flat.length, maxLength: flat.length })
    .map((list) => legal.map((_, block) => list.slice(block * stages, (block + 1) * stages)));
  const moved = fc
    .tuple(fc.nat({ max: flat.length - 1 }), fc.nat({ max: flat.length - 1 }), fc.integer({ min: 1, max: 4 }))
    .map(([from, to, by]) => {
      const list = flat.map((more, place) => more + (place === to ? by : 0) - (place === from ? by : 0));
      return legal.map((_, block) => list.slice(block * stages, (block + 1) * stages));
    });
  const left = layers % (stages * blocks);
  const repeated = Array.from({ length: stages }, (_, stage) => (stage < left ? 1 : 0));
  return fc.oneof(
    fc.constant(blocks === 1 ? legal[0] : legal),
    shuffled,
    moved,
    fc.constantFrom<unknown>(0, 1, [1], repeated, undefined),
    row(stages, -1, 2),
    fc.array(row(stages, -1, 2), { minLength: 1, maxLength: 3 }),
  );
}

/** Recomputation in every form that the schedule takes. */
function recomputations(stages: number, blocks: number, schedule: PipelineSchedule): fc.Arbitrary<unknown> {
  const count = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.boolean());
  const list = fc.array(count, { minLength: stages, maxLength: stages });
  const perBlock = fc.array(list, { minLength: blocks, maxLength: blocks });
  // LayerSetting turns the second row of zero_bubble_v round, so it has to be one.
  const forms = schedule === "zero_bubble_v" ? [perBlock] : [list, perBlock];
  return fc.oneof(fc.boolean(), ...forms);
}

const settings: fc.Arbitrary<Setting> = fc
  .record({
    layers: fc.oneof(fc.constant(61), fc.integer({ min: 1, max: 80 })),
    stages: fc.integer({ min: 1, max: 8 }),
    blocks: fc.integer({ min: 1, max: 4 }),
    back: fc.boolean(),
  })
  .chain(({ layers, stages, blocks, back }) => {
    const schedule: PipelineSchedule = back && blocks > 1 && stages > 1 ? "zero_bubble_v" : "1f1b";
    return fc.record({
      layers: fc.constant(layers),
      stages: fc.constant(stages),
      blocks: fc.constant(blocks),
      schedule: fc.constant(schedule),
      offset: offsets(layers, stages, blocks),
      recompute: recomputations(stages, blocks, schedule),
    });
  });

const known: Setting[] = [
  { layers: 61, stages: 4, blocks: 2, schedule: "1f1b", offset: undefined, recompute: false },
  {
    layers: 8,
    stages: 2,
    blocks: 2,
    schedule: "zero_bubble_v",
    offset: [
      [1, 0],
      [-1, 0],
    ],
    recompute: [
      [1, 2],
      [1, 0],
    ],
  },
  { layers: 16, stages: 4, blocks: 2, schedule: "1f1b", offset: 0, recompute: [3, 1, 0, true] },
];
const asked = [...known, ...fc.sample(settings, { numRuns: 1000, seed: 20261128 })];

function layoutOf({ stages, blocks, schedule, offset }: Setting) {
  return { ...singleDevice, pipelineStages: stages, interleave: blocks, schedule, offset: readOffset(offset) };
}

function ours(setting: Setting): Placed {
  const placed = layersOnStages(setting.layers, layoutOf(setting));
  if (placed === undefined) return null;
  const { recompute: given } = setting;
  const layers = typeof given === "boolean" ? (given ? "all" : "none") : (given as Recompute["layers"]);
  const again = recomputedLayers({ layers, select: false }, placed.counts);
  const seen = placed.counts.map((counts) => counts.map(() => 0));
  return placed.places.map(({ stage, block }) => {
    const before = seen[block]?.[stage] ?? 0;
    (seen[block] as number[])[stage] = before + 1;
    return [stage, block, before < (again[block]?.[stage] ?? 0)];
  });
}

test("1,003 settings: each layer gets the stage, block, and recomputation of MindFormers' LayerSetting, or none", async () => {
  const questions = asked.map((setting) => ({ ...setting, offset: setting.offset ?? 0 }));
  const theirs = await session.ask<Placed[]>(questions);
  const wrong = asked.filter((setting, index) => JSON.stringify(ours(setting)) !== JSON.stringify(theirs[index]));
  expect(wrong).toEqual([]);
  const legal = theirs.filter((answer) => answer !== null).length;
  expect(legal).toBeGreaterThan(400);
  expect(theirs.length - legal).toBeGreaterThan(200);
});

test("config.check() reports the offset exactly where LayerSetting rejects it", () => {
  const facts: CheckFacts = { device: "Ascend" };
  const piped = asked.filter(({ layers, stages, blocks }) => stages > 1 && layers >= stages * blocks).slice(0, 150);
  expect(piped.length).toBe(150);
  for (const setting of piped) {
    const config = new Config({ kind: "text", name: "text" }, "use_legacy: False\n");
    config.merge({
      parallel_config: { pipeline_stage: setting.stages, micro_batch_num: 32 },
      parallel: {
        parallel_mode: 1,
        pipeline_config: { pipeline_interleave: setting.blocks > 1, pipeline_scheduler: setting.schedule },
      },
      model: {
        model_config: {
          model_type: "deepseek_v3",
          num_hidden_layers: setting.layers,
          pp_interleave_num: setting.blocks,
          offset: setting.offset ?? 0,
        },
      },
    });
    const found = config
      .check(facts)
      .some(({ path, severity }) => path === "model.model_config.offset" && severity === "error");
    expect(found, JSON.stringify(setting)).toBe(ours(setting) === null);
  }
});
