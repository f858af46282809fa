import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { RankLog } from "../../../../../src/run/supervise/observe/rank-log.js";
import { hangLimit, judgeSilence, silentRanks } from "../../../../../src/run/supervise/observe/silence.js";
import { stepLines } from "../../../../support/synthetic-run.js";

const minute = 60_000;
const head = "2026-11-28 22:43:14,900 - mindformers/o[a.py:7] - INFO -";
const saving = `${head} ......Saving ckpt......`;

/** Two ranks that have trained five steps at time 0; `last` is what rank 1 wrote after them. */
function ranks(...last: string[]): Map<number, RankLog> {
  const steps = [1, 2, 3, 4, 5].flatMap((step) => stepLines(step, 100).trimEnd().split("\n"));
  return new Map(
    [0, 1].map((rank) => {
      const log = new RankLog(rank, 1);
      log.accept(rank === 1 ? [...steps, ...last] : steps, 0, 0);
      return [rank, log];
    }),
  );
}

const silentAt = (logs: Map<number, RankLog>, elapsed: number, limitMs = minute) =>
  silentRanks(logs, { elapsed, limitMs, expected: 2 });

it("a rank that trains is silent after 60 seconds or three median steps, whichever is longer", () => {
  expect(hangLimit(undefined)).toBe(minute);
  expect(hangLimit(30_000)).toBe(90_000);
  expect([silentAt(ranks(), minute), silentAt(ranks(), minute + 1)]).toEqual([[], [0, 1]]);
  expect(silentRanks(ranks(), { elapsed: 1e9, limitMs: minute, expected: 3 })).toEqual([]);
});

it("a stopped rank whose last step came a moment after its peer's was not named, but the healthy peer", () => {
  const logs = ranks();
  logs.get(1)?.accept(stepLines(6, 100).trimEnd().split("\n"), 56, 56);
  const silent = silentAt(logs, minute + 1);
  expect(silent).toEqual([0, 1]);
  const processes = [
    { rank: 0, node: "n0", state: "S", stack: "" },
    { rank: 1, node: "n1", state: "T", stack: "" },
  ];
  expect(judgeSilence(silent, logs, { processes, elapsed: minute + 1 })?.rank).toBe(1);
  const goesOn = ranks();
  goesOn.get(1)?.accept(stepLines(6, 100).trimEnd().split("\n"), minute / 2 + 1, minute / 2 + 1);
  expect(silentAt(goesOn, minute + 1)).toEqual([0]);
});

it("of ranks at the same step, the one whose stack did not reach the collective is named, or the one that waits for a disk", () => {
  const stack = (name: string) =>
    readFileSync(new URL(`../../../../fixtures/stacks/${name}.txt`, import.meta.url), "utf8");
  const judge = (...seen: readonly (readonly [state: string, stack: string])[]) => {
    const processes = seen.map(([state, text], rank) => ({ rank, node: "n0", state, stack: text }));
    return judgeSilence([0, 1], ranks(), { processes, elapsed: minute + 1 })?.message;
  };
  const waiting = stack("waiting-in-collective");
  expect(judge(["S", waiting], ["S", stack("stopped-outside")])).toMatch(
    /^rank 1 hangs .*wait for it in a collective$/,
  );
  const outside = '  File "mindspore/graph/api.py", line 2308 in compile';
  expect(judge(["S", outside], ["S", '  File "mindspore/graph/api.py", line 2420 in _exec_pip'])).toMatch(/^rank 0 /);
  const unread =
    "rank 1, process 7, state S\nno Python stack: the engine layer wrote no stack; py-spy is not installed";
  expect(judge(["S", waiting], ["S", unread])).toMatch(/no rank differs$/);
  expect(judge(["S", waiting], ["D", waiting])).toMatch(/^rank 1 hangs .*waits for a disk or a device/);
  expect(judge(["D", waiting], ["D", waiting])).toMatch(/^rank 0 hangs .*no rank differs$/);
});

it("a save may take half an hour; then the rank that saves is named, and that it saves", () => {
  const logs = ranks(saving);
  expect([silentAt(logs, 30 * minute), silentAt(logs, 30 * minute + 1)]).toEqual([[], [1]]);
  const processes = [{ rank: 1, node: "n1", state: "D", stack: "" }];
  expect(judgeSilence([1], logs, { processes, elapsed: 30 * minute + 1 })?.message).toMatch(
    /^rank 1 hangs in a save after step 5 of 100: no step for 30m/,
  );
});

it("a save that ended is a step's silence again, and a rank that has not trained yet is never silent", () => {
  const saved = `${head} Finish saving ckpt of epoch 1 step 5 using 0.012 seconds`;
  expect(silentAt(ranks(saving, saved), minute + 1)).toEqual([0, 1]);
  const logs = ranks();
  logs.set(1, new RankLog(1, 1));
  expect(silentAt(logs, 1e9)).toEqual([]);
});

it("a rank whose node can't be reached was said to have no process", () => {
  const seen = (state: string | undefined) => ({
    processes: [
      { rank: 0, node: "n0", state: "S", stack: "" },
      { rank: 1, node: "n1", state, stack: "" },
    ],
    elapsed: minute + 1,
  });
  const message = (state: string | undefined) => judgeSilence([0, 1], ranks(), seen(state))?.message;
  expect(message("unreachable")).toMatch(/^rank 1 hangs after step 5 of 100: .*, its node n1 can't be reached$/);
  expect(message(undefined)).toMatch(/, its process is gone$/);
});
