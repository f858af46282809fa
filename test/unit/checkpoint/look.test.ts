import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseSlice } from "../../../src/checkpoint/look/slice-text.js";
import { TensorTable } from "../../../src/checkpoint/look/tensor-table.js";
import { openCheckpoint } from "../../../src/checkpoint/open/open.js";
import { displayKey, isDisplayable } from "../../../src/view/display-contract.js";
import { checkpointFile, saveRank, temporaryFolder } from "../../support/checkpoint-folder.js";

async function oneRank() {
  const folder = await temporaryFolder();
  const path = await saveRank(folder, { rank: 0, point: "1_5", bytes: checkpointFile(5) });
  return { folder, path, checkpoint: await openCheckpoint(folder) };
}

test("a table of a million tensors shows itself: no RangeError from its sums", () => {
  const row = { kind: "weight", dtype: "F32", shape: [2], elements: 2, bytes: 8, ranks: [0], slices: 1 } as const;
  const rows = new Array(1_000_000).fill({ ...row, name: "decoder.layers.0.weight" });
  const text = String(new TensorTable("Tensors", rows)[displayKey]()["text/plain"]);
  expect(text).toContain("999,965 of 1,000,000 rows hidden");
  expect(text).toContain("weights: 1,000,000 tensors, 2,000,000 elements");
});

test("the tree sums parameters and bytes over modules; moments are no parameters", async () => {
  const { checkpoint } = await oneRank();
  const { root } = await checkpoint.tree();
  expect(root).toMatchObject({ tensors: 8, parameters: 8 });
  const decoder = root.modules.find(({ name }) => name === "decoder");
  expect(decoder).toMatchObject({ tensors: 2, parameters: 8, bytes: 32 });
  expect(decoder?.modules[0]?.modules.map(({ name }) => name)).toEqual(["0", "1"]);
});

test("the tree keeps counters of the training in one place, and says nothing of 0 parameters", async () => {
  const tree = await (await oneRank()).checkpoint.tree();
  expect(tree.root.modules.map(({ name }) => name).sort()).toEqual(["adam_m", "adam_v", "counters", "decoder"]);
  const text = String(tree[displayKey]()["text/plain"]);
  expect(text).toContain("counters  4 tensors, 28 B");
  expect(text).not.toContain(" 0 parameters");
});

test("statistics are stored beside the checkpoint and taken from there the second time", async () => {
  const { folder, checkpoint } = await oneRank();
  const first = await checkpoint.statistics({ match: "decoder.*" });
  expect(first.rows.map(({ name, max }) => [name, max])).toEqual([
    ["decoder.layers.0.weight", 4],
    ["decoder.layers.1.weight", 8],
  ]);
  const place = join(folder, ".mindformers-lab", "statistics");
  const [name = ""] = await readdir(place);
  const again = await (await openCheckpoint(folder)).statistics({ match: "decoder.*" });
  expect(again.rows).toEqual(first.rows);
  // A stored value is believed only with its checksum.
  const text = await readFile(join(place, name), "utf8");
  await writeFile(join(place, name), text.replace('"max":8', '"max":9'));
  expect((await (await openCheckpoint(folder)).statistics({ match: "decoder.*" })).rows).toEqual(first.rows);
});

test("statistics of a tensor were an object of numbers as last expression of a cell", async () => {
  const { checkpoint } = await oneRank();
  const found = await (await checkpoint.tensor("decoder.layers.0.weight")).statistics();
  if (!isDisplayable(found)) throw new Error("expected statistics that show themselves");
  const bundle = await found[displayKey]();
  expect(bundle["text/plain"]).toMatch(/^Statistics of decoder\.layers\.0\.weight\n(?:.*\n)* +max +4\n/);
  expect(bundle["text/html"]).toContain("<table");
  expect(Object.keys(found)).toContain("quantiles");
});

test("after the checkpoint was saved again, old statistics are not found", async () => {
  const { folder, path } = await oneRank();
  await (await openCheckpoint(folder)).statistics();
  const bytes = checkpointFile(5);
  // The value 4 of the first weight becomes 5.
  const at = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.of(3, 4).buffer)) + 4;
  bytes.set(new Uint8Array(Float32Array.of(5).buffer), at);
  await writeFile(path, bytes);
  const tensor = await (await openCheckpoint(folder)).tensor("decoder.layers.0.weight");
  expect((await tensor.statistics()).max).toBe(5);
});

test("a changed but plausible bit: verify says that nothing proves the bytes, a seal finds it", async () => {
  const { folder, path, checkpoint } = await oneRank();
  expect(String((await checkpoint.verify())[displayKey]()["text/plain"])).toContain("without checksums");
  await checkpoint.seal();
  const bytes = await readFile(path);
  const last = bytes.byteLength - 1;
  bytes[last] = (bytes[last] as number) ^ 0x01;
  await writeFile(path, bytes);
  const again = await openCheckpoint(folder);
  const found = (await again.verify()).findings.find(({ rule }) => rule === "checkpoint-seal-broken");
  expect(found?.path).toBe(path);
  expect(found?.message).toMatch(/^rank 0: expected the sealed bytes.*; tensors? "/);
  expect((await again.scrub()).ok).toBe(false);
});

test("a flipped exponent bit is implausible, also without a seal", async () => {
  const { folder, path } = await oneRank();
  const bytes = Buffer.from(checkpointFile(5));
  const at = bytes.indexOf(Buffer.from(Float32Array.of(1, 2).buffer));
  bytes[at + 3] = (bytes[at + 3] as number) | 0x7f;
  bytes[at + 2] = 0;
  await writeFile(path, bytes);
  const { findings } = await (await openCheckpoint(folder)).verify();
  expect(findings.map(({ rule, path: tensor }) => [rule, tensor])).toContainEqual([
    "checkpoint-implausible",
    "decoder.layers.0.weight",
  ]);
});

test.each([
  ["[0:2, :3]", [0, 0], [2, 3]],
  ["[1]", [1, 0], [2, 6]],
  ["[..., -1]", [0, 5], [4, 6]],
  ["[-2:]", [2, 0], [4, 6]],
  ["[:, 2:100]", [0, 2], [4, 6]],
  ["[]", [0, 0], [4, 6]],
])("the slice %s means what it means in Python", (text, begin, end) => {
  expect(parseSlice(text, [4, 6])).toEqual({ begin, end });
});

test.each(["[4]", "[0, 0, 0]", "[a]", "[1:2:3]"])("the slice %s is refused with the shape", (text) => {
  expect(() => parseSlice(text, [4, 6])).toThrow("for the shape [4, 6]");
});
