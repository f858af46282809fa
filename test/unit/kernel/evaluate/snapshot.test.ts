import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildSnapshot, takeLock } from "../../../../kernel/evaluate/checker/snapshot/build-snapshot.js";
import { findSnapshot } from "../../../../kernel/evaluate/checker/snapshot/snapshot.js";
import { isSwitchedOff } from "../../../../kernel/program/stored-program.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "snapshots-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("the place of the snapshot", () => {
  it("is the first folder that can be written; a file in any of them is found", () => {
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    mkdirSync(second);
    const none = findSnapshot([first, second]);
    expect([none.found, dirname(none.place ?? "")]).toEqual([undefined, first]);
    const file = join(second, basename(none.place ?? ""));
    writeFileSync(file, "");
    expect(findSnapshot([first, second]).found).toBe(file);
  });

  it("is none where nothing can be written", () => {
    writeFileSync(join(folder, "file"), "");
    expect(findSnapshot([join(folder, "file", "a")]).place).toBeUndefined();
  });

  it("has a name of its own for each state of Node, compiler and code", () => {
    expect(basename(findSnapshot([folder]).place ?? "")).toMatch(/^checker-[0-9a-f]{16}\.blob$/);
  });
});

it("one builder works at a time; a lock that its builder has left is taken over", () => {
  const place = join(folder, "checker-0.blob");
  const lock = `${place}.lock`;
  expect(takeLock(lock)).toBe(true);
  expect(buildSnapshot(place)).toBe(false);
  expect([existsSync(place), readdirSync(folder)]).toEqual([false, [basename(lock)]]);
  const long = new Date(Date.now() - 3_600_000);
  utimesSync(lock, long, long);
  expect(takeLock(lock)).toBe(true);
});

it("MINDFORMERS_LAB_SNAPSHOT=off switches it off", () => {
  expect(isSwitchedOff({ MINDFORMERS_LAB_SNAPSHOT: "off" })).toBe(true);
  expect(isSwitchedOff({})).toBe(false);
});
