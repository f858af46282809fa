import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createKernelWorld, type KernelWorld } from "../../support/kernelspec.js";

let world: KernelWorld;
beforeAll(() => {
  world = createKernelWorld();
});
afterAll(() => world.remove());

it("interrupts hit the cell that they are meant for: also one that waits for the evaluator, and never the cells after it", async () => {
  const { stdout, stderr } = await world.python([join(import.meta.dirname, "interrupts.py")]);
  const report = JSON.parse(stdout.trim().split("\n").at(-1) || "null");
  expect(report, stderr).not.toBeNull();
  expect(new Set(report.names)).toEqual(new Set(["KeyboardInterrupt"]));
  expect(report.wrong).toEqual([]);
  expect(report.exit).toBe(0);
  // The first one also waits until the evaluator is there.
  expect(Math.max(...report.times.slice(1))).toBeLessThan(2000);
});
