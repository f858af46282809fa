import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { RunNode } from "../../../../src/run/nodes/node.js";
import { HangWatch } from "../../../../src/run/supervise/hang-watch.js";
import { AttemptLogs } from "../../../../src/run/supervise/observe/attempt-logs.js";
import type { ProcessWatch } from "../../../../src/run/supervise/observe/process-watch.js";
import type { Recorder } from "../../../../src/run/supervise/recorder.js";

const stepLine = (step: number) =>
  `2026-11-24 02:19:29,543 - mindformers[callback.py:747] - INFO - { Epoch:[  1/  1], step:[${step}/  200], ` +
  "loss: 5.4, per_step_time: 56ms, lr: 0.001, overflow cond: False, loss_scale: 1.0, global_norm: [2.3]";

it("a hang stays the finding when the engine's own timeout ends the frozen rank before the supervisor does", async () => {
  let elapsed = 0;
  const logs = new AttemptLogs({ attempt: 1, expected: [0, 1], lossRank: 0 });
  const say = (rank: number, step: number) =>
    logs.accept({ path: `logs/worker_${rank}.log`, lines: [stepLine(step)], offset: step }, 0, elapsed);
  for (const step of [1, 2, 3]) for (const rank of [0, 1]) say(rank, step);
  const frozen = { role: "worker", rank: 0, state: "T", pid: 7, node: "here" };
  const processes = { latest: [frozen], look: async () => undefined };
  const node = { name: "here", stack: async () => "rank 0" } as unknown as RunNode;
  const clock = { now: () => elapsed, elapsed: () => elapsed, wait: async () => undefined };
  const recorder = { attempt: 1, requireLease: async () => {}, record: async () => {}, enter: async () => {} };
  const ranks = new Map([0, 1].map((rank) => [rank, node]));
  const watch = new HangWatch({
    ...{ ranks, logs, clock, hangMs: 60_000 },
    processes: processes as unknown as ProcessWatch,
  });
  const look = () => watch.look(recorder as unknown as Recorder, mkdtempSync(join(tmpdir(), "hang-watch-")));
  elapsed = 20_000;
  await look();
  expect(watch.silence).toMatchObject({ rank: 0, message: expect.stringContaining("no step for 20.0 s, its process") });
  elapsed = 40_000;
  await look();
  // The reason of the restart named the silence at the report, half of `hangAfter`.
  expect(watch.isOver).toBe(true);
  expect(watch.silence).toMatchObject({ silentMs: 40_000, message: expect.stringContaining("no step for 40.0 s") });
  processes.latest = [];
  await look();
  expect(watch.silence).toMatchObject({ rank: 0 });
  say(1, 4);
  await look();
  expect(watch.silence).toBeUndefined();
});
