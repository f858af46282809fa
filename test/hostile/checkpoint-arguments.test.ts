import { execFileSync } from "node:child_process";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import type { Checkpoint } from "../../src/checkpoint/open/checkpoint.js";
import { openCheckpoint, openCheckpoints } from "../../src/checkpoint/open/open.js";
import { openStrategy } from "../../src/checkpoint/strategy/open-strategy.js";
import { checkpointFile, saveRank, temporaryFolder } from "../support/checkpoint-folder.js";
import { floats, safetensorsFile } from "../support/safetensors-file.js";

// What a cell may pass against the types, and what may happen to the files in between.

async function replicas(...steps: readonly number[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const step of steps)
    for (const rank of [0, 1]) await saveRank(folder, { rank, point: `1_${step}`, bytes: checkpointFile(step) });
  return folder;
}

async function opened(): Promise<Checkpoint> {
  return openCheckpoint(await replicas(5), { strategy: "replicas" });
}

const refused = (message: string) => ({ code: "ARGUMENT_INVALID", message: expect.stringContaining(message) });

describe.each([
  ["openCheckpoint", openCheckpoint],
  ["openCheckpoints", openCheckpoints],
  ["openStrategy", openStrategy],
])("%s", (_name, open) => {
  test.each([undefined, null, 5, {}, ["a"], "", "  ", "a\0b"])("refuses %j, which is no path", async (path) => {
    await expect(open(path as string)).rejects.toMatchObject(refused("expected the path of a file or folder, found"));
  });

  test.each(["ftp://host/x", "s3://bucket/x"])(
    "refuses %s instead of looking for a folder of that name",
    async (path) => {
      await expect(open(path)).rejects.toMatchObject(refused(`expected a path on this machine, found "${path}"`));
    },
  );
});

test("file:// is a path of this machine", async () => {
  const folder = await replicas(5);
  expect((await openCheckpoint(pathToFileURL(folder).href)).folder).toBe(folder);
});

test.each([-1, 0, 1.5, Number.NaN, "2"])("ranks: %j is refused, not taken for a count", async (ranks) => {
  const folder = await replicas(5);
  await expect(openCheckpoints(folder, { ranks: ranks as number })).rejects.toMatchObject(refused("ranks: expected"));
});

test.each([
  ["match", (point: Checkpoint) => point.tensors({ match: 5 as never }), "match: expected a text"],
  [
    "slice",
    async (point: Checkpoint) => (await point.tensor("step_num")).values({ slice: 5 as never }),
    "slice: expected a text, found 5",
  ],
  ["another checkpoint", (point: Checkpoint) => point.compareTo("path" as never), "compareTo: expected a checkpoint"],
  ["no options", (point: Checkpoint) => point.merge(undefined as never), "output: expected the path"],
  ["no output", (point: Checkpoint) => point.toCkpt({ output: "" }), "output: expected the path"],
  ["an address", (point: Checkpoint) => point.merge({ output: "ssh://host/x" }), "expected a path on this machine"],
  ["keep", (point: Checkpoint) => point.merge({ output: "x", keep: "weight" as never }), 'keep: expected "weights"'],
  ["fileBytes", (point: Checkpoint) => point.merge({ output: "x", fileBytes: Number.NaN }), "fileBytes: expected"],
  [
    "prefix",
    (point: Checkpoint) => point.reshard({ output: "x", prefix: "a/b" }),
    "prefix: expected a prefix of file names",
  ],
  ["format", (point: Checkpoint) => point.reshard({ output: "x", format: "zip" as never }), "format: expected"],
])("a wrong %s is refused with what is expected", async (_what, call, message) => {
  await expect(call(await opened())).rejects.toMatchObject(refused(message));
});

test.each([
  [{ dp: 1e6 }, "tp × pp × dp: expected at most 65536 ranks, found 1000000"],
  [{ pp: 100 }, "pp: expected at most a stage for each of the 2 layers, found 100"],
  [{ pp: 2, layersPerStage: [3, -1] }, "layersPerStage: expected 2 whole numbers from 0 on, found [3,-1]"],
  [{ pp: 2, layersPerStage: 5 as never }, "layersPerStage: expected 2 whole numbers from 0 on, found 5"],
])("a target that no training has ends at once with the reason: %j", async (target, message) => {
  const point = await opened();
  await expect(point.reshard({ output: "x", ...target })).rejects.toMatchObject({ message: `reshard: ${message}` });
});

test.each([{ keepLast: 0 }, { keepLast: Number.NaN }, { keepLast: 1.5 }, { keepEvery: 0 }, { keepEvery: -2 }])(
  "retention refuses %j instead of another rule in its place",
  async (options) => {
    const points = await openCheckpoints(await replicas(5));
    await expect(points.retention(options)).rejects.toMatchObject(refused("expected a whole number from 1 on"));
  },
);

test.each(["/dev/zero", "/dev/null"])("%s is refused as a device, not opened as an empty checkpoint", async (path) => {
  await expect(openCheckpoint(path)).rejects.toMatchObject({
    code: "FILE_MISSING",
    message: `checkpoint file ${path}: expected a file, found a device or pipe`,
  });
});

test("a pipe with the name of a checkpoint does not wait for its writer", async () => {
  const folder = await temporaryFolder();
  execFileSync("mkfifo", [join(folder, "a.safetensors")]);
  await expect(openCheckpoint(join(folder, "a.safetensors"))).rejects.toMatchObject({ code: "FILE_MISSING" });
});

test("an index may name files in folders below its own, and no others", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "part"));
  await writeFile(join(folder, "part", "one.safetensors"), safetensorsFile({ a: floats(1) }));
  await writeFile(join(folder, "one.safetensors"), safetensorsFile({ b: floats(2) }));
  const write = (map: object) =>
    writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: map }));
  await write({ a: "part/one.safetensors", b: "one.safetensors" });
  const checkpoint = await openCheckpoint(folder);
  expect([checkpoint.complete, await checkpoint.values("a"), await checkpoint.values("b")]).toEqual([
    true,
    Float64Array.of(1),
    Float64Array.of(2),
  ]);
  for (const path of ["part/../../x.safetensors", "/x.safetensors", "./one.safetensors", "part//one.safetensors"]) {
    await write({ a: path });
    await expect(openCheckpoint(folder)).rejects.toMatchObject({ code: "CHECKPOINT_INDEX_INVALID" });
  }
});

test("a folder below a file can't be written: an error with the system's reason, not ENOTDIR alone", async () => {
  const point = await opened();
  const file = point.files[0]?.path ?? "";
  await expect((await point.merge({ output: join(file, "merged") })).run()).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
    message: expect.stringContaining("could not be written: ENOTDIR"),
  });
});

test("one conversion that runs twice at the same time in one process is done once, and both calls succeed", async () => {
  const point = await opened();
  const output = join(dirname(point.folder), `merged-of-${point.folder.split("/").at(-1)}`);
  try {
    const [one, two] = [await point.merge({ output }), await point.merge({ output })];
    const results = await Promise.all([one.run(), two.run(), one.run()]);
    expect(results.map(({ facts }) => facts.unchanged)).toEqual([false, true, true]);
  } finally {
    await rm(output, { recursive: true, force: true });
  }
});

test("who waits for statistics that another call has cancelled gets them all the same", async () => {
  const tensor = await (await opened()).tensor("decoder.layers.0.weight");
  const abort = new AbortController();
  const [first, second] = [tensor.statistics({ signal: abort.signal }), tensor.statistics()];
  abort.abort();
  await expect(first).rejects.toMatchObject({ code: "CANCELLED" });
  expect(await second).toMatchObject({ min: 1, max: 4 });
});

test("retention that is applied twice says that the second time removed nothing", async () => {
  const points = await openCheckpoints(await replicas(5, 6));
  const retention = await points.retention({ keepLast: 1 });
  expect(await retention.apply()).toEqual({ removed: 1, freed: retention.freed });
  expect(await retention.apply()).toEqual({ removed: 0, freed: 0 });
});

test("files that were renamed after the folder was opened are a finding of verify and an error of the others", async () => {
  const point = await opened();
  const [file] = point.files;
  await rename(file?.path ?? "", `${file?.path}.old`);
  const { ok, findings } = await point.verify();
  expect([ok, findings.some(({ path, rule }) => path === file?.path && rule === "checkpoint-unreadable")]).toEqual([
    false,
    true,
  ]);
  await expect(point.seal()).rejects.toMatchObject({ code: "FILE_MISSING" });
});

test("a damaged seal is a warning of verify, which keeps what it has read", async () => {
  const point = await opened();
  const { path } = await point.seal();
  await writeFile(path, "garbage");
  const { ok, findings, facts } = await point.verify();
  expect([ok, facts.tensors, findings.map(({ rule, path: at }) => [rule, at])]).toEqual([
    true,
    16,
    [["checkpoint-seal-invalid", path]],
  ]);
});

test("what reshard wrote opens with its own strategy: tensors have their whole shape again", async () => {
  const point = await opened();
  const output = join(await temporaryFolder(), "two");
  await (await point.reshard({ output, dp: 2, optimizerShards: 2 })).run();
  const again = await openCheckpoint(output);
  expect((await again.tensor("decoder.layers.0.weight")).shape).toEqual([2, 2]);
  expect(await again.values("decoder.layers.0.weight")).toEqual(Float64Array.of(1, 2, 3, 4));
  const strategy = await openStrategy(join(output, "strategy"));
  for (const present of [5, "x", ["0"], [-1], [2], [0.5], [Number.NaN]])
    expect(() => strategy.recover(present as number[])).toThrow("recover: expected a list of ranks from 0 to 1, found");
});

test.each([
  ["an empty list, which MindSpore would read as the number 0", floats(), "an empty tensor of one dimension"],
  ["a type that MindSpore has no name for", { dtype: "F8_E8M0", shape: [1], data: Uint8Array.of(1) }, "F8_E8M0"],
])("no .ckpt is written with %s, neither by toCkpt nor by reshard", async (_what, tensor, found) => {
  const folder = await temporaryFolder();
  await saveRank(folder, { rank: 0, point: "1_5", bytes: checkpointFile(5, { odd: tensor }) });
  const point = await openCheckpoint(folder);
  const error = { code: "CONVERT_TYPE_UNKNOWN", message: expect.stringContaining(found) };
  await expect(point.toCkpt({ output: join(folder, "x") })).rejects.toMatchObject(error);
  await expect(point.reshard({ output: join(folder, "x"), format: "ckpt" })).rejects.toMatchObject(error);
  expect((await point.reshard({ output: join(folder, "x") })).forecast.files).toBeGreaterThan(0);
});
