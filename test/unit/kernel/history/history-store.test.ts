import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { createHistoryStore, historyLimits } from "../../../../kernel/history/history-store.js";
import { formatCell, formatOutput, parseSessionFile } from "../../../../kernel/history/session-file.js";

const root = mkdtempSync(join(tmpdir(), "history-store-"));
const folder = join(root, "a", "b");
afterEach(() => rmSync(join(root, "a"), { recursive: true, force: true }));

const cell = (line: number, code: string) => formatCell(line, code) ?? "";
const codes = (store: ReturnType<typeof createHistoryStore>, own?: number) =>
  [...store.others(own)].map(({ session, entries }) => [session, entries.map(({ code }) => code)]);

it("sessions of kernels that begin at the same time get different numbers and files of their own", () => {
  const stores = [1, 2, 3].map(() => createHistoryStore(folder));
  const numbers = stores.map((store) => store.begin());
  expect(numbers).toEqual([1, 2, 3]);
  for (const [index, store] of stores.entries()) store.append(cell(1, `of ${index}`));
  expect(codes(createHistoryStore(folder))).toEqual([
    [3, ["of 2"]],
    [2, ["of 1"]],
    [1, ["of 0"]],
  ]);
  expect(codes(stores[0] as never, 1).map(([session]) => session)).toEqual([3, 2]);
});

it("files are for the user alone, and what a live kernel adds is seen at the next look", () => {
  const writer = createHistoryStore(folder);
  writer.begin();
  const [name] = readdirSync(folder);
  expect(statSync(join(folder, name as string)).mode & 0o777).toBe(0o600);
  const reader = createHistoryStore(folder);
  writer.append(cell(1, "a"));
  expect(codes(reader)).toEqual([[1, ["a"]]]);
  writer.append(cell(2, "b"));
  expect(codes(reader)).toEqual([[1, ["a", "b"]]]);
});

it("a file with a line that was cut, and lines that are no history, gives the rest", () => {
  const text =
    `${cell(1, "a")}null\n` +
    `7\n{"line":"x","code":"b"}\n{"line":3}\n${formatOutput(1, "r")}${formatOutput(9, "r")}{"line":2,"co`;
  expect(parseSessionFile(text)).toEqual([{ line: 1, code: "a", output: "r" }]);
});

it("is bounded: old sessions go, a session stops growing, giant cells and results are left out", () => {
  const limits = { ...historyLimits, sessions: 3, sessionBytes: 200 };
  for (let count = 0; count < 6; count++) createHistoryStore(folder, limits).begin();
  expect(readdirSync(folder)).toHaveLength(3);
  const store = createHistoryStore(folder, limits);
  const session = store.begin();
  for (let line = 1; line <= 50; line++) store.append(cell(line, "x".repeat(20)));
  const file = join(folder, `session-${String(session).padStart(8, "0")}.jsonl`);
  expect(statSync(file).size).toBeLessThanOrEqual(200);
  expect(formatCell(1, "x".repeat(200_000))).toBeUndefined();
  expect(formatOutput(1, "x".repeat(20_000))).toBeUndefined();
  appendFileSync(file, "x".repeat(1000));
  createHistoryStore(folder, { ...limits, bytes: 500 }).begin();
  expect(readdirSync(folder).length).toBeLessThan(3);
});

it("a folder that cannot be made costs no more than the history", () => {
  writeFileSync(join(root, "a"), "a file");
  const store = createHistoryStore(folder);
  expect(store.begin()).toBe(1);
  store.append(cell(1, "a"));
  expect(codes(store)).toEqual([]);
  expect(store.newest()).toBe(0);
  rmSync(join(root, "a"));
});
