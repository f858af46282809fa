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

it("without the last stage among the followed ranks, the nearest one counts", () => {
  expect(pipeline(7).map(({ record }) => record.loss)).toEqual([6.25]);
});
