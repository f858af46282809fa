import { expect, it } from "vitest";
import { Overseer } from "../../../../../src/recover/decide/overseer.js";
import { recoveryPolicy } from "../../../../../src/recover/decide/policy.js";
import type { NodeMetrics, RunNode } from "../../../../../src/run/nodes/node.js";
import { AttemptLogs } from "../../../../../src/run/supervise/observe/attempt-logs.js";
import { QuietWatch } from "../../../../../src/run/supervise/observe/quiet-watch.js";

/** Two nodes of two ranks each, with a clock that is moved by hand; every look is half a minute after the last. */
function watched(metrics: (node: string, look: number) => Promise<Partial<NodeMetrics>>) {
  let elapsed = 0;
  let looks = 0;
  const nodeOf = (name: string) =>
    ({ name, metrics: () => metrics(name, looks).then((found) => ({ devices: [], ...found })) }) as unknown as RunNode;
  const [first, second] = [nodeOf("node-a"), nodeOf("node-b")] as const;
  const ranks = new Map([0, 1, 2, 3].map((rank) => [rank, rank < 2 ? first : second]));
  const logs = new AttemptLogs({ attempt: 1, expected: [...ranks.keys()], lossRank: 3 });
  const clock = { now: () => elapsed, elapsed: () => elapsed, wait: async () => undefined };
  const watch = new QuietWatch({ nodes: [first, second], ranks, logs, clock });
  const overseer = new Overseer(recoveryPolicy());
  overseer.startAttempt(0, 0);
  return async () => {
    elapsed += 30_000;
    looks += 1;
    watch.look();
    // Answers of the nodes come with the next look.
    await new Promise((resolve) => setImmediate(resolve));
    return watch.look().flatMap((seen) => overseer.observe(seen, { spares: ["node-c"] }));
  };
}

it("a disk that will be full within six hours is noted once, with the node and the hours; the training continues", async () => {
  const look = watched(async (node, count) => ({ diskFreeBytes: node === "node-b" ? 4e12 - count * 1e10 : 4e12 }));
  const decisions = [];
  // Four minutes tell nothing about three hours.
  for (let count = 0; count < 8; count += 1) expect(await look()).toEqual([]);
  for (let count = 8; count < 24; count += 1) decisions.push(...(await look()));
  expect(decisions).toMatchObject([{ action: "note", finding: { kind: "disk-filling", cause: "disk-full" } }]);
  expect(decisions[0]?.finding.summary).toMatch(/^the disk of node-b is full in 3\.\d h/);
});

it("a disk that fills slowly, or gets room again, is no finding", async () => {
  const look = watched(async (_, count) => ({ diskFreeBytes: count % 2 === 0 ? 4e12 : 4e12 - 1e8 }));
  for (let count = 0; count < 8; count += 1) expect(await look()).toEqual([]);
});

it("an uncorrectable memory error names the rank of the device, and a spare takes the node's place", async () => {
  const look = watched(
    async (node) => ({ devices: [{ uncorrectable: 0 }, { uncorrectable: node === "node-b" ? 2 : 0 }] }) as never,
  );
  const [decision, ...more] = await look();
  expect(decision).toMatchObject({
    action: "replace-node",
    ...{ dropNode: "node-b", spare: "node-c" },
    finding: { kind: "device-error", cause: "device", rank: 3, node: "node-b" },
  });
  expect(more).toEqual([]);
});

it("a node that does not answer says nothing, and does not silence the others", async () => {
  const look = watched(async (node) => {
    if (node === "node-a") throw new Error("unreachable");
    return { devices: [{ uncorrectable: 1 }] } as never;
  });
  expect(await look()).toMatchObject([{ finding: { rank: 2, node: "node-b" } }]);
});
