import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import { runPython } from "../../support/project-python.js";

type Whole = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>;

const folder = mkdtempSync(join(tmpdir(), "iteration-layout-"));
const saved = join(folder, "checkpoint");
let whole: Whole;

beforeAll(async () => {
  whole = await runPython<Whole>("integration/checkpoint/iteration_layout.py", [saved], folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("four sliced ranks that MindFormers 1.9 described itself open, are proved, and come together tensor by tensor", async () => {
  const checkpoint = await openCheckpoint(saved);
  expect([checkpoint.layout, checkpoint.step, checkpoint.complete]).toEqual(["iteration", 20, true]);
  const rows = [...(await checkpoint.tensors())];
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(whole).sort());
  for (const [name, { shape, values }] of Object.entries(whole)) {
    expect(rows.find((row) => row.name === name)?.shape, name).toEqual(shape);
    expect([...(await checkpoint.values(name))].map(Number), name).toEqual(values);
  }
  expect((await checkpoint.verify()).findings).toEqual([]);
});

test("merged it is one model, which holds the same", async () => {
  const merged = join(folder, "merged");
  await (await (await openCheckpoint(saved)).merge({ output: merged })).run();
  const model = await openCheckpoint(merged);
  for (const [name, { values }] of Object.entries(whole))
    expect([...(await model.values(name))].map(Number), name).toEqual(values);
});
