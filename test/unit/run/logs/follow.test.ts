import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { systemClock } from "../../../../src/core/clock.js";
import { followLogs } from "../../../../src/run/logs/follow-logs.js";
import type { LogOptions } from "../../../../src/run/logs/log-options.js";
import { RecordStream } from "../../../../src/run/logs/record-stream.js";
import type { RunFile } from "../../../../src/run/record/run-file.js";

const folder = mkdtempSync(join(tmpdir(), "follow-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const command = { node: "n0", nodeRank: 0, argv: ["msrun", "--worker_num=2", "--local_worker_num=2"], environment: {} };
const file = { layout: 2, name: "wiki", attempt: 1, lossRank: 0, localNode: 0, commands: [command] };
const line = (text: string, level = "INFO") => `2026-11-28 22:43:14,900 - mindformers/o[a.py:7] - ${level} - ${text}`;
const trace = 'Traceback (most recent call last):\n  File "run.py", line 1\nRuntimeError: broken';
const log = (rank: number) => join(folder, `logs/attempt-1/node-0/worker_${rank}.log`);

function follow(options: LogOptions) {
  let over = false;
  const run = { file: file as unknown as RunFile, folder, clock: systemClock, hasEnded: async () => over };
  const live = followLogs(run, options, undefined);
  return { live, end: () => (over = true) };
}

it("gives each record that is written after the call once, whole, and ends with the run", async () => {
  mkdirSync(join(folder, "logs/attempt-1/node-0"), { recursive: true });
  writeFileSync(log(0), `${line("old")}\n${line("the beginning of a")}`);
  writeFileSync(log(1), "");
  const { live, end } = follow({ rank: "all", tail: 5 });
  const seen: string[] = [];
  let added = 0;
  const add = setInterval(() => {
    added += 1;
    if (added === 1) appendFileSync(log(0), " line\n");
    if (added === 2) appendFileSync(log(1), `${line("one")}\n${trace.slice(0, 40)}`);
    if (added === 3) appendFileSync(log(1), `${trace.slice(40)}\n${line("two")}\n`);
    if (added === 4) end();
  }, 300);
  for await (const { rank, text } of live) seen.push(`${rank}: ${text}`);
  clearInterval(add);
  await live.done;
  expect(seen.sort()).toEqual([
    `0: ${line("the beginning of a line")}`,
    `1: ${line("one")}`,
    `1: ${line("two")}`,
    `1: ${trace}`,
  ]);
});

it("a record is held back until the next one begins, and chosen by level and text", () => {
  const question = { patterns: [], since: -Infinity, until: Infinity, tail: 5 };
  const stream = new RecordStream({ ...question, level: 3, match: { source: "BROKEN", flags: "gi" } }, "n0");
  const accept = (text: string, offset: number) => stream.accept("worker_3.log", text.split("\n"), offset);
  expect(accept(trace.split("\n").slice(0, 2).join("\n"), 100)).toEqual([]);
  expect(accept("RuntimeError: broken", 121)).toEqual([]);
  const found = accept(`${line("broken too")}\n${line("broken again", "ERROR")}`, 400);
  expect(found.map(({ rank, level, text }) => ({ rank, level, text }))).toEqual([
    { rank: 3, level: "ERROR", text: trace },
  ]);
  expect(stream.flush().map(({ text }) => text)).toEqual([line("broken again", "ERROR")]);
  expect(stream.flush()).toEqual([]);
});
