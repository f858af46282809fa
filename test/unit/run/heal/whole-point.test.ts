import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openCheckpoints } from "../../../../src/checkpoint/open/open.js";
import { openConfig } from "../../../../src/config/open.js";
import { makeWhole } from "../../../../src/run/heal/whole-point.js";
import { checkpointFile, saveRank, temporaryFolder } from "../../../support/checkpoint-folder.js";
import { floats } from "../../../support/safetensors-file.js";

async function runFolder(ranks: readonly number[], step = 40) {
  const folder = await temporaryFolder();
  const place = join(folder, "output", "checkpoint");
  await mkdir(place, { recursive: true });
  const paths = await Promise.all(
    ranks.map((rank) => saveRank(place, { rank, point: `1_${step}`, bytes: checkpointFile(step) })),
  );
  return { folder, place, paths };
}

const replicas = () => openConfig("pretrain_deepseek3_tiny_cpu");

it("last words of one replica: the files of lost ranks are made up, and the point can be loaded on every rank", async () => {
  const { folder, place } = await runFolder([0, 2]);
  const point = (await openCheckpoints(place, { ranks: 4 })).at(40);
  expect(point.complete).toBe(false);
  const whole = await makeWhole(point, { folder, config: await replicas(), worldSize: 4 });
  if ("reason" in whole) throw new Error(whole.reason);
  expect(whole.point).toMatchObject({ complete: true, step: 40, ranks: [0, 1, 2, 3] });
  expect(whole.note).toBe("made whole by replicas: rank 1 from rank 0, rank 3 from rank 0");
});

it("a cut file is replaced by a replica's, never by itself", async () => {
  const { folder, place, paths } = await runFolder([0, 1]);
  await truncate(paths[0] as string, 100);
  const point = (await openCheckpoints(place, { ranks: 2 })).at(40);
  const whole = await makeWhole(point, { folder, config: await replicas(), worldSize: 2 });
  expect(whole).toMatchObject({ note: "made whole by replicas: rank 0 from rank 1" });
});

it("files of two steps under one name are not reconciled", async () => {
  const { folder, place, paths } = await runFolder([0, 1]);
  await writeFile(paths[1] as string, checkpointFile(20));
  const point = (await openCheckpoints(place, { ranks: 2 })).at(40);
  const whole = await makeWhole(point, { folder, config: await replicas(), worldSize: 2 });
  expect(whole).toMatchObject({ reason: expect.stringContaining("expected step 40 as on the other ranks, found 20") });
});

it("without strategy files nobody knows which ranks of a sharded training are replicas", async () => {
  const { folder, place } = await runFolder([0]);
  const point = (await openCheckpoints(place, { ranks: 2 })).at(40);
  const config = await openConfig("pretrain_deepseek3_1b");
  const whole = await makeWhole(point, { folder, config, worldSize: 2 });
  expect(whole).toMatchObject({ reason: "no strategy files say which ranks are replicas" });
});

it("a bias that each rank keeps for itself can't be made up by another rank", async () => {
  const { folder, place } = await runFolder([]);
  const bias = { "decoder.layers.1.mlp.router.expert_bias": { ...floats(1, 2), shape: [2] } };
  await saveRank(place, { rank: 0, point: "1_40", bytes: checkpointFile(40, bias) });
  const point = (await openCheckpoints(place, { ranks: 2 })).at(40);
  const whole = await makeWhole(point, { folder, config: await replicas(), worldSize: 2 });
  expect(whole).toMatchObject({ reason: expect.stringContaining("its own decoder.layers.1.mlp.router.expert_bias") });
});

it("files without redundancy hold parts of their own", async () => {
  const { folder, place } = await runFolder([0]);
  const point = (await openCheckpoints(place, { ranks: 2 })).at(40);
  const config = (await replicas()).set("callbacks.2.remove_redundancy", true);
  expect(await makeWhole(point, { folder, config, worldSize: 2 })).toMatchObject({
    reason: expect.stringContaining("remove_redundancy"),
  });
});
