import { expect, it } from "vitest";
import type { RunNode } from "../../../../../src/run/nodes/node.js";
import { MemoryKills } from "../../../../../src/run/supervise/observe/memory-kills.js";

/** A node whose kernel counts up by what each question is given. */
function nodeWith(counts: readonly (number | undefined)[]): RunNode {
  const left = [...counts];
  const read = async () => {
    const count = left.shift();
    return count === undefined ? undefined : Buffer.from(`pgfault 12\noom_kill ${count}\nnuma_hit 1\n`);
  };
  return { name: "node-a", read } as unknown as RunNode;
}

const killed = (fault: object) => ({
  state: "failed" as const,
  message: "rank 1 ended",
  fault: { message: "", ...fault },
});

it("a worker that the kernel ended for want of memory was said to be killed by somebody", async () => {
  const node = nodeWith([4, 5]);
  const explained = await new MemoryKills([node]).explain(killed({ rank: 1, signal: "SIGKILL" }), node);
  const message = "rank 1 ended; the kernel of node-a has ended a process because memory ran out";
  expect(explained).toMatchObject({ message, fault: { message, rank: 1 } });
});

it("a kill while the kernel's count stays, an exit code, and a system that does not count have no such reason", async () => {
  const same = nodeWith([4, 4]);
  expect(await new MemoryKills([same]).explain(killed({ signal: "SIGKILL" }), same)).toBeUndefined();
  const other = nodeWith([4, 5]);
  expect(await new MemoryKills([other]).explain(killed({ exitCode: 1 }), other)).toBeUndefined();
  const silent = nodeWith([undefined, undefined]);
  expect(await new MemoryKills([silent]).explain(killed({}), silent)).toBeUndefined();
});
