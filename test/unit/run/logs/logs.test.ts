import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { momentOf } from "../../../../src/run/logs/log-options.js";
import { readLogs } from "../../../../src/run/logs/read-logs.js";
import { scanRecords } from "../../../../src/run/logs/scan.js";
import { LogFiles } from "../../../../src/run/logs/search-files.js";
import type { RunFile } from "../../../../src/run/record/run-file.js";
import { displayKey } from "../../../../src/view/display-contract.js";

const folder = mkdtempSync(join(tmpdir(), "logs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const core = "[ERROR] DISTRIBUTED(41,7f,python):2026-11-28-22:43:20.486.123 [mindspore/x.cc:1] Connect] timed out";
const info = (time: string, text: string) =>
  `2026-11-28 ${time} - mindformers/out/log[mindformers/a.py:7] - INFO - ${text}`;
const trace = 'Traceback (most recent call last):\n  File "run.py", line 1, in <module>\nRuntimeError: broken';

function put(path: string, ...lines: string[]): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), `${lines.join("\n")}\n`);
}

const command = (nodeRank: number) => ({
  node: `n${nodeRank}`,
  nodeRank,
  argv: ["msrun", "--worker_num=8", "--local_worker_num=8"],
  environment: {},
});
const file = {
  layout: 2,
  name: "wiki",
  attempt: 3,
  lossRank: 0,
  localNode: 0,
  commands: [command(0)],
} as unknown as RunFile;

beforeAll(() => {
  for (let rank = 0; rank < 8; rank++)
    put(
      `logs/attempt-1/node-0/worker_${rank}.log`,
      info(`22:43:1${rank},000`, "Build Dataset For Train"),
      info("22:43:18,000", `loss: ${rank === 5 ? "nan" : "6.23"}`),
      ...(rank === 3 ? [core, trace] : []),
    );
  put("logs/attempt-1/node-0/scheduler.log", core);
});

const logs = (options: Parameters<typeof readLogs>[2] = {}) => readLogs(file, folder, { attempt: 1, ...options });
const text = (lines: Awaited<ReturnType<typeof logs>>) => String(lines[displayKey]()["text/plain"]);

it("records keep their lines together and have the time and level of their format", () => {
  const bytes = Buffer.from(`stray\n${core}\n${trace}\n${info("22:43:18,250", "two\n  lines")}\n`);
  const found: [string, number, string][] = [];
  scanRecords(bytes, ({ start, end, time, level }) => {
    const moment = Number.isNaN(time) ? "none" : new Date(time).toTimeString().slice(0, 8);
    found.push([moment, level, bytes.toString("utf8", start, end).trimEnd()]);
  });
  expect(found).toEqual([
    ["none", -1, "stray"],
    ["22:43:20", 3, core],
    ["none", 3, trace],
    ["22:43:18", 1, info("22:43:18,250", "two\n  lines")],
  ]);
});

it("one rank reads as it is; without options it is the rank of the loss", async () => {
  expect((await logs({ rank: 3, tail: 1 })).lines).toEqual(trace.split("\n"));
  expect((await logs()).rank).toBe(0);
  expect((await logs({ rank: 3, match: "Build Dataset" })).lines).toHaveLength(1);
});

it("equal records of many ranks are shown once with their ranks; what differs stays", async () => {
  const found = await logs({ rank: "all", match: /loss/ });
  expect(found.records.map(({ count, ranks }) => [count, ranks.length])).toEqual([
    [7, 7],
    [1, 1],
  ]);
  expect(text(found)).toContain("ranks 0–4, 6–7 | 22:43:18 loss: 6.23");
  expect(text(found)).toContain("rank 5 |");
  expect((await logs({ rank: "all", match: /loss/, fold: "none" })).records).toHaveLength(8);
});

it("a level chooses over all ranks, a traceback is an error, and the answer says how far it looked", async () => {
  const found = await logs({ level: "ERROR" });
  expect(found.records.map(({ first }) => [first.rank, first.level])).toEqual([
    [3, "ERROR"],
    [3, "ERROR"],
  ]);
  expect(text(found)).toMatch(/\(8 files, .* searched\)$/);
  expect((await logs({ source: "scheduler" })).records[0]?.first).toMatchObject({ source: "scheduler", node: "n0" });
});

it("times choose, also as a duration; ranks and nodes that the run does not have are refused", async () => {
  const until = "2026-11-28 22:43:15";
  expect((await logs({ rank: "all", until, fold: "none" })).records.filter(({ first }) => first.time)).toHaveLength(6);
  expect((await logs({ rank: "all", since: "1s" })).records.every(({ first }) => first.time === undefined)).toBe(true);
  await expect(logs({ rank: 8 })).rejects.toThrow(/rank: expected 0 to 7, found 8/);
  await expect(logs({ node: "n9" })).rejects.toThrow(/node: expected n0, found "n9"/);
  await expect(logs({ since: "yesterday" })).rejects.toThrow(/since: expected a time/);
});

it.each([
  [{ since: "soon" }, "since"],
  [{ since: "" }, "since"],
  [{ since: "25:00" }, "since"],
  [{ since: new Date(Number.NaN) }, "since"],
  [{ since: Number.NaN }, "since"],
  [{ since: -1 }, "since"],
  [{ until: Number.POSITIVE_INFINITY }, "until"],
  [{ since: "1h", until: "2h" }, "until: expected a time after since"],
  [{ tail: Number.POSITIVE_INFINITY }, "tail: expected a number of records from 1 up, found Infinity"],
  [{ tail: 0 }, "tail"],
  [{ match: 5 }, "match"],
])("a value that is no time, number, or pattern is refused, not ignored: %o", async (options, message) => {
  await expect(logs(options as never)).rejects.toMatchObject({
    code: "ARGUMENT_INVALID",
    message: expect.stringContaining(`logs ${message}`),
  });
});

it("a time of day is the last one before now", () => {
  const now = new Date(2026, 10, 28, 12, 0, 0).getTime();
  expect(momentOf("09:30", now)).toBe(new Date(2026, 10, 28, 9, 30).getTime());
  expect(momentOf("22:43:18", now)).toBe(new Date(2026, 10, 27, 22, 43, 18).getTime());
  expect(momentOf("2026-11-28 09:30", now)).toBe(momentOf("09:30", now));
});

it("the index grows with the file, and starts over when the file is replaced by a shorter one", async () => {
  const path = "growing.log";
  put(path, info("22:43:18,000", "one"));
  const files = new LogFiles(folder);
  const ask = async () => {
    const limits = { level: 0, since: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY };
    const found = await files.search({ patterns: [path], ...limits, match: undefined, tail: 9 });
    return found.records.map(({ text: said }) => said.slice(-3));
  };
  expect(await ask()).toEqual(["one"]);
  appendFileSync(join(folder, path), `${info("22:43:18,000", "two")}\nunfinished`);
  expect(await ask()).toEqual(["one", "two"]);
  put(path, info("22:43:18,000", "new"));
  expect(await ask()).toEqual(["new"]);
});

it("a cell shows at most 64 KB and says what it leaves out", async () => {
  put(
    "logs/attempt-2/node-0/worker_0.log",
    ...Array.from({ length: 5000 }, (_, i) => info("22:43:18,000", `${i}${"x".repeat(900)}`)),
  );
  const found = await logs({ attempt: 2, rank: 0, tail: 5000 });
  expect(found.records).toHaveLength(5000);
  expect(Buffer.byteLength(text(found))).toBeLessThan(64 * 1024);
  expect(text(found)).toMatch(/^… \d+ earlier records are not shown/);
  expect(text(found)).toContain("characters in logs/attempt-2/node-0/worker_0.log)");
});

it("lines are shown as time, severity, and message; as they stand in the file on demand; days where there are two", async () => {
  const [first, second] = [info("22:43:18,000", "one"), info("23:00:00,000", "two").replace("11-28", "11-29")];
  put("logs/attempt-3/node-0/worker_0.log", first, core);
  expect(text(await logs({ attempt: 3, rank: 0 }))).toMatch(
    /^22:43:18 one\n22:43:20 ERROR Connect\] timed out\n\(1 file, \d+ B searched\)$/,
  );
  expect(text(await logs({ attempt: 3, rank: 0, lines: "whole", tail: 1 }))).toContain(core);
  put("logs/attempt-3/node-0/worker_0.log", first, second);
  expect(text(await logs({ attempt: 3, rank: 0 }))).toMatch(/^11-28 22:43:18 one\n11-29 23:00:00 two\n/);
});

it("a line longer than the buffer is one record that keeps 8 KB, and the records behind it are found", async () => {
  put("logs/attempt-3/node-0/worker_1.log", info("22:43:17,000", "x".repeat(9_500_000)), info("22:43:18,000", "end"));
  const found = await logs({ attempt: 3, rank: 1 });
  expect(found.records.map(({ first }) => first.text.length)).toEqual([8192, info("22:43:18,000", "end").length]);
  expect(text(found)).toMatch(/… \(at least \d+ characters in .*worker_1\.log\)\n22:43:18 end\n\(1 file, 9\.06 MB/);
});

it.each([
  [{ tail: 0 }, /tail: expected a number of records from 1 up, found 0/],
  [{ tail: "5" }, /tail: expected a number of records from 1 up, found "5"/],
  [{ level: "error" }, /level: expected "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", found "error"/],
  [{ attempt: 9 }, /attempt: expected 1 to 3, found 9/],
])("an option that would be misread is refused: %j", async (options, message) => {
  await expect(logs(options as Parameters<typeof logs>[0])).rejects.toThrow(message);
});
