import { expect, it } from "vitest";
import { Overseer } from "../../../../../src/recover/decide/overseer.js";
import { recoveryPolicy } from "../../../../../src/recover/decide/policy.js";
import type { RunNode } from "../../../../../src/run/nodes/node.js";
import { AttemptLogs } from "../../../../../src/run/supervise/observe/attempt-logs.js";
import { QuietWatch } from "../../../../../src/run/supervise/observe/quiet-watch.js";

const step = (number: number) =>
  `2026-07-10 09:18:59,${100 + number} - log - INFO - { Epoch:[  1/  1], step:[${number}/ 900], loss: 5.${number}, ` +
  "per_step_time: 200ms, lr: 0.001, overflow cond: False, loss_scale: 1.0, global_norm: [1.5], " +
  "train_throughput_per_npu: 0.1T";

/** Two nodes of a rank each that train; every look is 20 s and 100 steps after the last. */
function watched(share: (rank: number, look: number) => number) {
  let elapsed = 0;
  let look = 0;
  let asked = 0;
  const seen = [0, 1].map((rank) => ({ rank, looks: 0, busy: 0 }));
  const busy = async (rank: number) => {
    asked += 1;
    return [{ ...seen[rank] }];
  };
  const metrics = async () => ({ ranks: [], devices: [] });
  const nodes = ["node-a", "node-b"].map(
    (name, rank) => ({ name, metrics, busy: () => busy(rank) }) as unknown as RunNode,
  );
  const ranks = new Map(nodes.map((node, rank) => [rank, node]));
  const logs = new AttemptLogs({ attempt: 1, expected: [0, 1], lossRank: 1 });
  const clock = { now: () => elapsed, elapsed: () => elapsed, wait: async () => undefined };
  const watch = new QuietWatch({ nodes, ranks, logs, clock, findSlow: true });
  const overseer = new Overseer(recoveryPolicy());
  overseer.startAttempt(0, 0);
  const log = (rank: number, lines: readonly string[]) =>
    logs.accept({ path: `logs/worker_${rank}.log`, lines, offset: 0 }, elapsed, elapsed);
  const next = async () => {
    elapsed += 20_000;
    look += 1;
    for (const each of seen) {
      each.looks += 20;
      each.busy += 20 * share(each.rank, look);
    }
    for (const rank of [0, 1]) log(rank, [step(100 * look - 1), step(100 * look)]);
    const first = watch.look();
    // Answers of the nodes come with the next look.
    await new Promise((resolve) => setImmediate(resolve));
    return [...first, ...watch.look()].flatMap((each) => overseer.observe(each, { spares: [] }));
  };
  return { next, watch, asked: () => asked };
}

it("a rank that works while the other one waits is noted after eight observations, with its node", async () => {
  const { next } = watched((rank) => (rank === 1 ? 0.95 : 0.4));
  const decisions = [];
  for (let count = 0; count < 20; count += 1) {
    decisions.push(...(await next()));
    if (count < 8) expect(decisions).toEqual([]);
  }
  expect(decisions).toMatchObject([{ action: "note", finding: { kind: "slow-rank", rank: 1, node: "node-b" } }]);
});

it("asks nobody before all ranks train, nor twice in 20 s", async () => {
  const { next, watch, asked } = watched(() => 0.5);
  watch.look();
  expect(asked()).toBe(0);
  await next();
  expect(asked()).toBe(2);
  watch.look();
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked()).toBe(2);
});
