import { link, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { judgeRetention, timeUntilFull } from "../../../src/checkpoint/keep/retention-rule.js";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { checkpointFile, saveRank, temporaryFolder } from "../../support/checkpoint-folder.js";

async function saved(...steps: readonly number[]) {
  const folder = await temporaryFolder();
  for (const step of steps) await saveRank(folder, { rank: 0, point: `1_${step}`, bytes: checkpointFile(step) });
  return folder;
}

test("the preview removes nothing; apply removes what no rule keeps", async () => {
  const folder = await saved(10, 20, 30, 40, 50);
  const retention = await (await openCheckpoints(folder)).retention({ keepLast: 2, keepEvery: 20 });
  expect(retention.rows.map(({ step, keep }) => [step, keep])).toEqual([
    [10, false],
    [20, true],
    [30, false],
    [40, true],
    [50, true],
  ]);
  expect((await openCheckpoints(folder)).all).toHaveLength(5);
  expect(retention[displayKey]()["text/plain"]).toContain("2 of 5 checkpoints");
  expect(await retention.apply()).toMatchObject({ removed: 2 });
  expect((await openCheckpoints(folder)).all.map(({ step }) => step)).toEqual([20, 40, 50]);
  expect(await readdir(folder)).toEqual(["rank_0"]);
});

test("the newest complete checkpoint stays, and a newer incomplete one that may still be in progress", async () => {
  const folder = await saved(10, 20);
  for (const point of ["1_10", "1_20"]) {
    await saveRank(folder, { rank: 1, point, bytes: checkpointFile(Number(point.slice(2))) });
  }
  await saveRank(folder, { rank: 0, point: "1_30", bytes: checkpointFile(30) });
  const { rows } = await (await openCheckpoints(folder)).retention({ keepLast: 1 });
  expect(rows.map(({ step, reason }) => [step, reason])).toEqual([
    [10, "no rule keeps it"],
    [20, "the newest complete one"],
    [30, "may still be in progress"],
  ]);
});

test("a checkpoint that a resumed run has links to stays", async () => {
  const folder = await saved(10, 20, 30, 40);
  await mkdir(join(folder, "resume"));
  await link(join(folder, "rank_0", "deepseekv3_rank_0-1_10.safetensors"), join(folder, "resume", "x"));
  const { rows } = await (await openCheckpoints(folder)).retention({ keepLast: 1 });
  expect(rows.filter(({ keep }) => keep).map(({ step }) => step)).toEqual([10, 40]);
});

test("nothing goes if no checkpoint is complete", () => {
  const candidates = [1, 2, 3].map((step) => ({ step, complete: false, savedAt: new Date(0), folder: "" }));
  const verdicts = judgeRetention(candidates, { keepLast: 1 }, { now: 0, inUse: () => undefined });
  expect(verdicts.every(({ keep }) => keep)).toBe(true);
});

test("the forecast says when the disk is full at the rate of the saves", () => {
  const saves = [0, 1, 2, 3].map((hour) => ({ savedAt: new Date(hour * 3_600_000), bytes: 10e9 }));
  expect(timeUntilFull(saves, 90e9)).toBe(9 * 3_600_000);
  expect(timeUntilFull(saves.slice(0, 1), 90e9)).toBeUndefined();
});
