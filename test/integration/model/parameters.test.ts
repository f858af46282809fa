import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { flopsPerStep } from "../../../src/model/flops.js";
import { countParameters } from "../../../src/model/parameters.js";
import { knownShape } from "../../../src/model/read-shape.js";
import type { ModelShape } from "../../../src/model/shape.js";
import { modelTensors } from "../../../src/model/tensors.js";
import { runPython } from "../../support/project-python.js";
import { sections } from "./shapes.js";

interface Real {
  readonly parameters: readonly (readonly [name: string, shape: number[], type: string, trainable: boolean])[];
  readonly flops: number;
}

const names = Object.keys(sections);
let folder: string;
let real: Map<string, Real>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "models-"));
  const file = join(folder, "sections.json");
  await writeFile(file, JSON.stringify(Object.values(sections)));
  const answers = await runPython<Real[]>("integration/model/count_parameters.py", [file], folder);
  real = new Map(names.map((name, index) => [name, answers[index] as Real]));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

function shapeOf(name: string): ModelShape {
  const shape = knownShape(sections[name] ?? {});
  if (shape === undefined) throw new Error(`no shape: ${name}`);
  return shape;
}

describe.each(names)("%s", (name) => {
  test("every tensor has MindFormers' name, shape and trainability", () => {
    const ours = modelTensors(shapeOf(name)).map(({ name, shape, trainable }) => [name, shape, trainable]);
    const theirs = real.get(name)?.parameters.map(([name, shape, , trainable]) => [name, shape, trainable]);
    expect(ours.map((tensor) => JSON.stringify(tensor)).sort()).toEqual(
      theirs?.map((tensor) => JSON.stringify(tensor)).sort(),
    );
  });

  test("parameters are counted as MindFormers counts them", () => {
    const counts = countParameters(shapeOf(name));
    const size = (which: (trainable: boolean) => boolean): number | undefined =>
      real
        .get(name)
        ?.parameters.filter(([, , , trainable]) => which(trainable))
        .reduce((total, [, shape]) => total + shape.reduce((product, value) => product * value, 1), 0);
    expect(counts.total + counts.counters).toBe(size(() => true));
    expect(counts.trainable).toBe(size((trainable) => trainable));
  });

  test("the work of a step is MindFormers' own figure", () => {
    expect(flopsPerStep(shapeOf(name), 3)).toBe((real.get(name)?.flops ?? 0) * 3);
  });
});
