import { expect, test } from "vitest";
import { Config } from "../../../src/config/config.js";
import { layerRanges, layersOnStages, offsetProblem } from "../../../src/model/layout/layers.js";
import { type Layout, singleDevice } from "../../../src/model/layout/layout.js";
import { readOffset } from "../../../src/model/layout/offset.js";
import { estimateMemory } from "../../../src/model/memory/estimate.js";
import { defaultMemoryOptions } from "../../../src/model/memory/options.js";
import { readTraining } from "../../../src/model/memory/read-training.js";
import { countStages } from "../../../src/model/memory/stage-layers.js";

const seqpipe: Layout = {
  ...singleDevice,
  pipelineStages: 8,
  interleave: 2,
  schedule: "seqpipe",
  offset: [
    [1, 1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 1, 1, 1, -2],
  ],
};

test("the 671B model's 61 layers on 8 stages of 2 blocks: four each, one in the last", () => {
  const placed = layersOnStages(61, seqpipe);
  expect(placed?.counts).toEqual([
    [4, 4, 4, 4, 4, 4, 4, 4],
    [4, 4, 4, 4, 4, 4, 4, 1],
  ]);
  expect(placed?.places).toHaveLength(61);
  expect(placed?.places[60]).toEqual({ stage: 7, block: 1 });
  expect(layerRanges(placed?.places ?? [], 1)).toEqual(["4–7", "36–39"]);
  expect(layerRanges(placed?.places ?? [], 7)).toEqual(["28–31", "60"]);
});

test("one stage holds all layers, whatever the offset says", () => {
  expect(layersOnStages(61, { ...seqpipe, pipelineStages: 1, interleave: 1, offset: [3] })?.counts).toEqual([[61]]);
});

test.each([
  ["an offset that does not add up to the remainder", [1, 0, 0, 0], "sum"],
  ["an offset of another length", [1, 1], "shape"],
  ["an offset that empties a stage in the middle", [2, -3, 2, 1], "empty"],
  ["an offset that is no number", ["a", 0, 0, 0], "shape"],
  ["an offset with parts of layers", [0.5, 0.5, 1, 0], "shape"],
])("%s gives no layers, as MindFormers rejects it", (_, written, problem) => {
  const layout: Layout = { ...singleDevice, pipelineStages: 4, offset: readOffset(written) };
  expect(layersOnStages(10, layout)).toBeUndefined();
  expect(offsetProblem(10, layout)?.problem).toBe(problem);
});

test("zero_bubble_v with 6 dense and 2 expert layers on 2 stages of 2 blocks: stage 0 has the first two and the last two", () => {
  const layers = layersOnStages(8, { ...singleDevice, pipelineStages: 2, interleave: 2, schedule: "zero_bubble_v" });
  expect(layers?.places.map(({ stage }) => stage)).toEqual([0, 0, 1, 1, 1, 1, 0, 0]);
  const training = readTraining((path) => small.get(path));
  if (layers === undefined || training === undefined) throw new Error("expected a legal pipeline and a known model");
  const [first, second] = countStages(training.shape, layers, { layers: "none", select: false });
  expect(first?.groups).toEqual([
    { kind: "dense", recompute: false, times: 2 },
    { kind: "expert", recompute: false, times: 2 },
  ]);
  expect(second?.groups).toEqual([{ kind: "dense", recompute: false, times: 4 }]);
});

const small = new Config(
  { kind: "text", name: "text" },
  `use_legacy: False
model:
  model_config: { model_type: deepseek_v3, num_hidden_layers: 8, first_k_dense_replace: 6, num_nextn_predict_layers: 0 }
`,
);

test("61 layers on 4 stages of 2 blocks without an offset: memory and layers agree that there is no such pipeline", () => {
  const layout: Layout = {
    ...singleDevice,
    pipelineStages: 4,
    interleave: 2,
    microBatches: 8,
    offset: readOffset(undefined),
  };
  expect(offsetProblem(61, layout)).toEqual({ problem: "sum", sum: 0, remainder: 5 });
  const config = small.copy().set("model.model_config.num_hidden_layers", 61);
  const training = readTraining((path) => config.get(path));
  if (training === undefined) throw new Error("expected a known model");
  expect(() => estimateMemory(training.shape, layout, defaultMemoryOptions)).toThrow("offset 0 doesn't fit 61 layers");
});
