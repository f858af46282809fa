import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { otherHolder, takeHold } from "../../../../src/core/liveness/holder.js";
import { thisProcess } from "../../../../src/core/liveness/process-identity.js";
import { patternOf } from "../../../../src/core/patterns.js";
import { emptyEntry, PrepareStore } from "../../../../src/data/prepare/store.js";
import { prepareData } from "../../../../src/data/prepare.js";
import { scratchFolder, tinyTokenizer } from "../../../support/tiny-tokenizer.js";

const minutes = 60_000;
const otherPlace = "0".repeat(12);

/** A preparation, and its folder in which another process seems to be at work. */
async function held(by: object, ago: number) {
  const folder = await scratchFolder({ "tokenizer.json": tinyTokenizer(), "in.txt": "a lamp\n".repeat(50) });
  const part = join(folder, ".x_text_document.part");
  const lock = join(part, "holder.json");
  await mkdir(part);
  const since = "2026-11-25T10:00:00.000Z";
  await writeFile(lock, JSON.stringify({ pid: 4242, startTicks: 1, place: otherPlace, since, hold: "x", ...by }));
  const then = new Date(Date.now() - ago);
  await utimes(lock, then, then);
  const options = { input: join(folder, "in.txt"), tokenizer: join(folder, "tokenizer.json"), seqLength: 15 };
  return { part, lock, prepare: () => prepareData({ ...options, output: join(folder, "x"), inputFormat: "lines" }) };
}

describe("a folder in which a process of another machine is at work", () => {
  it("is refused with machine, process, start, age of the last sign of life and the line that takes over; the line works", async () => {
    const { part, lock, prepare } = await held({ host: "node-7" }, 5 * minutes);
    await expect(prepare()).rejects.toMatchObject({
      code: "PREPARE_RUNNING",
      message: expect.stringMatching(
        patternOf([
          /process 4242 on node-7 .* since 2026-11-25T10:00:00\.000Z, /,
          /last sign of life 5m \d+s ago, expected one every 15\.0 s$/,
        ]),
      ),
      hint: `wait until it is done; if it is dead, take over: rm ${lock}`,
      details: { pid: 4242, host: "node-7", isHere: false },
    });
    expect(await readdir(part)).toEqual(["holder.json"]);
    await rm(lock);
    expect((await prepare()).notes[0]).toMatch(/^made in/);
  });

  it("is refused as well if the machine has this one's name, or the process has this one's number", async () => {
    for (const by of [{ host: hostname() }, { host: "node-7", pid: process.pid }])
      await expect((await held(by, 0)).prepare()).rejects.toMatchObject({ code: "PREPARE_RUNNING" });
  });
});

it("a process of this machine that worked in the folder before the machine's last start is dead", async () => {
  const { prepare } = await held({ host: hostname() }, Date.now());
  expect((await prepare()).notes[0]).toMatch(/^made in/);
});

it("a process of this machine that has ended is dead, however short ago", async () => {
  const { prepare } = await held({ host: hostname(), place: thisProcess().place }, 0);
  expect((await prepare()).notes[0]).toMatch(/^made in/);
});

it("whoever has a folder says all the time that it lives, without changing what the file says", async () => {
  const path = join(await scratchFolder({}), "holder.json");
  const taken = await takeHold(path, { every: 5 });
  if (!("hold" in taken)) throw new Error("expected the folder");
  const before = await readFile(path, "utf8");
  await utimes(path, new Date(0), new Date(0));
  while ((await stat(path)).mtimeMs === 0) await new Promise((done) => setTimeout(done, 5));
  expect(await readFile(path, "utf8")).toBe(before);
  expect(await otherHolder(path)).toBeUndefined();
  await taken.hold.end();
});

it("a call whose folder another one has taken meanwhile stops before it writes more, and leaves the folder to the other", async () => {
  const store = new PrepareStore(join(await scratchFolder({}), "x"));
  await store.take();
  await store.addEntry(emptyEntry);
  const lock = join(store.folder, "holder.json");
  await writeFile(lock, JSON.stringify({ pid: 1, host: "node-8", place: otherPlace, since: "", hold: "y" }));
  await expect(store.addEntry(emptyEntry)).rejects.toMatchObject({ code: "PREPARE_RUNNING" });
  await store.release({ keep: false });
  expect(await readdir(store.folder)).toEqual(["holder.json", "journal.jsonl"]);
});
