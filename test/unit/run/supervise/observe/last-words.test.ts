import { expect, it } from "vitest";
import { parseEngineLine } from "../../../../../src/formats/engine-log.js";
import { AttemptLogs } from "../../../../../src/run/supervise/observe/attempt-logs.js";
import { LastWords } from "../../../../../src/run/supervise/observe/last-words.js";

const command = (tolerance?: string) => ({
  node: "a",
  nodeRank: 0,
  argv: [],
  environment: tolerance === undefined ? {} : { MS_ENABLE_TFT: tolerance },
});

function logsOf(lines: Readonly<Record<number, readonly string[]>>) {
  const logs = new AttemptLogs({ attempt: 1, expected: [0, 1], lossRank: 0 });
  const notes = Object.entries(lines).flatMap(
    ([rank, said]) => logs.accept({ path: `worker_${rank}.log`, lines: said, offset: 1 }, 0).notes,
  );
  return { logs, notes: notes.map(({ text }) => text) };
}

const begins =
  "[INFO] ME(7:1,MainProcess):2026-11-28-10:00:00 " +
  "[_train_fault_tolerance.py:50] Enter _save_checkpoint_on_failure function";
const ends = begins.replace("Enter", "Finish");

it("a failed attempt is not ended while the surviving ranks save their last checkpoint", () => {
  const words = new LastWords([command("{TTP:1,UCE:1}")]);
  expect(words.wait(logsOf({ 0: [] }).logs.ranks, false, 0)).toBe(true);
  expect(words.wait(logsOf({ 0: [begins] }).logs.ranks, false, 200_000)).toBe(true);
  expect(words.wait(logsOf({ 0: [begins, ends] }).logs.ranks, false, 210_000)).toBe(false);
});

it("survivors that never begin to save are waited for for a minute, and without TTP not at all", () => {
  const words = new LastWords([command("{TTP:1}")]);
  expect(words.wait(new Map(), false, 0)).toBe(true);
  expect(words.wait(new Map(), false, 60_000)).toBe(false);
  expect(new LastWords([command()]).wait(new Map(), false, 0)).toBe(false);
});

it("a killed worker of another node was blamed on a node that spoke first; now the cause is waited for, and chosen", () => {
  const { logs } = logsOf({
    0: ["[ERROR] DISTRIBUTED(7:1,python):2026-11-28-10:00:00 Connection reset by peer"],
    1: [],
  });
  const exits = (node: number, code: number) => ({
    path: `node-${node}/msrun.log`,
    lines: [`2026-11-28 10:00:01 [ERROR] Worker process ${100 + node} exit with exception. Error code: ${code}.`],
    offset: 1,
  });
  logs.accept(exits(0, 1), 0);
  expect(logs).toMatchObject({ lacksCause: true, finding: { pid: 100, code: 1 } });
  const words = new LastWords([command(), command()]);
  expect([0, 2999, 3000].map((elapsed) => words.wait(logs.ranks, logs.lacksCause, elapsed))).toEqual([
    true,
    true,
    false,
  ]);
  logs.accept(exits(1, -9), 0);
  expect(logs).toMatchObject({ lacksCause: false, finding: { pid: 101, code: -9 } });
  expect(new LastWords([command(), command()]).wait(logs.ranks, logs.lacksCause, 0)).toBe(false);
});

it("an error of a rank's own comes before a kill on another node, which came later", () => {
  const { logs } = logsOf({ 0: ["Traceback (most recent call last):", "ValueError: bad shape"] });
  for (const [node, code] of [
    [0, 1],
    [1, -9],
  ])
    logs.accept(
      {
        path: `node-${node}/msrun.log`,
        lines: [`Worker process ${node} exit with exception. Error code: ${code}`],
        offset: 1,
      },
      0,
    );
  expect(logs).toMatchObject({ lacksCause: false, finding: { pid: 0, code: 1 } });
});

it("what fault tolerance does is in the record, of any rank", () => {
  const { notes } = logsOf({
    0: ["[WARNING] ME(7:1,MainProcess):… Set TFT replica with dp: (0, 4)."],
    1: [
      begins,
      ends,
      "[ERROR] ME(8:1,MainProcess):… Enter mindio ttp exit process, which means other ranks occur exception",
    ],
  });
  expect(notes).toEqual([
    "rank 0 ranks with the same values: 0, 4",
    "rank 1 saves a checkpoint because another rank died",
    "rank 1 has saved its last checkpoint",
    "rank 1 ends because of another rank",
  ]);
});

it("a rank that ends because of another one is not the first in trouble", () => {
  expect(parseEngineLine("[ERROR] ME(8:1): Enter mindio ttp exit process, which means …")?.kind).toBe("tolerance");
});
