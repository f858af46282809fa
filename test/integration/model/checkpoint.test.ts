import { stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { FileBytes } from "../../../src/core/bytes.js";
import { readSafetensorsHeader } from "../../../src/formats/safetensors/header.js";
import { estimateMemory } from "../../../src/model/memory/estimate.js";
import { readTraining } from "../../../src/model/memory/read-training.js";
import { modelTensors } from "../../../src/model/tensors.js";
import { sharedFile } from "../../support/project-python.js";

test("a checkpoint of a real run holds every trainable tensor with both moments, and as many bytes as estimated", async () => {
  const file = sharedFile("engine/samples/deepseekv3_rank_0-1_100.safetensors");
  const config = await openConfig(sharedFile("engine/samples/tiny-deepseek3-1-worker.yaml"));
  const facts = readTraining((path) => config.get(path), 1);
  if (facts === undefined) throw new Error("no facts");
  const header = await readSafetensorsHeader(await FileBytes.open(file));
  const saved = new Map([...header.tensors].map(({ name, shape }) => [name, JSON.stringify(shape)]));
  const trainable = modelTensors(facts.shape).filter((tensor) => tensor.trainable);
  for (const { name, shape } of trainable)
    for (const prefix of ["", "adam_m.", "adam_v."])
      expect(saved.get(prefix + name), prefix + name).toBe(JSON.stringify(shape));
  expect([...saved.keys()].filter((name) => name.startsWith("adam_m."))).toHaveLength(trainable.length);
  const { weights, optimizer } = estimateMemory(facts.shape, facts.layout, facts.options).stages[0] ?? {
    weights: 0,
    optimizer: 0,
  };
  const { size } = await stat(file);
  expect(Math.abs(weights + optimizer - size) / size).toBeLessThan(0.01);
});
