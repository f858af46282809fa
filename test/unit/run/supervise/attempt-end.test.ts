import { expect, it } from "vitest";
import type { NodeMetrics, RunNode } from "../../../../src/run/nodes/node.js";
import { type AttemptEnd, withDisk } from "../../../../src/run/supervise/attempt-end.js";

const node = (name: string, diskFreeBytes: number | undefined) =>
  ({ name, metrics: async () => ({ diskFreeBytes }) as NodeMetrics }) as unknown as RunNode;
const ended = (message: string, state: "failed" | "finished" = "failed") =>
  ({ verdict: { state, message, fault: { message } } }) as unknown as AttemptEnd;

it("a worker that can't write its last words because the disk is full: the message names the disk", async () => {
  const nodes = [node("a", 1e9), node("b", 4096), node("c", undefined)];
  const { verdict } = await withDisk(ended("msrun ended with exit code 1 after step 416 of 3000"), nodes);
  expect(verdict.message).toBe(
    "msrun ended with exit code 1 after step 416 of 3000; the disk of b is full (4.00 KB free)",
  );
  expect(verdict.fault?.message).toBe(verdict.message);
  const untouched = [ended("done", "finished"), ended("OSError: No space left on device")];
  for (const end of untouched) expect(await withDisk(end, nodes)).toBe(end);
  const end = ended("a rank was killed");
  expect(await withDisk(end, [node("a", 1e9)])).toBe(end);
  const silent = { name: "a", metrics: async () => Promise.reject(new Error("gone")) } as unknown as RunNode;
  expect(await withDisk(end, [silent])).toBe(end);
});
