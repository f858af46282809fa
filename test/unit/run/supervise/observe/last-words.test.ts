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
  expect(words.wait(logsOf({ 0: [] }).logs.ranks, 0)).toBe(true);
  expect(words.wait(logsOf({ 0: [begins] }).logs.ranks, 200_000)).toBe(true);
  expect(words.wait(logsOf({ 0: [begins, ends] }).logs.ranks, 210_000)).toBe(false);
});

it("survivors that never begin to save are waited for for a minute, and without TTP not at all", () => {
  const words = new LastWords([command("{TTP:1}")]);
  expect(words.wait(new Map(), 0)).toBe(true);
  expect(words.wait(new Map(), 60_000)).toBe(false);
  expect(new LastWords([command()]).wait(new Map(), 0)).toBe(false);
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
