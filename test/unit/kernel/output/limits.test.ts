import { readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createBudget } from "../../../../kernel/output/flow/budget.js";
import { type Cells, openCells } from "../../../support/cells.js";

let cells: Cells;
beforeAll(async () => {
  cells = await openCells();
});
afterAll(() => cells.close());

it("a budget lets a burst pass, holds a flood to its rate, and lets pass alone what is larger than the burst", () => {
  let now = 0;
  const budget = createBudget({ burst: 10, perSecond: 2 }, () => now);
  expect([6, 4, 1].map((amount) => budget.take(amount))).toEqual([true, true, false]);
  now += 1000;
  expect([2, 1].map((amount) => budget.take(amount))).toEqual([true, false]);
  now += 60_000;
  expect([25, 1].map((amount) => budget.take(amount))).toEqual([true, false]);
});

it("30 MB of text: the first 8 MB are shown, a line says how much is not shown and in which file it is, and there it is", async () => {
  const run = await cells.run("for (let i = 0; i < 300_000; i++) console.log(String(i).padStart(99, '.'))");
  const shown = run.stream("stdout");
  expect(shown.length).toBeGreaterThan(8_000_000);
  expect(shown.length).toBeLessThan(12_000_000);
  expect(run.stream("stderr")).toContain("[more output than a front end can take: 8 MB at once");
  const notices = [...run.stream("stderr").matchAll(/not shown: ([\d,]+) lines, [\d.]+ MB; saved in (\S+)\]/g)];
  const held = notices.reduce((sum, [, lines]) => sum + Number(lines?.replaceAll(",", "")), 0);
  const path = notices[0]?.[2] as string;
  const kept = readFileSync(path, "utf8");
  rmSync(path);
  expect(kept.split("\n").length - 1).toBe(held);
  expect(shown.split("\n").length - 1 + held).toBe(300_000);
});

it("a flood of displays: 2,000 are shown, and a line says how many were left out", async () => {
  const run = await cells.run("for (let i = 0; i < 5000; i++) display({ 'text/plain': String(i) })");
  const shown = run.messages().filter(({ type }) => type === "display_data").length;
  expect(shown).toBeGreaterThanOrEqual(2000);
  const left = /\[([\d,]+) displays skipped/.exec(run.stream("stderr"))?.[1]?.replaceAll(",", "");
  expect(shown + Number(left)).toBe(5000);
});

it("a flood of updates of one display: the last one always arrives", async () => {
  const run = await cells.run(
    "display({ 'text/plain': 'start' }, { displayId: 'p' }); " +
      "for (let i = 0; i <= 9999; i++) display({ 'text/plain': String(i) }, { displayId: 'p', update: true })",
  );
  const updates = run.messages().filter(({ type }) => type === "update_display_data");
  expect(updates.length).toBeLessThan(4000);
  expect(updates.at(-1)?.content.data).toEqual({ "text/plain": "9999" });
  expect(run.stream("stderr")).toBe("");
});
