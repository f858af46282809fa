import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { addToJournal, readJournal } from "../../../src/checkpoint/convert/journal.js";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { openStrategy } from "../../../src/checkpoint/strategy/open-strategy.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { checkpointFile, saveRank, temporaryFolder } from "../../support/checkpoint-folder.js";
import { differing, readHere } from "../../support/checkpoint-oracle.js";
import { Dice } from "../../support/random-cases.js";
import { randomLayout, saveLayout, smallModel } from "../../support/random-layouts.js";
import { floats } from "../../support/safetensors-file.js";

async function sharded() {
  const folder = await temporaryFolder();
  const model = smallModel(2);
  await saveLayout(folder, model, randomLayout(model, 1, new Dice(11)));
  return { folder, checkpoint: await openCheckpoint(join(folder, "checkpoint")) };
}

test("a merge shows its forecast, writes nothing before run, and is a no-op the second time", async () => {
  const { folder, checkpoint } = await sharded();
  const output = join(folder, "merged");
  const conversion = await checkpoint.merge({ output });
  expect(conversion.forecast).toMatchObject({ tensors: 11 });
  expect(String(conversion[displayKey]()["text/plain"])).toContain("await conversion.run()");
  expect(await readdir(folder)).not.toContain("merged");
  expect((await conversion.run()).facts).toMatchObject({ unchanged: false, resumed: 0 });
  expect((await (await checkpoint.merge({ output })).run()).facts.unchanged).toBe(true);
  const names = await readdir(output);
  expect(names).toContain("param_name_map.json");
  expect(names.filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("a merge has no file by which MindFormers would take it for a model of Hugging Face and load nothing", async () => {
  const { folder, checkpoint } = await sharded();
  await (await checkpoint.merge({ output: join(folder, "merged") })).run();
  const names = await readdir(join(folder, "merged"));
  expect(names.filter((name) => name === "model.safetensors" || name.endsWith(".index.json"))).toEqual([]);
  expect((await openCheckpoint(join(folder, "merged"))).layout).toBe("unified");
});

test("an output that holds other files is refused before a forecast is shown, and left as it is", async () => {
  const { folder, checkpoint } = await sharded();
  const output = join(folder, "taken");
  await mkdir(output);
  await writeFile(join(output, "mine.txt"), "mine");
  const taken = { code: "CONVERT_OUTPUT_TAKEN" };
  const early = await checkpoint.merge({ output: join(folder, "free") });
  await mkdir(join(folder, "free"));
  await writeFile(join(folder, "free", "mine.txt"), "mine");
  await expect(early.run()).rejects.toMatchObject(taken);
  await expect(checkpoint.merge({ output })).rejects.toMatchObject(taken);
  await expect(checkpoint.toCkpt({ output: join(output, "mine.txt") })).rejects.toMatchObject(taken);
  expect(await readFile(join(output, "mine.txt"), "utf8")).toBe("mine");
});

test("reshard by tp, pp and dp merges back to the same model", async () => {
  const { folder, checkpoint } = await sharded();
  await (await checkpoint.merge({ output: join(folder, "whole") })).run();
  const whole = await openCheckpoint(join(folder, "whole"));
  const output = join(folder, "resharded");
  await (await whole.reshard({ tp: 1, pp: 2, dp: 2, optimizerShards: 2, output })).run();
  const again = await openCheckpoint(output, { strategy: join(output, "strategy") });
  expect(again.ranks).toEqual([0, 1, 2, 3]);
  await (await again.merge({ output: join(folder, "back") })).run();
  expect(differing(await readHere(join(folder, "back")), await readHere(join(folder, "whole")))).toEqual([]);
});

test("ranks without a strategy are not merged by a guess; replicas are when the caller says so", async () => {
  const folder = await temporaryFolder();
  for (const rank of [0, 1]) await saveRank(folder, { rank, point: "1_5", bytes: checkpointFile(5) });
  const output = join(folder, "merged");
  const work = (await openCheckpoint(folder)).merge({ output });
  await expect(work).rejects.toMatchObject({ code: "CHECKPOINT_PLACES_UNKNOWN" });
  const replicas = await openCheckpoint(folder, { strategy: "replicas" });
  await (await replicas.merge({ output, keep: "weights" })).run();
  expect(Object.keys(await readHere(output))).toHaveLength(2);
});

test("without redundancy the ranks hold every slice once, and the set merges to the same model", async () => {
  const { folder, checkpoint } = await sharded();
  const output = join(folder, "lean");
  await (await checkpoint.removeRedundancy({ output })).run();
  const lean = await openCheckpoint(output, { strategy: join(folder, "strategy") });
  expect(lean.bytes).toBeLessThanOrEqual(checkpoint.bytes);
  await (await lean.merge({ output: join(folder, "a") })).run();
  await (await checkpoint.merge({ output: join(folder, "b") })).run();
  expect(differing(await readHere(join(folder, "a")), await readHere(join(folder, "b")))).toEqual([]);
});

test("the next line after removing redundancy opens what it wrote, with the strategy that it needs", async () => {
  const folder = await temporaryFolder();
  for (const rank of [0, 1]) await saveRank(folder, { rank, point: "1_5", bytes: checkpointFile(5) });
  const checkpoint = await openCheckpoint(folder, { strategy: "replicas" });
  const output = join(folder, "lean");
  const done = await (await checkpoint.removeRedundancy({ output })).run();
  const line = `await openCheckpoint(${JSON.stringify(output)}, { strategy: "replicas" })`;
  expect(String(done[displayKey]()["text/plain"])).toContain(line);
  const { folder: root, checkpoint: slices } = await sharded();
  const split = await (await slices.removeRedundancy({ output: join(root, "lean") })).run();
  expect(String(split[displayKey]()["text/plain"])).toContain(`strategy: ${JSON.stringify(join(root, "strategy"))}`);
});

test("to .ckpt and back gives the same tensors", async () => {
  const folder = await temporaryFolder();
  await saveRank(folder, { rank: 0, point: "1_5", bytes: checkpointFile(5) });
  const checkpoint = await openCheckpoint(folder);
  await (await checkpoint.toCkpt({ output: join(folder, "ckpt") })).run();
  const ckpt = await openCheckpoint(join(folder, "ckpt"));
  expect(ckpt.step).toBe(5);
  await (await ckpt.toSafetensors({ output: join(folder, "back") })).run();
  expect(differing(await readHere(join(folder, "back")), await readHere(join(folder, "rank_0")))).toEqual([]);
});

test("a comparison sorts what stands out to the top, across formats", async () => {
  const folder = await temporaryFolder();
  const base = join(folder, "base");
  const other = join(folder, "other");
  await saveRank(base, { rank: 0, point: "1_5", bytes: checkpointFile(5) });
  await saveRank(other, { rank: 0, point: "1_5", bytes: checkpointFile(6) });
  const [a, b] = [await openCheckpoint(base), await openCheckpoint(other)];
  expect([...(await b.compareTo(a))].filter(({ change }) => change !== "same").map(({ name }) => name)).toEqual([
    "step_num",
  ]);
  await (await a.toCkpt({ output: join(folder, "ckpt") })).run();
  expect((await (await openCheckpoint(join(folder, "ckpt"))).compareTo(a)).equal).toBe(true);
});

test("a strategy explains a parameter and names the ranks that replicas can replace", async () => {
  const { folder } = await sharded();
  const strategy = await openStrategy(join(folder, "strategy"));
  const text = String(strategy[displayKey]()["text/plain"]);
  expect(text).toContain("split");
  const [row] = strategy.rows;
  const placement = strategy.parameter(row?.name ?? "");
  expect(placement.slices.flatMap(({ ranks }) => ranks).sort()).toEqual(
    Array.from({ length: strategy.ranks }, (_, i) => i),
  );
  expect(placement[displayKey]()["text/plain"]).toContain(row?.words);
  const hint = `strategy.parameter(${JSON.stringify(row?.name)}); strategy.rows lists the names`;
  expect(() => strategy.parameter(`${row?.name}x`)).toThrow(expect.objectContaining({ hint }));
  const recovery = strategy.recover(Array.from({ length: strategy.ranks - 1 }, (_, i) => i + 1));
  expect(recovery.missing.map(({ rank }) => rank)).toEqual([0]);
  await expect(openStrategy(folder)).rejects.toMatchObject({ code: "CHECKPOINT_NONE" });
});

test("a folder that can't be written ends with the system's reason, and nothing under the final name", async () => {
  const { folder, checkpoint } = await sharded();
  const place = join(folder, "locked");
  await mkdir(place);
  await writeFile(join(place, ".out.part"), "a file in the way");
  await expect((await checkpoint.merge({ output: join(place, "out") })).run()).rejects.toThrow();
  await chmod(place, 0o755);
  expect(await readdir(place)).toEqual([".out.part"]);
});

test("a file that is finished after a line of the journal was cut is not made again", async () => {
  const path = join(await temporaryFolder(), "conversion.jsonl");
  await writeFile(path, '{"fingerprint":"f"}\n\n{"path":"a","bytes":1,"checksums":[2]}\n\n{"path":"b","byt');
  await addToJournal(path, { path: "c", bytes: 3, checksums: [4] });
  expect([...(await readJournal(path, "f")).keys()]).toEqual(["a", "c"]);
});

test.each(["reshard", "toSafetensors", "toCkpt", "removeRedundancy"] as const)(
  "%s writes the meta.json of each rank, without which MindFormers can't resume",
  async (verb) => {
    const folder = await temporaryFolder();
    for (const rank of [0, 1]) await saveRank(folder, { rank, point: "1_5", bytes: checkpointFile(5) });
    const output = join(folder, "out");
    const checkpoint = await openCheckpoint(folder, { strategy: "replicas" });
    await (await checkpoint[verb]({ output, ...(verb === "reshard" ? { dp: 2, prefix: "deepseekv3" } : {}) })).run();
    const meta = JSON.parse(await readFile(join(output, "rank_1", "meta.json"), "utf8"));
    const ending = verb === "toCkpt" ? "ckpt" : "safetensors";
    expect(meta).toEqual({ last_epoch: 1, last_step: 5, last_ckpt_file: `deepseekv3_rank_1-1_5.${ending}` });
    expect(await readdir(join(output, "rank_1"))).toContain(meta.last_ckpt_file);
    expect((await openCheckpoint(output)).issues).toEqual([]);
  },
);

test("a comparison of two steps names the weights before the counters, and shows at most 4 digits", async () => {
  const folder = await temporaryFolder();
  const changed = { "decoder.layers.1.weight": { ...floats(5, 6, 7, 8.7), shape: [2, 2] } };
  await saveRank(folder, { rank: 0, point: "1_5", bytes: checkpointFile(5) });
  await saveRank(folder, { rank: 0, point: "1_50", bytes: checkpointFile(50, changed) });
  const points = await openCheckpoints(folder);
  const comparison = await points.at(50).compareTo(points.at(5));
  expect([...comparison].slice(0, 2).map(({ name }) => name)).toEqual(["decoder.layers.1.weight", "step_num"]);
  expect(String(comparison[displayKey]()["text/plain"])).toMatch(/layers\.1\.weight +0\.05307 /);
});

test("the finding about a cut file names its path once", async () => {
  const folder = await temporaryFolder();
  const path = await saveRank(folder, { rank: 0, point: "1_5", bytes: checkpointFile(5).subarray(0, -4) });
  const [finding] = (await openCheckpoints(folder)).at(5).issues;
  expect(finding).toMatchObject({ path, message: expect.stringMatching(/^not a safetensors file: tensor /) });
});
