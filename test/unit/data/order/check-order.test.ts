import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "../../../../src/config/config.js";
import { openConfig } from "../../../../src/config/open.js";
import { type Issue, isLabError } from "../../../../src/core/error.js";
import { patternOf } from "../../../../src/core/patterns.js";
import { checkDataOrder } from "../../../../src/data/order/check-order.js";
import { openDataOrder } from "../../../../src/data/order/data-order.js";
import { requireMemory } from "../../../../src/data/order/index-memory.js";
import { planRun } from "../../../../src/plan/plan-run.js";
import { writeLengths } from "../../../support/lengths-dataset.js";

const loader = "train_dataset.data_loader";
let folder: string;
let config: Config;
const at = (name: string) => join(folder, name);
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-check-order-"));
  await writeLengths(at("large"), new Array<number>(300).fill(17));
  await writeLengths(at("small"), [5, 3, 7, 4, 6]);
  await writeLengths(at("tiny"), [2]);
  await writeLengths(at("empty"), [0, 0, 0]);
  config = await openConfig("pretrain_deepseek3_tiny_cpu");
});

interface Settings {
  readonly path?: readonly string[];
  readonly split?: string;
  readonly sizes?: readonly unknown[];
  readonly seqLength?: number;
  readonly more?: Readonly<Record<string, unknown>>;
}

function treeOf({ path = ["1", "large"], split = "1, 0, 0", sizes = [100, 0, 0], seqLength = 16, more }: Settings) {
  const prefixes = path.map((entry) => (/^[a-z]/.test(entry) ? at(entry) : entry));
  const type = "BlendedMegatronDatasetDataLoader";
  const settings = { data_path: prefixes, split, seq_length: seqLength, ...more };
  return {
    train_dataset: { data_loader: { type, sizes, config: settings } },
    model: { model_config: { seq_length: seqLength } },
  };
}

function configOf(settings: Settings): Config {
  return config.copy({ by: "the test" }).merge(treeOf(settings));
}

/** Reads the settings without a YAML text, which takes most of the time otherwise. */
function plainConfig(settings: Settings): Config {
  const find = (value: unknown, key: string) => (value as Readonly<Record<string, unknown>> | undefined)?.[key];
  const get = (path: string) => path.split(".").reduce(find, treeOf(settings) as unknown);
  return { get } as unknown as Config;
}

/** Errors of `openDataOrder` for the parts that the engine builds. */
async function refusals(copy: Config): Promise<string[]> {
  const found: string[] = [];
  for (const part of ["train", "valid", "test"] as const)
    await openDataOrder({ config: copy, part }).catch((error: unknown) => {
      if (!isLabError(error)) throw error;
      // The engine builds nothing for a part without data, and the run reads the train part only.
      if (part === "train" || !error.message.startsWith(`part ${part}: expected data`)) found.push(error.message);
    });
  return [...new Set(found)];
}

describe("a plan refuses what the engine's indices can't be built from, with the arithmetic and a cure", () => {
  it.each<[what: string, settings: Settings, says: RegExp, cure: string]>([
    ["no part has a share", { split: "0,0,0" }, /split "0,0,0": expected up to three/, 'split", "1, 0, 0"'],
    ["the train part has no share", { split: "0, 1, 0" }, /part train: expected data, found none/, 'split", "1, 0, 0"'],
    [
      "a part whose share rounds to no sequence, also if nobody asks for its samples",
      { path: ["1", "small"], split: "98, 1, 1" },
      /valid: sequences 5 to 5 \(exclusive\) of 5: expected at least 2 tokens, found 0: the engine would never end/,
      'split", "98, 0, 0"',
    ],
    ["a dataset without tokens", { path: ["empty"] }, /expected at least 2 tokens, found 0/, "use a larger dataset"],
    [
      "more epochs than the index has entries for",
      { sizes: [2 ** 33, 0, 0] },
      patternOf([
        /8,632,\d+,\d+ samples × 16 tokens ÷ 5,100 tokens per epoch/,
        / = 27,083,559 epochs × 300 sequences = 8,125,067,700 entries/,
      ]),
      "ask for at most 2,281,701,112 samples (sizes)",
    ],
    [
      "a weight of 0",
      { path: ["0", "large", "1", "small"] },
      /expected weights above 0, found 0, 1/,
      "remove datasets",
    ],
    ["a dataset of the blend without a sample", { path: ["tiny", "large"] }, /dataset 1 of the blend/, "remove it"],
    ["one token per sample", { seqLength: 1 }, /seq_length: expected a whole number from 2/, "set seq_length"],
  ])("%s", async (_, settings, says, cure) => {
    const copy = configOf(settings);
    expect((await refusals(copy)).join("\n")).toMatch(says);
    const plan = await planRun(copy, { onErrors: "show" });
    const found = plan.errors.find(({ rule }) => rule === "data-order") ?? plan.errors[0];
    expect(found?.message).toMatch(says);
    expect(found?.hint).toContain(cure);
    await expect(planRun(copy)).rejects.toMatchObject({ code: "PLAN_INVALID" });
    if (found?.fix) expect(await checkDataOrder(copy.fix(found))).toEqual([]);
  });

  it("2,147,483,648 samples: the memory that every process needs is named before anything is built", async () => {
    const copy = configOf({ sizes: [2 ** 31, 0, 0] });
    const [issue] = await checkDataOrder(copy, { memory: 16e9 });
    expect(issue?.message).toMatch(/^train: every process needs [\d.]+ GB for the indices \(2,031,267,000 entries of/);
    expect(await checkDataOrder(copy, { memory: 1e12 })).toEqual([]);
    expect(() => requireMemory({ entries: 2e9, samples: 2 ** 31, blend: 0 }, 16e9)).toThrow(
      expect.objectContaining({ code: "MEMORY_TOO_SMALL", message: expect.stringContaining("2,147,483,648 samples") }),
    );
  });

  it("an evaluation's loader is checked as well if the run evaluates", async () => {
    const copy = configOf({});
    copy.set("eval_dataset.data_loader", { ...(copy.get(loader) as object), sizes: [1, "many", 0] });
    expect(await checkDataOrder(copy)).toEqual([]);
    copy.set("do_eval", true);
    expect(await checkDataOrder(copy)).toMatchObject([{ path: "eval_dataset.data_loader.sizes" }]);
  });

  it("a setting that is wrong for every part is reported once", async () => {
    for (const [more, count] of [
      [{ split: "0,0,0" }, 1],
      [{ seqLength: 1 }, 1],
    ] as const)
      expect(await checkDataOrder(configOf(more))).toHaveLength(count);
  });

  it.each([true, 1, "yes", "False", []])("shuffle: %j in the data loader planned green", async (shuffle) => {
    const copy = configOf({});
    copy.set(`${loader}.shuffle`, shuffle);
    const [found, ...more] = await checkDataOrder(copy);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ path: `${loader}.shuffle`, severity: "error" });
    expect(found?.hint).toBe(`config.set("${loader}.shuffle", false)`);
    expect(await refusals(copy)).toEqual([found?.message]);
    await expect(planRun(copy)).rejects.toMatchObject({ code: "PLAN_INVALID" });
    expect(await checkDataOrder(copy.fix(found as Issue))).toEqual([]);
  });

  it("a data loader whose section config is missing or no section planned green", async () => {
    for (const wrong of [undefined, null, [], "x"]) {
      const copy = configOf({});
      if (wrong === undefined) copy.unset(`${loader}.config`);
      else copy.set(`${loader}.config`, wrong);
      const found = await checkDataOrder(copy);
      expect(found).toMatchObject([{ path: `${loader}.config`, severity: "error" }]);
      expect(await refusals(copy)).toEqual([found[0]?.message]);
    }
  });

  it("a phase that the engine does not know is refused", async () => {
    const copy = configOf({});
    copy.set(`${loader}.phase`, "dev");
    const [found] = await checkDataOrder(copy);
    expect(found).toMatchObject({ path: `${loader}.phase`, severity: "error" });
    expect(found?.message).toBe('phase: expected "train", "valid", or "test", found "dev"');
    expect(await checkDataOrder(copy.fix(found as Issue))).toEqual([]);
  });

  it("files that are not there are left to the check for missing files", async () => {
    expect(await checkDataOrder(configOf({ path: ["1", "gone"] }))).toEqual([]);
  });
});

/** More by hand: `ORDER_CASES=50000 ORDER_SEED=7`. */
const cases = Number(process.env.ORDER_CASES ?? 2000);

it("random settings: the plan's check finds something exactly where openDataOrder refuses a part", async () => {
  const name = fc.constantFrom("large", "small", "small", "tiny", "empty");
  const weight = fc.constantFrom("0.3", "1", "7", "0", "0.001");
  const path = fc.oneof(
    fc.array(name, { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(weight, name), { minLength: 1, maxLength: 4 }).map((pairs) => pairs.flat()),
  );
  const share = fc.constantFrom("0", "0", "1", "2", "98", "0.5");
  const size = fc.constantFrom(0, 0, 1, 7, 100, null);
  const settings = fc.record({
    path,
    split: fc.tuple(share, share, share).map((shares) => shares.join(", ")),
    sizes: fc.tuple(size, size, size),
    seqLength: fc.constantFrom(2, 4, 16, 64),
    more: fc.record({
      add_extra_token_to_sequence: fc.boolean(),
      drop_last_partial_validation_sequence: fc.boolean(),
    }),
  });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(settings, async (one) => {
      const copy = plainConfig(one);
      const expected = await refusals(copy);
      const found = (await checkDataOrder(copy)).map(({ message }) => message);
      expect([...new Set(found)]).toEqual(expected);
      refused += expected.length > 0 ? 1 : 0;
    }),
    { numRuns: cases, seed: Number(process.env.ORDER_SEED ?? 11) },
  );
  expect(refused).toBeGreaterThan(cases * 0.2);
  expect(refused).toBeLessThan(cases * 0.9);
});
