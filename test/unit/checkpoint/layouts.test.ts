import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { checkpointFile, iterationFolder, saveRank, temporaryFolder } from "../../support/checkpoint-folder.js";
import { floats, safetensorsFile } from "../../support/safetensors-file.js";

const shard = (name: string, ...values: readonly number[]) => safetensorsFile({ [name]: floats(...values) });

async function huggingFaceFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "model-00001-of-00002.safetensors"), shard("a", 1, 2));
  await writeFile(join(folder, "model-00002-of-00002.safetensors"), shard("b", 3));
  const map = { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" };
  await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: map }));
  return folder;
}

test("a Hugging Face folder with an index opens as one whole model", async () => {
  const checkpoint = await openCheckpoint(await huggingFaceFolder());
  expect([checkpoint.layout, checkpoint.complete, checkpoint.files.length]).toEqual(["huggingface", true, 2]);
  expect([...(await checkpoint.tensors())].map(({ name }) => name)).toEqual(["a", "b"]);
  expect(await checkpoint.values("b")).toEqual(Float64Array.of(3));
});

test("an index that names a missing file makes the checkpoint incomplete, with the file's name", async () => {
  const folder = await huggingFaceFolder();
  await symlink("nowhere", join(folder, "gone.safetensors"));
  await writeFile(
    join(folder, "model.safetensors.index.json"),
    JSON.stringify({ weight_map: { a: "gone.safetensors" } }),
  );
  const { all } = await openCheckpoints(folder);
  expect(all[0]?.issues[0]).toMatchObject({ rule: "checkpoint-file-missing", path: join(folder, "gone.safetensors") });
});

test("an index that leads out of its folder is refused", async () => {
  const folder = await huggingFaceFolder();
  await writeFile(
    join(folder, "model.safetensors.index.json"),
    JSON.stringify({ weight_map: { a: "../x.safetensors" } }),
  );
  await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: "CHECKPOINT_INDEX_INVALID" });
});

test.each(["model.safetensors.index.json", "param_name_map.json"])(
  "%s without a tensor opened as a complete checkpoint of 0 files, saved in 1970",
  async (name) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "model.safetensors"), shard("a", 1, 2));
    await writeFile(join(folder, name), JSON.stringify({ weight_map: {} }));
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      code: "CHECKPOINT_INDEX_INVALID",
      message: `${join(folder, name)}: expected at least one tensor in weight_map, found none`,
      hint: expect.stringContaining("copy the index again"),
    });
  },
);

test("a file without a tensor was verified with no damage found", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "model.safetensors"), safetensorsFile({}));
  const { ok, findings } = await (await openCheckpoint(folder)).verify();
  expect([ok, findings.map(({ rule }) => rule)]).toEqual([false, ["checkpoint-empty"]]);
});

test("the 1.9 layout opens with step, whole tensors and the ranks that hold each", async () => {
  const checkpoint = await openCheckpoint(await iterationFolder());
  expect([checkpoint.layout, checkpoint.step, checkpoint.complete]).toEqual(["iteration", 20, true]);
  const rows = [...(await checkpoint.tensors())];
  expect(rows.map(({ name, shape, ranks, slices }) => ({ name, shape, ranks, slices }))).toEqual([
    { name: "b", shape: [1], ranks: [0, 1], slices: 1 },
    { name: "w", shape: [2, 2], ranks: [0, 1], slices: 2 },
  ]);
  expect(await checkpoint.values("w")).toEqual(Float64Array.of(0, 1, 2, 3));
  expect(await (await checkpoint.tensor("w")).values({ slice: "[1, :1]" })).toEqual(Float64Array.of(2));
  expect(await checkpoint.values("w", { rank: 1 })).toEqual(Float64Array.of(2, 3));
});

/** Four ranks as MindFormers 1.9 describes them: slices have numbers, which it writes as an offset of one number. */
async function numberedSlices(): Promise<string> {
  const folder = join(await temporaryFolder(), "iteration_00000020");
  await mkdir(folder);
  const ranks = [0, 1, 2, 3];
  const name = (rank: number) => `tiny-model-000000${rank}-0000004.safetensors`;
  for (const rank of ranks) {
    const [w, b] = [floats(rank * 10, rank * 10 + 1), floats(rank, rank + 0.5)];
    const tensors = { w: { ...w, shape: [1, 2] }, b, scale: { ...floats(3), shape: [] } };
    await writeFile(join(folder, name(rank)), safetensorsFile(tensors));
  }
  const described = (shape: readonly number[], cuts: readonly number[]) => ({
    global_shape: shape,
    axis_fragmentations: cuts,
    chunk: ranks.map((rank) => ({ global_offset: [rank], local_shape: shape.map((size, i) => size / (cuts[i] ?? 1)) })),
  });
  const stored = (tensor: string) =>
    ranks.map((rank) => [`('${tensor}', (${rank},))`, [{ file_name: name(rank), storage_rank: rank }]] as const);
  const metadata = {
    state_dict_metadata: {
      w: described([2, 4], [2, 2]),
      b: described([8], [4]),
      scale: { ...described([], [1]), chunk: [{ global_offset: [0], local_shape: [] }] },
    },
    storage_data: Object.fromEntries([
      ...stored("w"),
      ...stored("b"),
      ["('scale', (0,))", ranks.map((rank) => ({ file_name: name(rank), storage_rank: rank }))],
    ]),
  };
  await writeFile(join(folder, "metadata.json"), JSON.stringify(metadata));
  await writeFile(join(folder, "common.json"), JSON.stringify({ epoch_num: 1, step_num: 20, global_step: 20 }));
  return folder;
}

test("slices that MindFormers 1.9 numbers are put together at their place, not at that many elements", async () => {
  const checkpoint = await openCheckpoint(await numberedSlices());
  expect(await checkpoint.values("w")).toEqual(Float64Array.of(0, 1, 10, 11, 20, 21, 30, 31));
  expect(await checkpoint.values("b")).toEqual(Float64Array.of(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5));
  expect(await checkpoint.values("scale")).toEqual(Float64Array.of(3));
});

test("an index that promises tensors which its files do not hold makes the checkpoint incomplete", async () => {
  const folder = await huggingFaceFolder();
  const index = join(folder, "model.safetensors.index.json");
  const map = { a: "model-00001-of-00002.safetensors", b: "model-00002-of-00002.safetensors" };
  await writeFile(index, JSON.stringify({ weight_map: { ...map, c: "model-00002-of-00002.safetensors" } }));
  const [checkpoint] = (await openCheckpoints(folder)).all;
  expect(checkpoint?.issues[0]).toMatchObject({
    path: join(folder, "model-00002-of-00002.safetensors"),
    message: "expected c, as the index says, found no such tensors",
  });
  expect((await checkpoint?.verify())?.ok).toBe(false);
});

test.each([
  ["a.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", /found a pointer of Git LFS/],
  ["b.safetensors", "<!DOCTYPE html><html><body>404</body></html>", /found a web page/],
  ["c.ckpt", "PK\x03\x04 archive/data.pkl", /found a zip archive, as PyTorch saves/],
])("what often stands in the place of a checkpoint is named: %s", async (name, text, message) => {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text, "latin1");
  await expect(openCheckpoint(path)).rejects.toThrow(message);
});

test("an iteration that the tracker has not reached is incomplete", async () => {
  const root = await iterationFolder();
  await writeFile(join(root, "latest_checkpointed_iteration.txt"), "10");
  const [checkpoint] = (await openCheckpoints(root)).all;
  expect(checkpoint?.issues[0]?.message).toContain("found iteration 10: the save may not have ended");
});

test("a file that is replaced after it was opened gives an error, not values at the old places", async () => {
  const folder = await temporaryFolder();
  const path = join(folder, "model.safetensors");
  await writeFile(path, safetensorsFile({ w: floats(1, 2), v: floats(3, 4) }));
  const checkpoint = await openCheckpoint(path);
  await writeFile(path, safetensorsFile({ v: floats(3, 4), w: floats(5, 6) }));
  await expect(checkpoint.values("w")).rejects.toMatchObject({ code: "CHECKPOINT_CHANGED" });
  expect([...(await (await openCheckpoint(path)).values("w"))]).toEqual([5, 6]);
});

test("a single file, a flat folder, and a rank folder's parent all open by the same call", async () => {
  const folder = await temporaryFolder();
  const path = await saveRank(folder, { rank: 0, point: "1_50", bytes: checkpointFile(50) });
  for (const place of [path, join(folder, "rank_0"), folder]) {
    const checkpoint = await openCheckpoint(place);
    expect([checkpoint.step, (await checkpoint.tensors()).length]).toEqual([50, 8]);
  }
});

test("files and folders behind HTTP are read by ranges, with the same answers", async () => {
  const folder = await huggingFaceFolder();
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const bytes = await readFile(join(folder, decodeURIComponent(request.url ?? ""))).catch(() => undefined);
    const [, from = "", to = ""] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    asked.push(request.headers.range ?? "whole");
    if (bytes === undefined) response.writeHead(404).end();
    else {
      const part = bytes.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from}-${Number(from) + part.byteLength - 1}/${bytes.byteLength}`;
      response.writeHead(206, { "content-range": range }).end(part);
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const checkpoint = await openCheckpoint(url);
  expect([...(await checkpoint.tensors())].map(({ name }) => name)).toEqual(["a", "b"]);
  expect(await checkpoint.values("a")).toEqual(Float64Array.of(1, 2));
  expect(await (await openCheckpoint(`${url}/model-00002-of-00002.safetensors`)).values("b")).toEqual(
    Float64Array.of(3),
  );
  expect(asked).not.toContain("whole");
});

test("statistics, histogram and heat map of a tensor are right, also with NaN", async () => {
  const folder = await temporaryFolder();
  const values = Array.from({ length: 1000 }, (_, i) => (i === 7 ? Number.NaN : i - 500));
  await writeFile(
    join(folder, "model.safetensors"),
    safetensorsFile({ w: { ...floats(...values), shape: [10, 100] } }),
  );
  const tensor = await (await openCheckpoint(folder)).tensor("w");
  const found = await tensor.statistics();
  const finite = values.filter(Number.isFinite);
  const mean = finite.reduce((a, b) => a + b, 0) / finite.length;
  const variance = finite.reduce((sum, x) => sum + (x - mean) ** 2, 0) / finite.length;
  expect(found).toMatchObject({ elements: 1000, min: -500, max: 499, zeros: 1, nan: 1, infinite: 0, denormal: 0 });
  expect(found.mean).toBeCloseTo(mean, 9);
  expect(found.std).toBeCloseTo(Math.sqrt(variance), 9);
  expect(found.quantiles["50%"]).toBeCloseTo(0, -1);
  expect(found.histogram.counts.reduce((a, b) => a + b, 0) + found.histogram.outside).toBe(999);
  const text = String((await tensor.heatMap())[displayKey]()["text/plain"]);
  expect(text).toContain("!");
  const picture = (await tensor.histogram())[displayKey]();
  expect(String(picture["text/plain"])).toContain("NaN 1");
  expect(picture["image/svg+xml"]).toBeDefined();
});
