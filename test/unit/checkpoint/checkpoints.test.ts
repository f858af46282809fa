import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { CheckpointError, FormatError } from "../../../src/core/error.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { checkpointFile, saveRank, temporaryFolder } from "../../support/checkpoint-folder.js";
import { floats, integer } from "../../support/safetensors-file.js";

async function savePoint(folder: string, point: string, step: number, ranks = [0, 1]): Promise<void> {
  for (const rank of ranks) await saveRank(folder, { rank, point, bytes: checkpointFile(step) });
}

async function refusal(work: Promise<unknown>): Promise<CheckpointError> {
  const error = await work.catch((found: unknown) => found);
  if (!(error instanceof CheckpointError)) throw new Error(`no CheckpointError but ${error}`);
  return error;
}

test("the files of all ranks are one checkpoint per saved point", async () => {
  const folder = await temporaryFolder();
  await savePoint(folder, "1_50", 50);
  await savePoint(folder, "1_100", 100);
  const { all } = await openCheckpoints(folder);
  expect(all.map(({ step, ranks, complete }) => ({ step, ranks, complete }))).toEqual([
    { step: 50, ranks: [0, 1], complete: true },
    { step: 100, ranks: [0, 1], complete: true },
  ]);
  expect(all[0]?.hyperParameters).toEqual({ step: 50, epoch: 1, lossScale: 1, globalBatchSize: 4 });
  expect(all[0]?.files.map(({ rank }) => rank)).toEqual([0, 1]);
});

test("after a resume the step is the one inside the file, not the one in its name", async () => {
  const folder = await temporaryFolder();
  await savePoint(folder, "1_110", 146);
  await savePoint(folder, "1_120", 120);
  const checkpoints = await openCheckpoints(folder);
  expect(checkpoints.latestComplete().step).toBe(146);
  expect(checkpoints.at(146).files[0]?.path).toMatch(/1_110\.safetensors$/);
});

test("a checkpoint that lacks a rank is incomplete, and the latest complete one is the one before", async () => {
  const folder = await temporaryFolder();
  await savePoint(folder, "1_50", 50);
  await savePoint(folder, "1_100", 100, [0]);
  const checkpoints = await openCheckpoints(folder);
  expect(checkpoints.latestComplete().step).toBe(50);
  expect(checkpoints.at(100).complete).toBe(false);
  expect(checkpoints.at(100).issues[0]?.message).toBe("expected files of ranks 0, 1, missing: rank 1");
});

test("the number of ranks can be given, for ranks that have not saved anything yet", async () => {
  const folder = await temporaryFolder();
  await savePoint(folder, "1_50", 50);
  expect((await openCheckpoints(folder, { ranks: 4 })).all[0]?.complete).toBe(false);
});

test("a file cut short makes its checkpoint incomplete, with the reason", async () => {
  const folder = await temporaryFolder();
  await savePoint(folder, "1_50", 50);
  await saveRank(folder, { rank: 1, point: "1_50", bytes: checkpointFile(50).subarray(0, 300) });
  const checkpoints = await openCheckpoints(folder);
  expect(checkpoints.all[0]?.step).toBe(50);
  expect(checkpoints.all[0]?.issues[0]).toMatchObject({ rule: "checkpoint-unreadable" });
  const error = await refusal(Promise.resolve().then(() => checkpoints.latestComplete()));
  expect(error.message).toMatch(/found 1 incomplete \(step 50: .*not a safetensors file.*found a file of 300 bytes/);
});

test("ranks that say different steps do not make a complete checkpoint", async () => {
  const folder = await temporaryFolder();
  await saveRank(folder, { rank: 0, point: "1_50", bytes: checkpointFile(50) });
  await saveRank(folder, { rank: 1, point: "1_50", bytes: checkpointFile(90) });
  const [checkpoint] = (await openCheckpoints(folder)).all;
  expect(checkpoint?.complete).toBe(false);
  expect(checkpoint?.issues[0]?.message).toBe("expected step 50 as on the other ranks, found 90 on rank 1");
});

test("the folder may be the engine's output folder or a run's folder", async () => {
  const run = await temporaryFolder();
  const folder = join(run, "output", "checkpoint");
  await savePoint(folder, "1_50", 50);
  for (const place of [run, join(run, "output"), folder]) {
    expect((await openCheckpoints(place)).folder).toBe(folder);
  }
});

test("of two checkpoints of the same step the later one is taken", async () => {
  const folder = await temporaryFolder();
  await saveRank(folder, { rank: 0, point: "1_50", bytes: checkpointFile(50) });
  const later = await saveRank(folder, { rank: 0, point: "1_20", bytes: checkpointFile(50) });
  await utimes(later, new Date(), new Date(Date.now() + 60_000));
  expect((await openCheckpoints(folder)).at(50).files[0]?.path).toBe(later);
});

test("a folder without checkpoints says what was expected, what was found, and what to do", async () => {
  const folder = await temporaryFolder();
  expect((await refusal(openCheckpoints(join(folder, "none")))).message).toContain("found no such folder");
  const empty = await refusal(openCheckpoints(folder));
  expect(empty.message).toContain("found an empty folder");
  expect(empty.hint).toContain("save_checkpoint_steps");
  await mkdir(join(folder, "rank_0"));
  await writeFile(join(folder, "rank_0", "meta.json"), "{}");
  expect((await refusal(openCheckpoints(folder))).message).toContain("found rank 0 without such a file");
});

test("a step that was not saved is answered with the nearest ones", async () => {
  const folder = await temporaryFolder();
  for (const step of [50, 100, 150]) await savePoint(folder, `1_${step}`, step, [0]);
  const checkpoints = await openCheckpoints(folder);
  const error = await refusal(Promise.resolve().then(() => checkpoints.at(120)));
  expect(error.message).toContain("expected a checkpoint of step 120, found steps 100, 150, 50");
  expect(error.hint).toBe("checkpoints.at(100)");
});

test("an aborted signal ends the scan as cancelled", async () => {
  const folder = await temporaryFolder();
  await savePoint(folder, "1_50", 50);
  await expect(openCheckpoints(folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
});

test("the table of tensors has weights first, layers in order, and totals per kind", async () => {
  const folder = await temporaryFolder();
  const layer10 = { "decoder.layers.10.weight": floats(1) };
  await saveRank(folder, { rank: 0, point: "1_50", bytes: checkpointFile(50, layer10) });
  const table = await (await openCheckpoints(folder)).at(50).tensors();
  expect([...table].slice(0, 4).map(({ name }) => name)).toEqual([
    "decoder.layers.0.weight",
    "decoder.layers.1.weight",
    "decoder.layers.10.weight",
    "adam_m.decoder.layers.0.weight",
  ]);
  expect(table.total("weight")).toEqual({ tensors: 3, elements: 9, bytes: 36 });
  expect(table.total()).toEqual({ tensors: 9, elements: 21, bytes: 96 });
  const text = String(table[displayKey]()["text/plain"]);
  expect(text).toContain("weights: 3 tensors, 9 elements, 36 B · optimizer: 2 tensors, 8 elements, 32 B · state: 4");
});

test("tensors can be chosen by pattern and by rank", async () => {
  const folder = await temporaryFolder();
  await saveRank(folder, { rank: 0, point: "1_50", bytes: checkpointFile(50) });
  await saveRank(folder, { rank: 1, point: "1_50", bytes: checkpointFile(50, { extra: floats(1) }) });
  const checkpoint = (await openCheckpoints(folder)).at(50);
  const layer = await checkpoint.tensors({ match: "*.layers.0.*" });
  expect([...layer].map(({ name }) => name)).toHaveLength(3);
  expect(String(layer[displayKey]()["text/plain"])).toContain("3 of 9 match *.layers.0.*");
  expect([...(await checkpoint.tensors({ match: /extra/ }))][0]?.ranks).toEqual([1]);
  expect((await checkpoint.tensors({ match: "extra", rank: 0 })).length).toBe(0);
  expect((await refusal(checkpoint.tensors({ rank: 9 }))).message).toContain(
    "expected a file of rank 9, found ranks 0, 1",
  );
});

test("values of a tensor can be read; an unknown name is refused", async () => {
  const folder = await temporaryFolder();
  await saveRank(folder, { rank: 0, point: "1_50", bytes: checkpointFile(50, { n: integer(7) }) });
  const checkpoint = (await openCheckpoints(folder)).at(50);
  expect(await checkpoint.values("decoder.layers.0.weight")).toEqual(Float64Array.of(1, 2, 3, 4));
  expect(await checkpoint.values("n")).toEqual(BigInt64Array.of(7n));
  expect((await refusal(checkpoint.values("nope"))).message).toContain('expected a tensor "nope" on rank 0');
  await expect(checkpoint.values("decoder.layers.0.weight", { limit: 2 })).rejects.toBeInstanceOf(FormatError);
});

test("checkpoints show themselves as a table with step, ranks, size and why one is incomplete", async () => {
  const folder = await temporaryFolder();
  await savePoint(folder, "1_50", 50);
  await savePoint(folder, "1_100", 1000, [0]);
  const checkpoints = await openCheckpoints(folder);
  const text = String(checkpoints[displayKey]()["text/plain"]);
  expect(text).toMatch(/^2 checkpoints in /);
  expect(text).toMatch(/ {3}50 {6}1 {6}2 .*yes/);
  expect(text).toMatch(/1,000 {6}1 {6}1 .*no: expected files of ranks 0, 1, missing: rank 1/);
  expect(checkpoints.at(50)[displayKey]()["text/plain"]).toContain("global batch  4");
  expect(checkpoints.at(1000)[displayKey]()["text/plain"]).toContain("1 error");
});
