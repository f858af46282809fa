import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { thisProcess } from "../../../../src/core/liveness/process-identity.js";
import { temporaryName } from "../../../../src/core/liveness/temporary-files.js";
import { mergeDatasets } from "../../../../src/data/merge.js";
import { writeMindRecord } from "../../../../src/data/mindrecord.js";
import { splitDataset } from "../../../../src/data/split.js";
import { writeLengths } from "../../../support/lengths-dataset.js";
import { scratchFolder } from "../../../support/tiny-tokenizer.js";

const schema = { input_ids: { type: "int32" as const, shape: [-1] } };
const shares = { train: 3, valid: 1 };

const leftIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith(".tmp")).sort();

/**
 * A process that writes all three kinds of datasets over and over, caught while files of each kind have no names yet.
 */
async function caught(folder: string, signal: "SIGKILL" | "SIGSTOP"): Promise<ChildProcess> {
  const before = await leftIn(folder);
  const calls = [
    ["mergeDatasets", [join(folder, "a"), join(folder, "b")], join(folder, "both")],
    ["splitDataset", join(folder, "a"), { shares, output: join(folder, "part") }],
    ["writeMindRecord", { output: join(folder, "rows"), schema, shards: 3, rows: 20_000, batchRows: 64 }],
  ];
  const script = join(import.meta.dirname, "../../../support/write-victim.mjs");
  const child = spawn(process.execPath, [script, JSON.stringify(calls)], { stdio: ["ignore", "ignore", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  for (;;) {
    await new Promise((done) => setTimeout(done, 1));
    if (!hasAllKinds(await newSince(before, folder))) continue;
    child.kill(signal);
    if (signal === "SIGKILL") await once(child, "exit");
    else await new Promise((done) => setTimeout(done, 50));
    if (hasAllKinds(await newSince(before, folder))) return child;
    if (signal === "SIGKILL") return caught(folder, signal);
    child.kill("SIGCONT");
  }
}

const newSince = async (before: readonly string[], folder: string) =>
  (await leftIn(folder)).filter((name) => !before.includes(name));
const hasAllKinds = (names: readonly string[]): boolean =>
  [/^\.both\./, /^\.part_/, /^\.rows\d/].every((kind) => names.some((name) => kind.test(name)));

it("what killed calls of mergeDatasets, splitDataset and writeMindRecord have left goes with the next call of the same target, and nothing else", async () => {
  const folder = await scratchFolder({});
  for (const name of ["a", "b"]) await writeLengths(join(folder, name), new Array(4000).fill(200));
  const write = async () => {
    await mergeDatasets([join(folder, "a"), join(folder, "b")], join(folder, "both"));
    await splitDataset(join(folder, "a"), { shares, output: join(folder, "part") });
    // Another number of files is the same target.
    await writeMindRecord({ output: join(folder, "rows"), schema, rows: [{ input_ids: new Int32Array(3) }] });
  };
  await caught(folder, "SIGKILL");
  const dead = await leftIn(folder);
  const stopped = await caught(folder, "SIGSTOP");
  const alive = (await leftIn(folder)).filter((name) => !dead.includes(name));
  const gone = `${thisProcess().host}${thisProcess().place}-9zzzzz-1-01234567.tmp`;
  const foreign = [
    `.other.bin.${gone}`,
    `.both.bin.more.${gone}`,
    ".both.bin.tmp",
    `.both.bin.${"0".repeat(18)}-1-1-01234567.tmp`,
    `.both.bin.${thisProcess().host}${"0".repeat(12)}-1-1-01234567.tmp`,
    basename(temporaryName(join(folder, "both.bin"))),
  ].sort();
  // Written on this machine before it was started anew.
  const beforeBoot = `.both.idx.${thisProcess().host}${"0".repeat(12)}-1-1-01234567.tmp`;
  for (const name of [...foreign, beforeBoot, `.probe.${gone}`]) await writeFile(join(folder, name), "");
  await utimes(join(folder, beforeBoot), new Date(0), new Date(0));
  await write();
  expect(await leftIn(folder)).toEqual([...alive, ...foreign].sort());
  const ended = once(stopped, "exit");
  stopped.kill("SIGKILL");
  await ended;
  await write();
  expect(await leftIn(folder)).toEqual(foreign);
}, 60_000);
