import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { iterationFileName, iterationFolder } from "../../../src/checkpoint/read/points/file-name.js";
import { listFiles } from "../../../src/run/nodes/glob.js";
import { lookAtSaved } from "../../../src/run/nodes/open/saved-files.js";
import type { FileAccess } from "../../../src/run/nodes/open/whole-file.js";
import { layOutRequest } from "../../../src/run/record/lay-out.js";
import { linkCheckpoint, requireResumable } from "../../../src/run/record/resume-point.js";
import { RankLog } from "../../../src/run/supervise/observe/rank-log.js";
import { temporaryFolder } from "../../support/checkpoint-folder.js";
import { floats, safetensorsFile } from "../../support/safetensors-file.js";

const step = 20;

/** A run folder with one iteration that two ranks saved. */
async function savedRun(): Promise<{ readonly run: string; readonly place: string }> {
  const run = await temporaryFolder();
  const checkpoints = join(run, "output", "checkpoint");
  const place = join(checkpoints, iterationFolder(step));
  mkdirSync(place, { recursive: true });
  for (const kind of ["model", "opt"] as const)
    for (const index of [0, 1]) {
      const name = iterationFileName("tiny", { kind, index, total: 2 });
      writeFileSync(join(place, name), safetensorsFile({ [`${kind}.weight`]: floats(1, 2) }));
    }
  writeFileSync(join(place, "common.json"), JSON.stringify({ step_num: step, global_step: step, epoch_num: 1 }));
  writeFileSync(join(place, "metadata.json"), JSON.stringify({ state_dict_metadata: {}, storage_data: {} }));
  writeFileSync(join(checkpoints, "latest_checkpointed_iteration.txt"), String(step));
  return { run, place };
}

function nodeOf(run: string): FileAccess {
  return {
    name: "a",
    list: (pattern) => listFiles(run, pattern),
    read: async (path, { offset, length }) => readFileSync(join(run, path)).subarray(offset, offset + length),
  };
}

const look = (run: string) => {
  const node = nodeOf(run);
  return lookAtSaved({ fileEpoch: 0, fileStep: step }, new Map([0, 1].map((rank) => [rank, node])));
};

test("a save of the 1.9 layout counts once all files, their notes, and the tracker are there", async () => {
  const { run, place } = await savedRun();
  const found = await look(run);
  expect(found.problems).toEqual([]);
  expect(found.files.map(({ path }) => path.split("/").at(-1))).toHaveLength(6);
  truncateSync(join(place, "tiny-opt-0000001-0000002.safetensors"), 40);
  rmSync(join(place, "tiny-model-0000000-0000002.safetensors"));
  rmSync(join(place, "metadata.json"));
  writeFileSync(join(run, "output", "checkpoint", "latest_checkpointed_iteration.txt"), "10");
  const { complete, problems } = await look(run);
  expect(complete).toBe(false);
  expect(problems[0]).toBe("expected 2 model files, found 1");
  expect(problems[1]).toMatch(/^opt file 1: /);
  expect(problems.slice(2)).toEqual(["no metadata.json", "tracker: expected 20 or more, found 10"]);
});

test("a resume from the 1.9 layout loads this step and no other, from links below a tracker", async () => {
  const { run, place } = await savedRun();
  const point = (await openCheckpoints(join(run, "output", "checkpoint"))).at(step);
  requireResumable(point, { workers: 2, totalSteps: 40 });
  const target = join(run, "resume");
  await linkCheckpoint(point, target);
  expect(readdirSync(join(target, iterationFolder(step))).sort()).toEqual(readdirSync(place).sort());
  expect(readFileSync(join(target, "latest_checkpointed_iteration.txt"), "utf8")).toBe("20");
  expect(statSync(join(target, iterationFolder(step), "common.json")).nlink).toBe(2);
  expect(layOutRequest(point, [1])).toMatchObject({ source: place, iteration: iterationFolder(step), step });
});

test("a resume from an incomplete checkpoint names the folder and the file", async () => {
  const { run, place } = await savedRun();
  truncateSync(join(place, "tiny-opt-0000001-0000002.safetensors"), 40);
  const point = (await openCheckpoints(join(run, "output", "checkpoint"))).at(step);
  expect(() => requireResumable(point, { workers: 2, totalSteps: 40 })).toThrow(
    new RegExp(`expected a complete one, found .*${place}/tiny-opt-0000001-0000002\\.safetensors`),
  );
});

test("the log names the step of a save before it ends; an asynchronous save ends during the next", () => {
  const time = "2026-03-01 10:00:00,000 - mindformers./output/log[mindformers/checkpoint/checkpoint.py:307] - INFO - ";
  const begin = (at: number) =>
    `${time}At current iteration '${at}', the weight will be saved in: '/o/checkpoint/${iterationFolder(at)}'.`;
  const log = new RankLog(0, 1);
  expect(log.accept([begin(4), begin(8)], 0).checkpoints).toEqual([]);
  const ends = [`${time}(idx:1)async save total time: 1.500s`, `${time}Save checkpoint cost time: 0.250s.`];
  expect(log.accept(ends, 0).checkpoints).toEqual([
    { step: 4, fileEpoch: 0, fileStep: 4, seconds: 1.5 },
    { step: 8, fileEpoch: 0, fileStep: 8, seconds: 0.25 },
  ]);
});
