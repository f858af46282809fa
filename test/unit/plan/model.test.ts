import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { isSection } from "../../../src/config/yaml-values.js";
import { countParameters, flopsPerToken, type ModelShape } from "../../../src/plan/model.js";
import { modelShape } from "../../../src/plan/model-config.js";

async function shapeOf(template: string, changes: Readonly<Record<string, unknown>> = {}): Promise<ModelShape> {
  const section = (await openConfig(template)).get("model.model_config");
  const shape = isSection(section) ? modelShape({ ...section, ...changes }) : undefined;
  if (shape === undefined) throw new Error("no shape");
  return shape;
}

const twelve = {
  hidden_size: 1792,
  num_hidden_layers: 16,
  num_attention_heads: 8,
  intermediate_size: 3072,
  v_head_dim: 192,
  n_routed_experts: 64,
  first_k_dense_replace: 1,
};

test("the 671B model has the published number of parameters, to the unit", async () => {
  const shape = await shapeOf("pretrain_deepseek3_671b");
  expect(countParameters(shape)).toMatchObject({
    attentionPerLayer: 187_107_328,
    denseLayer: 583_483_392,
    expertLayer: 11_507_286_272,
    main: 671_026_419_200,
    mtp: 11_610_068_224,
    total: 682_636_487_424,
    activeMain: 37_552_297_472,
  });
  expect(countParameters({ ...shape, routerBias: false }).main).toBe(671_026_404_352);
  expect(flopsPerToken(shape)).toBe(259_992_950_784);
  expect(flopsPerToken({ ...shape, mtpLayers: 0 })).toBe(249_812_054_016);
});

test("the 1B model", async () => {
  const shape = await shapeOf("pretrain_deepseek3_1b");
  expect(countParameters(shape)).toMatchObject({
    attentionPerLayer: 9_832_448,
    denseLayer: 47_585_280,
    expertLayer: 223_778_832,
    main: 1_024_675_872,
    mtp: 232_173_584,
    total: 1_256_849_456,
    activeMain: 823_349_280,
  });
  expect(flopsPerToken(shape)).toBe(5_854_285_824);
});

test("the 12B model of MindFormers 1.9", async () => {
  const shape = await shapeOf("pretrain_deepseek3_671b", twelve);
  expect(countParameters(shape)).toMatchObject({
    attentionPerLayer: 10_209_280,
    denseLayer: 26_727_936,
    expertLayer: 725_980_736,
    main: 11_379_780_288,
    mtp: 732_408_640,
    total: 12_112_188_928,
    activeMain: 2_131_339_968,
  });
  expect(flopsPerToken(shape)).toBe(14_113_451_520);
});

test("a tiny model has as many parameters as MindFormers counts on a CPU", () => {
  const tiny: ModelShape = {
    hidden: 256,
    vocabulary: 512,
    layers: 3,
    denseLayers: 1,
    heads: 8,
    queryRank: 48,
    keyValueRank: 24,
    nopeDimension: 32,
    ropeDimension: 16,
    valueDimension: 32,
    feedForward: 384,
    expertFeedForward: 64,
    sharedFeedForward: 64,
    experts: 8,
    expertsPerToken: 2,
    routerBias: true,
    mtpLayers: 1,
    sequence: 128,
  };
  expect(countParameters(tiny).total).toBe(2_499_896);
});

test("models of other kinds have no computed size", () => {
  expect(modelShape({ model_type: "qwen3", hidden_size: 4096 })).toBeUndefined();
  expect(modelShape({ model_type: "deepseek_v3", hidden_size: "wide" })).toBeUndefined();
});
