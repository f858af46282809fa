import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeSaved } from "../../../src/checkpoint/keep/remove-saved.js";
import type { Checkpoint } from "../../../src/checkpoint/open/checkpoint.js";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { checkpointFile, saveRank, temporaryFolder } from "../../support/checkpoint-folder.js";
import { safetensorsFile } from "../../support/safetensors-file.js";
import { type SmallDisk, smallDisk } from "../../support/small-disk.js";

const config = {
  model_type: "qwen3",
  num_hidden_layers: 6,
  hidden_size: 64,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
};
const fileBytes = 150_000;

const matrix = (rows: number, columns: number) => {
  const values = Float32Array.from({ length: rows * columns }, (_, i) => (rows + i) / 7);
  return { dtype: "F32", shape: columns === 1 ? [rows] : [rows, columns], data: new Uint8Array(values.buffer) };
};

const layer = (prefix: string) => ({
  [`${prefix}input_layernorm.weight`]: matrix(64, 1),
  [`${prefix}pre_mlp_layernorm.weight`]: matrix(64, 1),
  [`${prefix}self_attention.linear_qkv.weight`]: matrix((4 + 2 * 2) * 32, 64),
  [`${prefix}self_attention.linear_proj.weight`]: matrix(64, 4 * 32),
  [`${prefix}self_attention.q_layernorm.weight`]: matrix(32, 1),
  [`${prefix}self_attention.k_layernorm.weight`]: matrix(32, 1),
  [`${prefix}mlp.linear_fc1.weight`]: matrix(2 * 96, 64),
  [`${prefix}mlp.linear_fc2.weight`]: matrix(64, 96),
});

/** The model: as four ranks saved it, and as Hugging Face has it. */
const folder = mkdtempSync(join(tmpdir(), "full-disk-"));
const [ranks, huggingFace] = [join(folder, "ranks"), join(folder, "hf")];
let saved: Record<string, string>;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const tensors = Object.assign(
    { "embedding.word_embeddings.weight": matrix(512, 64), "decoder.final_layernorm.weight": matrix(64, 1) },
    { "output_layer.weight": matrix(512, 64) },
    ...Array.from({ length: config.num_hidden_layers }, (_, at) => layer(`decoder.layers.${at}.`)),
  );
  const bytes = safetensorsFile(tensors, { metadata: { format: "ms" } });
  for (const rank of [0, 1, 2, 3]) await saveRank(ranks, { rank, point: "1_5", bytes });
  saved = contentOf(ranks);
  await (await (await openRanks()).toHuggingFace({ output: huggingFace, config, fileBytes })).run();
});

const openRanks = () => openCheckpoint(ranks, { strategy: "replicas" });

/** Content of all files in a folder, by path. */
function contentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const whole = files.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(whole.map((name) => [name, readFileSync(join(folder, name)).toString("base64")]));
}

const conversions = [
  ["merge", async (output: string) => (await openRanks()).merge({ output, fileBytes })],
  ["reshard", async (output: string) => (await openRanks()).reshard({ output, tp: 2, dp: 2 })],
  ["toSafetensors", async (output: string) => (await openRanks()).toSafetensors({ output })],
  ["toCkpt", async (output: string) => (await openRanks()).toCkpt({ output })],
  ["removeRedundancy", async (output: string) => (await openRanks()).removeRedundancy({ output })],
  ["toHuggingFace", async (output: string) => (await openRanks()).toHuggingFace({ output, config, fileBytes })],
  [
    "fromHuggingFace",
    async (output: string) => (await openCheckpoint(huggingFace)).fromHuggingFace({ output, config, fileBytes }),
  ],
] as const;

test.each(conversions)(
  "%s on a full disk says what it needs and what is free, leaves nothing under a final name, and goes on later",
  async (_, convert) => {
    const expected = join(await temporaryFolder(), "whole");
    const { bytesWritten } = (await (await convert(expected)).run().then(() => convert(expected))).forecast;
    const disk = smallDisk(`size=${Math.ceil(bytesWritten * 0.6)}`);
    if (disk === undefined) return;
    const output = join(disk.folder, "out");
    const conversion = await convert(output);
    expect(conversion.issues[0]).toMatchObject({ severity: "error", rule: "conversion-disk" });
    await expect(conversion.run()).rejects.toMatchObject({
      code: "FILE_UNWRITABLE",
      message: expect.stringMatching(/the disk is full: expected [\d.]+ [KM]B of free space, found [\d.]+ [KM]?B; /),
      hint: expect.stringContaining("it continues"),
    });
    expect(await readdir(disk.folder)).toEqual([".out.part"]);
    // Every finished file is whole, and nothing of an unfinished one is left to take space.
    const [before, whole] = [contentOf(join(disk.folder, ".out.part")), contentOf(expected)];
    const finished = Object.keys(before).filter((name) => /\.(safetensors|ckpt)$/.test(name));
    for (const name of finished) expect(before[name] === whole[name], name).toBe(true);
    disk.resize("size=64m");
    const { facts } = await (await convert(output)).run();
    expect(facts.resumed).toBe(finished.length);
    expect(facts.resumed).toBeGreaterThan(0);
    expect(contentOf(output)).toEqual(whole);
    expect(contentOf(ranks)).toEqual(saved);
  },
);

/** Fills the disk to the last byte; returns the file to remove. */
async function fill({ folder }: SmallDisk): Promise<string> {
  const path = join(folder, "filler");
  expect(() => writeFileSync(path, new Uint8Array(16 * 1024 ** 2))).toThrow("ENOSPC");
  return path;
}

async function savedOn({ folder }: SmallDisk, ...steps: readonly number[]): Promise<Checkpoint> {
  const place = join(folder, "checkpoint");
  for (const step of steps)
    for (const rank of [0, 1]) await saveRank(place, { rank, point: `1_${step}`, bytes: checkpointFile(step) });
  return (await openCheckpoints(place)).latestComplete();
}

test("seal on a full disk says what it needs and what is free, and the seal from before stays", async () => {
  const disk = smallDisk("size=2m");
  if (disk === undefined) return;
  const checkpoint = await savedOn(disk, 10);
  const { path } = await checkpoint.seal();
  const before = await readFile(path, "utf8");
  const filler = await fill(disk);
  await expect(checkpoint.seal()).rejects.toMatchObject({
    code: "FILE_UNWRITABLE",
    message: expect.stringMatching(/ENOSPC: expected \d+ B of free space, found 0 B$/),
    hint: expect.stringContaining("free space"),
  });
  expect(await readFile(path, "utf8")).toBe(before);
  expect(await readdir(join(path, ".."))).toEqual(["step-00000010.json"]);
  expect((await checkpoint.scrub()).ok).toBe(true);
  await rm(filler);
  await checkpoint.seal();
});

test("statistics on a full disk are answered; what was stored stays, and the rest is stored when there is space", async () => {
  const disk = smallDisk("size=2m");
  if (disk === undefined) return;
  const statistics = join(disk.folder, "checkpoint", ".mindformers-lab", "statistics");
  const checkpoint = await savedOn(disk, 10);
  await checkpoint.statistics({ match: "*layers.0*" });
  const before = contentOf(statistics);
  const filler = await fill(disk);
  const { rows } = await checkpoint.statistics();
  expect(rows.find(({ name }) => name === "decoder.layers.1.weight")).toMatchObject({ min: 5, max: 8 });
  expect(contentOf(statistics)).toEqual(before);
  await rm(filler);
  await (await savedOn(disk)).statistics();
  expect(contentOf(statistics)).not.toEqual(before);
});

/** Leaves the disk without room for one more file or folder. */
async function useUpNodes(disk: SmallDisk): Promise<void> {
  const path = join(disk.folder, "one-more");
  for (let nodes = 1; ; nodes++) {
    disk.resize(`nr_inodes=${nodes}`);
    const made = await writeFile(path, "").catch((error: { readonly code?: string }) => error.code);
    if (made === "ENOSPC") break;
    await rm(path);
  }
}

test("retention frees a disk that has no room for one more folder", async () => {
  const disk = smallDisk("size=2m");
  if (disk === undefined) return;
  await savedOn(disk, 10, 20, 30);
  const [place, iteration] = [join(disk.folder, "checkpoint"), join(disk.folder, "iteration_00000010")];
  await mkdir(iteration);
  await useUpNodes(disk);
  const retention = await (await openCheckpoints(place)).retention({ keepLast: 1 });
  await removeSaved({ root: disk.folder, paths: [iteration], bytes: 0 });
  expect(await readdir(disk.folder)).toEqual(["checkpoint"]);
  await useUpNodes(disk);
  expect(await retention.apply()).toMatchObject({ removed: 2 });
  expect((await openCheckpoints(place)).all.map(({ step, complete }) => [step, complete])).toEqual([[30, true]]);
});
