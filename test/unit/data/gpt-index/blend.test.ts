import { describe, expect, it } from "vitest";
import { parseBlendList } from "../../../../src/data/gpt-index/blend-list.js";
import { blendIndices, exhaustiveBlendIndices } from "../../../../src/data/gpt-index/blending.js";
import { buildPart } from "../../../../src/data/gpt-index/built-part.js";
import { describe as describeIndex, gptIdentifiers } from "../../../../src/data/gpt-index/description.js";
import { type GptSettings, planPart } from "../../../../src/data/gpt-index/part-plan.js";
import { parseSplit, sequencesOf } from "../../../../src/data/gpt-index/split.js";

const settings = (changes: Partial<GptSettings> = {}): GptSettings => ({
  blend: { all: { prefixes: ["a", "b"], weights: [0.3, 0.7] }, split: "1, 0, 0" },
  sizes: [10, 0, 0],
  seed: 1234,
  seqLength: 4,
  extraToken: 1,
  dropLastPartialValid: true,
  ...changes,
});
const lengths = Int32Array.of(5, 3, 7, 4, 6);

describe("a blend", () => {
  it("takes next what lags most behind its share, as MindFormers' helper does", () => {
    const { dataset, sample } = blendIndices([0.3, 0.7], 12);
    expect([...dataset]).toEqual([1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1]);
    expect([...sample]).toEqual([0, 0, 1, 2, 1, 3, 4, 2, 5, 6, 3, 7]);
  });

  it("asks every dataset for half a percent more than its share and is as long as these requests together: 4 + 8 = 12", () => {
    const part = buildPart(planPart(settings(), "train") as NonNullable<ReturnType<typeof planPart>>, [
      lengths,
      lengths,
    ]);
    expect(part.datasets.map((dataset) => dataset.part.identity.samples)).toEqual([4, 8]);
    expect(part.samples).toBe(12);
  });

  it.each([
    [10, 11],
    [5000, 5025],
  ])("of one dataset with a weight has half a percent more, too: %d becomes %d", (size, expected) => {
    const one = settings({ blend: { all: { prefixes: ["a"], weights: [1] }, split: "1" }, sizes: [size, 0, 0] });
    expect(buildPart(planPart(one, "train") as NonNullable<ReturnType<typeof planPart>>, [lengths]).samples).toBe(
      expected,
    );
  });

  it("without weights and without size uses every sample once", () => {
    const { dataset, sample } = exhaustiveBlendIndices([2, 5]);
    expect([...dataset].filter((d) => d === 0)).toHaveLength(2);
    expect([...sample].filter((_, i) => dataset[i] === 1)).toEqual([0, 1, 2, 3, 4]);
  });

  it("is refused where the engine stops: weight 0, weights without a size, a split of nothing", () => {
    const weights = (list: number[], sizes = [10, 0, 0] as (number | undefined)[]) =>
      settings({ blend: { all: { prefixes: ["a", "b"], weights: list }, split: "1" }, sizes });
    const refused = expect.objectContaining({ code: "INDEX_IMPOSSIBLE" });
    expect(() => planPart(weights([1, 0]), "train")).toThrow(refused);
    expect(() => planPart(weights([1, 1], [undefined, 0, 0]), "train")).toThrow(refused);
    expect(() =>
      planPart(settings({ blend: { all: { prefixes: ["a"], weights: undefined }, split: "0, 0" } }), "train"),
    ).toThrow(refused);
    expect(() =>
      planPart(settings({ blend: { all: { prefixes: ["a"], weights: undefined }, split: "1.2.3" } }), "train"),
    ).toThrow(refused);
  });
});

describe("data_path", () => {
  it.each([
    [["0.3", "a", "0.7", " b "], { prefixes: ["a", "b"], weights: [0.3, 0.7] }],
    [["a"], { prefixes: ["a"], weights: undefined }],
    [["a", "b"], { prefixes: ["a", "b"], weights: undefined }],
    [["1", "a", "b"], { prefixes: ["1", "a", "b"], weights: undefined }],
    [[1, "a"], { prefixes: ["a"], weights: [1] }],
    [["1", "a", "b", "c"], { prefixes: ["1", "a", "b", "c"], weights: undefined }],
    [["a", "b", "1", "c"], undefined],
  ])("%j", (list, expected) => {
    expect(parseBlendList(list)).toEqual(expected);
  });
});

describe("split", () => {
  it("gives shares of the sequences; empty parts are left out", () => {
    expect(parseSplit("1, 0, 0")).toEqual([[0, 1], undefined, undefined]);
    expect(parseSplit("98,1,1")?.[1]).toEqual([0.98, 0.99]);
    expect(parseSplit("1")).toEqual([[0, 1], undefined, undefined]);
    expect(parseSplit("none")).toBeUndefined();
    expect(parseSplit("1,1,1,1")).toBeUndefined();
  });

  it("rounds the half of five sequences down and the half of seven up, as Python does", () => {
    expect(sequencesOf([0, 0.5], 5)).toEqual({ begin: 0, end: 2 });
    expect(sequencesOf([0, 0.5], 7)).toEqual({ begin: 0, end: 4 });
  });
});

it("the name of a cached index is the MD5 of the description that MindFormers writes", () => {
  const ranges = parseSplit("1, 0, 0") ?? [];
  const identity = {
    prefix: "a",
    samples: 4,
    part: "train" as const,
    seed: 1234,
    seqLength: 4,
    split: "1, 0, 0",
    ranges,
  };
  expect(describeIndex(gptIdentifiers(identity)).md5).toBe("4ca1dde03526cb0bf5765b7e824a9e04");
});
