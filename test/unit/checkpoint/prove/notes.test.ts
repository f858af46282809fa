import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../../src/checkpoint/open/open.js";
import { checkpointFile, iterationFolder, saveRank, temporaryFolder } from "../../../support/checkpoint-folder.js";
import { floats, safetensorsFile } from "../../../support/safetensors-file.js";

/** Steps 4 and 8 of two ranks; `meta.json` of both names step 8. */
async function twoRanks(): Promise<string> {
  const folder = await temporaryFolder();
  for (const step of [4, 8])
    for (const rank of [0, 1]) await saveRank(folder, { rank, point: `1_${step}`, bytes: checkpointFile(step) });
  return folder;
}

const note = (folder: string, rank: number) => join(folder, `rank_${rank}`, "meta.json");
const fileName = (rank: number, step: number) => `deepseekv3_rank_${rank}-1_${step}.safetensors`;

async function findingsOf(folder: string, step: number) {
  const { findings } = await (await openCheckpoints(folder)).at(step).verify();
  return findings.map(({ severity, path, message }) => ({ severity, path, message }));
}

async function writeNote(folder: string, rank: number, changes: Readonly<Record<string, unknown>>): Promise<void> {
  const own = { last_epoch: 1, last_step: 8, last_ckpt_file: fileName(rank, 8) };
  await writeFile(note(folder, rank), JSON.stringify({ ...own, ...changes }));
}

test("meta.json that names the newest file of each rank is no finding, neither of that point nor of an older one", async () => {
  const folder = await twoRanks();
  expect([await findingsOf(folder, 4), await findingsOf(folder, 8)]).toEqual([[], []]);
});

test("ranks without meta.json are named: a resume from the folder would go by the time of the files", async () => {
  const folder = await twoRanks();
  await rm(note(folder, 1));
  const message =
    "expected meta.json in each folder of a rank, missing for rank 1: " +
    "a resume from the folder goes by the time of the files, or fails";
  expect(await findingsOf(folder, 8)).toEqual([{ severity: "warning", path: folder, message }]);
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ["expected whole numbers last_epoch and last_step, found 1 and nothing", { last_step: undefined }],
  ['expected whole numbers last_epoch and last_step, found "1" and 8', { last_epoch: "1" }],
  [
    "expected last_epoch 1 and last_step 8, as in last_ckpt_file deepseekv3_rank_1-1_8.safetensors, found 1 and 6",
    { last_step: 6 },
  ],
  [
    'last_ckpt_file: expected <prefix>_rank_1-1_8.safetensors, found "deepseekv3_rank_0-1_8.safetensors"',
    { last_ckpt_file: fileName(0, 8) },
  ],
  ["last_ckpt_file: expected <prefix>_rank_1-1_8.safetensors, found nothing", { last_ckpt_file: undefined }],
])("meta.json that contradicts itself is an error: %s", async (message, changes) => {
  const folder = await twoRanks();
  await writeNote(folder, 1, changes);
  expect(await findingsOf(folder, 8)).toEqual([{ severity: "error", path: note(folder, 1), message }]);
});

test.each([
  ["[", "expected JSON, found Unexpected end of JSON input"],
  ["null", "expected whole numbers last_epoch and last_step, found nothing and nothing"],
])("meta.json with %s is an error, not an exception", async (text, message) => {
  const folder = await twoRanks();
  await writeFile(note(folder, 0), text);
  expect(await findingsOf(folder, 8)).toEqual([{ severity: "error", path: note(folder, 0), message }]);
});

test("meta.json that names a file that is gone, and ranks that name different points, are warnings", async () => {
  const folder = await twoRanks();
  await writeNote(folder, 1, { last_step: 12, last_ckpt_file: fileName(1, 12) });
  expect(await findingsOf(folder, 8)).toEqual([
    {
      severity: "warning",
      path: note(folder, 1),
      message: `expected the file ${fileName(1, 12)}, which last_ckpt_file names, found nothing`,
    },
    {
      severity: "warning",
      path: folder,
      message:
        "meta.json: expected the same point on every rank, " +
        "found epoch 1, step 8 (rank 0); epoch 1, step 12 (rank 1): a save has not ended",
    },
  ]);
});

test("a point that meta.json has not reached is pointed out: a resume passes over it", async () => {
  const folder = await twoRanks();
  for (const rank of [0, 1]) await writeNote(folder, rank, { last_step: 4, last_ckpt_file: fileName(rank, 4) });
  const message = `rank 0: expected ${fileName(0, 8)} or a later file, found epoch 1, step 4`;
  expect(await findingsOf(folder, 8)).toEqual([{ severity: "warning", path: note(folder, 0), message }]);
  expect(await findingsOf(folder, 4)).toEqual([]);
});

test("a missing rank whose file lies in another rank's folder is reported with that folder", async () => {
  const folder = await twoRanks();
  await rename(join(folder, "rank_1", fileName(1, 8)), join(folder, "rank_0", fileName(1, 8)));
  const [found] = await findingsOf(folder, 8);
  expect(found?.message).toBe("expected files of ranks 0, 1, missing: rank 1; rank_0 holds a file of rank 1");
});

test("a folder rank_999999999 makes no list of a thousand million ranks", async () => {
  const folder = await twoRanks();
  await rename(join(folder, "rank_1"), join(folder, "rank_999999999"));
  const { issues } = (await openCheckpoints(folder)).at(8);
  expect(issues[0]?.message).toMatch(/^expected files of 1000000000 ranks \(0, .* missing: 999999999 ranks \(1, 2, /);
});

const [first, second] = [0, 1].map((rank) => `tiny-model-000000${rank}-0000002.safetensors`) as [string, string];

async function iteration(change: (folder: string) => Promise<unknown>) {
  const root = await iterationFolder();
  const folder = join(root, "iteration_00000020");
  await change(folder);
  const { findings } = await (await openCheckpoint(root)).verify();
  const own = findings.filter(({ rule }) => rule !== "checkpoint-optimizer-missing");
  return own.map(({ severity, path, message }) => `${severity} ${path.slice(root.length + 1)}: ${message}`);
}

async function edit(path: string, change: (value: never) => unknown): Promise<void> {
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, "utf8")) as never)));
}

test("notes of the 1.9 layout that agree with the files are no finding", async () => {
  expect(await iteration(async () => undefined)).toEqual([]);
});

test("common.json with another step than its folder, and with a field that MindFormers refuses, is an error", async () => {
  const change = (folder: string) =>
    edit(join(folder, "common.json"), (common: object) => ({ ...common, step_num: 19, epoch_num: "1", extra: 1 }));
  expect(await iteration(change)).toEqual([
    'error iteration_00000020/common.json: epoch_num: expected a whole number, found "1"',
    "error iteration_00000020/common.json: step_num: expected 20, as the folder's name says, found 19",
    "error iteration_00000020/common.json: expected the fields " +
      "epoch_num, step_num, global_step, loss_scale, global_batch_size, ckpt_status, found extra too",
  ]);
});

test("a tracker that names a folder that is not there is a warning", async () => {
  const change = (folder: string) => writeFile(join(folder, "..", "latest_checkpointed_iteration.txt"), "24\n");
  expect(await iteration(change)).toEqual([
    "warning latest_checkpointed_iteration.txt: expected the folder iteration_00000024, which it names, found nothing",
  ]);
});

test("the folder of an iteration alone is compared with the tracker above it, too", async () => {
  const root = await iterationFolder();
  await writeFile(join(root, "latest_checkpointed_iteration.txt"), "12x");
  const { findings } = await (await openCheckpoint(join(root, "iteration_00000020"))).verify();
  expect(findings.map(({ message }) => message)).toContain('expected the number of an iteration, found "12x"');
});

test("tensors that metadata.json places in a file that lacks them are an error with the file's name", async () => {
  const change = (folder: string) => writeFile(join(folder, second), safetensorsFile({ b: floats(9) }));
  expect(await iteration(change)).toEqual([
    `error iteration_00000020/${second}: metadata.json: "w": ` +
      "expected the tensors that it places there, found a file without it",
  ]);
});

test("tensors and files that metadata.json does not name are an error", async () => {
  const change = async (folder: string) => {
    await edit(join(folder, "metadata.json"), (metadata: { state_dict_metadata: object; storage_data: object }) => {
      const { b: _, ...described } = metadata.state_dict_metadata as Record<string, unknown>;
      const { "('b', (0,))": __, ...stored } = metadata.storage_data as Record<string, unknown>;
      return { state_dict_metadata: described, storage_data: stored };
    });
  };
  expect(await iteration(change)).toEqual(
    [first, second].map(
      (name) =>
        `error iteration_00000020/${name}: metadata.json: "b": ` +
        "expected a place for each tensor of the file, found none",
    ),
  );
});

test("another shape or type than metadata.json says is an error with both", async () => {
  const change = (folder: string) =>
    edit(join(folder, "metadata.json"), (metadata: { state_dict_metadata: Record<string, object> }) => {
      const { b, w } = metadata.state_dict_metadata;
      const described = { b: { ...b, properties: { dtype: "BFloat16" } }, w: { ...w, chunk: [] } };
      return { ...metadata, state_dict_metadata: described };
    });
  const found = await iteration(change);
  expect(found).toContain(`error iteration_00000020/${first}: metadata.json: "b": expected BFloat16, found F32`);
  expect(found).toContain(`error iteration_00000020/${first}: metadata.json: "w": expected no slice, found [1, 2]`);
});

test("a damaged metadata.json is a finding of verify, not an exception", async () => {
  expect(await iteration((folder) => writeFile(join(folder, "metadata.json"), "["))).toEqual([
    "error iteration_00000020/metadata.json: expected JSON, found Unexpected end of JSON input",
  ]);
});

test("without metadata.json, a tensor in two files is an error: MindFormers refuses to load it", async () => {
  const found = await iteration((folder) => rm(join(folder, "metadata.json")));
  expect(found).toHaveLength(1);
  expect(found[0]).toContain('error iteration_00000020/metadata.json: expected the places of "w", which 2 files hold');
});
