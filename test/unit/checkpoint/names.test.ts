import { expect, test } from "vitest";
import { kindOf } from "../../../src/checkpoint/read/kind.js";
import { nameMatcher } from "../../../src/checkpoint/read/match.js";
import { parseCheckpointFileName, pointKey, rankOfFolder } from "../../../src/checkpoint/read/points/file-name.js";

test("a checkpoint's file name gives prefix, rank, start, epoch and step", () => {
  expect(parseCheckpointFileName("deepseekv3_rank_0-1_100.safetensors")).toEqual({
    prefix: "deepseekv3",
    rank: 0,
    start: 0,
    epoch: 1,
    step: 100,
  });
  expect(parseCheckpointFileName("a-b_rank_12_3-2_40.safetensors")).toEqual({
    prefix: "a-b",
    rank: 12,
    start: 3,
    epoch: 2,
    step: 40,
  });
});

test.each([
  "deepseekv3_rank_0-network-1_100.safetensors",
  "deepseekv3_rank_0-trainable_params-1_100.safetensors",
  "deepseekv3_rank_0-1_100.safetensors.tmp",
  "meta.json",
  "_rank_0-1_1.safetensors.safetensors",
])("%s is not a training checkpoint", (name) => {
  expect(parseCheckpointFileName(name)).toBeUndefined();
});

test("the files of one point have one key on all ranks; those of another start of the training have another", () => {
  const key = (name: string) => {
    const parsed = parseCheckpointFileName(name);
    return parsed && pointKey(parsed);
  };
  expect(key("x_rank_0-1_100.safetensors")).toBe(key("x_rank_7-1_100.safetensors"));
  expect(key("x_rank_0-1_100.safetensors")).not.toBe(key("x_rank_0_1-1_100.safetensors"));
});

test("only rank_<number> is a rank's folder", () => {
  expect([rankOfFolder("rank_12"), rankOfFolder("rank_"), rankOfFolder("rank_1x")]).toEqual([12, undefined, undefined]);
});

test.each([
  ["*.layers.0.*", "decoder.layers.0.mlp.weight", true],
  ["*.layers.0.*", "decoder.layers.10.mlp.weight", false],
  ["*", "", true],
  ["", "a", false],
  ["adam_?.*", "adam_m.x", true],
  ["a.b", "aXb", false],
  ["*weight", "weight.weight1", false],
  ["*a*b*c", "xxaxxbxxcxc", true],
  [/layers\.\d+$/g, "a.layers.12", true],
  [undefined, "anything", true],
] as const)("pattern %s on %s gives %s", (pattern, name, expected) => {
  const matches = nameMatcher(pattern);
  expect([matches(name), matches(name)]).toEqual([expected, expected]);
});

test("a pattern of many stars on a long name takes no time", () => {
  expect(nameMatcher("*a".repeat(50))("a".repeat(49) + "b".repeat(5000))).toBe(false);
});

test("tensors are weights, optimizer or state by MindFormers' names", () => {
  expect(kindOf("decoder.layers.1.mlp.router.expert_bias")).toBe("weight");
  expect(kindOf("adam_v.output_layer.weight")).toBe("optimizer");
  expect(kindOf("step_num")).toBe("state");
  for (const name of ["lm_loss", "mtp_loss", "aux_loss", "indexer_loss", "graceful_exit", "graceful_init"])
    expect(kindOf(name)).toBe("state");
  expect(kindOf("decoder.layers.1.mlp.router.fi_accu")).toBe("state");
});
