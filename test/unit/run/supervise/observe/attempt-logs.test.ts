import { expect, it } from "vitest";
import { AttemptLogs } from "../../../../../src/run/supervise/observe/attempt-logs.js";

const line = (step: number, loss: number) =>
  `2026-11-28 22:43:14,900 - mindformers/callback.py[callback.py:700] - INFO - { Epoch:[  1/  1], ` +
  `step:[${String(step).padStart(5)}/  100], loss:[${loss}/${loss}], per_step_time: 571ms, lr: 1e-04, ` +
  "overflow cond: False, loss_scale: 1.0, global_norm: [0.5], train_throughput_per_npu: 1.0T";

/** Both ranks of a pipeline of two stages, each on a node of its own, have written a step. */
function pipeline(lossRank: number) {
  const logs = new AttemptLogs({ attempt: 1, expected: [0, 1], lossRank });
  return [0, 1].flatMap((rank) => {
    const path = `logs/attempt-1/node-${rank}/worker_${rank}.log`;
    return logs.accept({ path, lines: [line(1, rank === 0 ? 0 : 6.25)], offset: 400 }, 0, 0).steps;
  });
}

it("the loss of a pipeline comes from its last stage, on whichever node that is, and once for each step", () => {
  expect(pipeline(1).map(({ record }) => [record.step, record.loss])).toEqual([[1, 6.25]]);
});

const path = (rank: number) => `logs/attempt-1/node-0/worker_${rank}.log`;
const saved = (step: number) =>
  `2026-11-28 22:43:14,900 - a/b[c.py:1] - INFO - Finish saving ckpt of epoch 1 step ${step} using 0.012 seconds`;

it("a checkpoint that a rank never finished is seen when all ranks have finished the next one", () => {
  const logs = new AttemptLogs({ attempt: 1, expected: [0, 1], lossRank: 1 });
  const say = (rank: number, step: number) =>
    logs.accept({ path: path(rank), lines: [line(step, 6.25), saved(step)], offset: 0 }, 5);
  expect([say(0, 20), say(1, 19), say(0, 40)].flatMap(({ observed }) => observed)).toEqual([]);
  expect(say(1, 40)).toMatchObject({
    saved: [{ step: 40, ranks: 2 }],
    observed: [
      { kind: "save-failed", time: 5, step: 20, rank: 1, message: "1 of 2 ranks did not report it as saved" },
      { kind: "save-failed", time: 5, step: 19, rank: 0 },
    ],
  });
});

it("the last checkpoint, which no other follows, is unfinished at the end if a rank did not report it", () => {
  const logs = new AttemptLogs({ attempt: 1, expected: [0, 1], lossRank: 1 });
  const say = (rank: number, step: number) =>
    logs.accept({ path: path(rank), lines: [line(step, 6.25), saved(step)], offset: 0 }, 5);
  for (const rank of [0, 1]) say(rank, 20);
  expect(logs.unfinished(6)).toEqual([]);
  say(1, 40);
  const message = "1 of 2 ranks did not report it as saved";
  expect(logs.unfinished(7)).toEqual([{ kind: "save-failed", time: 7, step: 40, rank: 0, message }]);
  expect(logs.unfinished(8)).toEqual([]);
});

it("errors of the rank's own device are seen while it lives; complaints about others and other errors are not", () => {
  const logs = new AttemptLogs({ attempt: 1, expected: [0, 1], lossRank: 1 });
  const lines = [
    "[ERROR] DEVICE(9,7f,python):2026-11-29 [a.cc:1] HBM multi-bit ECC error, uncorrectable",
    "[ERROR] HCCL(9,7f,python):2026-11-29 [a.cc:1] EI0002: the wait of the Notify register times out, device fault",
    "[ERROR] ME(9,7f,python):2026-11-29 [a.cc:1] device_target has no default value",
  ];
  expect(logs.accept({ path: path(1), lines, offset: 0 }, 5).observed).toEqual([
    { kind: "error-line", time: 5, rank: 1, text: lines[0] },
  ]);
});

it("without the last stage among the followed ranks, the nearest one counts", () => {
  expect(pipeline(7).map(({ record }) => record.loss)).toEqual([6.25]);
});
