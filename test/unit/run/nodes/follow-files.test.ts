import { appendFileSync, type FSWatcher, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "../../../../src/core/clock.js";
import { followFiles } from "../../../../src/run/nodes/local/follow-files.js";

/** Watches of folders that are open. */
const open = vi.hoisted(() => new Set<unknown>());
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const watch = (...words: Parameters<typeof fs.watch>): FSWatcher => {
    const watcher = fs.watch(...words);
    open.add(watcher);
    const close = watcher.close.bind(watcher);
    watcher.close = () => {
      open.delete(watcher);
      close();
    };
    return watcher;
  };
  return { ...fs, watch };
});

beforeEach(() => open.clear());

/** Follows the logs of a new folder; `lines`: what was found so far, by file. */
function following() {
  const folder = mkdtempSync(join(tmpdir(), "follow-"));
  mkdirSync(join(folder, "logs"));
  const stop = new AbortController();
  const lines = new Map<string, string[]>();
  const found = (name: string) => lines.get(`logs/${name}`) ?? [];
  const follow = async () => {
    const request = { patterns: ["logs/*.log"], signal: stop.signal };
    for await (const portions of followFiles(() => folder, request, { clock: systemClock, paceMs: 10 }))
      for (const portion of portions) lines.set(portion.path, [...(lines.get(portion.path) ?? []), ...portion.lines]);
  };
  const done = follow();
  onTestFinished(async () => {
    stop.abort();
    await done;
    rmSync(folder, { recursive: true, force: true });
  });
  return { found, log: (name: string) => join(folder, "logs", name) };
}

it("files that grow all the time need no watch; they are watched again when they rest, and no line is lost", async () => {
  const { found, log } = following();
  await vi.waitFor(() => expect(open.size).toBe(1));
  const written: string[] = [];
  await vi.waitFor(
    () => {
      written.push(`line ${written.length}`);
      appendFileSync(log("worker_0.log"), `${written.at(-1)}\n`);
      expect(open.size).toBe(0);
    },
    { timeout: 10_000, interval: 5 },
  );
  await vi.waitFor(() => expect(open.size).toBe(1), 10_000);
  expect(found("worker_0.log")).toEqual(written);
  appendFileSync(log("worker_0.log"), "after a rest\n");
  writeFileSync(log("msrun.log"), "of a new file\n");
  await vi.waitFor(() => expect(found("msrun.log")).toEqual(["of a new file"]), 10_000);
  await vi.waitFor(() => expect(found("worker_0.log")).toEqual([...written, "after a rest"]), 10_000);
});

it("a file that another one has replaced is followed from the beginning of the new one", async () => {
  const { found, log } = following();
  writeFileSync(log("worker_0.log"), "one of the old file\ntwo of the old file\n");
  await vi.waitFor(() => expect(found("worker_0.log")).toHaveLength(2), 10_000);
  writeFileSync(log("next"), "of the new file\n");
  renameSync(log("next"), log("worker_0.log"));
  await vi.waitFor(() => expect(found("worker_0.log")).toHaveLength(3), 10_000);
  appendFileSync(log("worker_0.log"), "more of it\n");
  await vi.waitFor(() => expect(found("worker_0.log").slice(2)).toEqual(["of the new file", "more of it"]), 10_000);
});

it("a backlog of many megabytes is read without pauses between its portions, and leaves time for other work", async () => {
  const { found, log } = following();
  const text = `${"a line of a log ".repeat(8)}\n`.repeat(100_000);
  for (const name of ["worker_0.log", "worker_1.log"]) writeFileSync(log(name), text);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  onTestFinished(() => clearInterval(timer));
  // A portion of 1 MiB every two seconds took 25 s.
  await vi.waitFor(() => expect(found("worker_0.log").length + found("worker_1.log").length).toBe(200_000), 15_000);
  expect(turns).toBeGreaterThan(3);
});
