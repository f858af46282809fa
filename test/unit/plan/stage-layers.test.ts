import { expect, test } from "vitest";
import { layerRanges, layersPerBlock, type StageSettings, stageOfLayers } from "../../../src/model/layout/stages.js";

const seqpipe: StageSettings = {
  layers: 61,
  stages: 8,
  blocks: 2,
  offset: [
    [1, 1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1, 1, -2],
  ],
  backwards: false,
};

test("the 671B model's 61 layers on 8 stages of 2 blocks: four each, one in the last", () => {
  expect(layersPerBlock(seqpipe)).toEqual([
    [4, 4, 4, 4, 4, 4, 4, 4],
    [4, 4, 4, 4, 4, 4, 4, 1],
  ]);
  const places = stageOfLayers(seqpipe);
  expect(places).toHaveLength(61);
  expect(places?.[60]).toEqual({ stage: 7, block: 1 });
  expect(layerRanges(places ?? [], 1)).toEqual(["4–7", "36–39"]);
  expect(layerRanges(places ?? [], 7)).toEqual(["28–31", "60"]);
});

test("one stage holds all layers, whatever the offset says", () => {
  expect(layersPerBlock({ ...seqpipe, stages: 1, blocks: 1, offset: [3] })).toEqual([[61]]);
});

test.each([
  ["an offset that does not add up to the remainder", [1, 0, 0, 0]],
  ["an offset of another length", [1, 1]],
  ["an offset that empties a stage in the middle", [2, -3, 1, 1]],
  ["an offset that is no number", ["a", 0, 0, 0]],
])("%s gives no layers, as MindFormers refuses it", (_, offset) => {
  expect(layersPerBlock({ layers: 10, stages: 4, blocks: 1, offset, backwards: false })).toBeUndefined();
});
