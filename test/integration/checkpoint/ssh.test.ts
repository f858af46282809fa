import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../src/index.js";
import { checkpointFile, saveRank, temporaryFolder } from "../../support/checkpoint-folder.js";
import { type LoopbackSshd, startLoopbackSshd } from "../../support/hosts/loopback-sshd.js";
import { safetensorsFile } from "../../support/safetensors-file.js";

let sshd: LoopbackSshd;
beforeAll(async () => {
  sshd = await startLoopbackSshd();
});
afterAll(() => sshd.close());

const reach = () => ({ sshConfig: sshd.config, python: "/usr/bin/python3" });
const addressOf = (path: string) => `ssh://${sshd.host}${path}`;

test("the checkpoints of another machine open, compare, and merge over ssh, and nothing is written there", async () => {
  const there = await temporaryFolder();
  for (const step of [10, 20])
    for (const rank of [0, 1]) await saveRank(there, { rank, point: `1_${step}`, bytes: checkpointFile(step) });
  const before = readdirSync(there, { recursive: true });
  const all = await openCheckpoints(addressOf(there), { ...reach(), strategy: "replicas" });
  const [first, last] = [all.at(10), all.latestComplete()];
  expect([last.step, last.complete, last.ranks]).toEqual([20, true, [0, 1]]);
  expect(await last.values("decoder.layers.0.weight")).toMatchObject({ 0: 1, 3: 4 });
  expect((await last.statistics()).rows.length).toBeGreaterThan(0);
  expect((await last.verify()).findings.filter(({ severity }) => severity === "error")).toEqual([]);
  expect((await last.compareTo(first)).differences.filter(({ change }) => change !== "same")).toHaveLength(1);
  const here = join(await temporaryFolder(), "merged");
  await (await last.merge({ output: here })).run();
  const merged = await openCheckpoint(here);
  expect(await merged.values("decoder.layers.1.weight")).toEqual(await last.values("decoder.layers.1.weight"));
  expect(readdirSync(there, { recursive: true })).toEqual(before);
  expect(existsSync("ssh:")).toBe(false);
  await expect(last.seal()).rejects.toMatchObject({ code: "CHECKPOINT_ELSEWHERE" });
  await expect(all.retention()).rejects.toMatchObject({ code: "CHECKPOINT_ELSEWHERE" });
});

test("a tensor of several portions arrives byte for byte, and a slice of it reads only its rows", async () => {
  const folder = await temporaryFolder();
  const values = Float32Array.from({ length: 700_000 }, (_, at) => Math.sin(at));
  const tensor = { dtype: "F32", shape: [700, 1000], data: new Uint8Array(values.buffer) };
  const path = join(folder, "a model ü.safetensors");
  writeFileSync(path, safetensorsFile({ before: { ...tensor, shape: [700_000] }, wide: tensor }));
  const checkpoint = await openCheckpoint(addressOf(path), reach());
  const read = Float32Array.from(await checkpoint.values("wide"), Number);
  expect(Buffer.compare(Buffer.from(read.buffer), Buffer.from(values.buffer))).toBe(0);
  const slice = await (await checkpoint.tensor("wide")).values({ slice: "[699:, :2]" });
  expect([...slice]).toEqual([...values.subarray(699_000, 699_002)]);
});

test("what is wrong with an address is named: the path, the folder, the host", async () => {
  const folder = await temporaryFolder();
  const open = (path: string) => openCheckpoint(path, reach());
  await expect(open(addressOf(join(folder, "gone")))).rejects.toMatchObject({ code: "CHECKPOINT_NONE" });
  await expect(open(`ssh://${sshd.host}`)).rejects.toThrow("expected ssh://[user@]host[:port]/absolute/path");
  await expect(open("ssh://127.0.0.1:1/checkpoints")).rejects.toMatchObject({ code: "NODE_UNREACHABLE" });
});
