import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createKernelWorld, type KernelWorld } from "../../support/kernelspec.js";

let world: KernelWorld;
beforeAll(() => {
  world = createKernelWorld();
});
afterAll(() => world.remove());

it("passes jupyter_kernel_test with every optional sample but the pager's", async () => {
  const { stdout, stderr } = await world.python([join(import.meta.dirname, "conformance.py")]);
  const report = JSON.parse(stdout.trim().split("\n").at(-1) || "null");
  expect(report, stderr).not.toBeNull();
  console.log(`jupyter_kernel_test: ${report.run} run, ${Object.keys(report.failed).length} failed`);
  expect(report.failed).toEqual({});
  expect(report.skipped).toEqual({ test_pager: "No code page something" });
  expect(report.run).toBe(13);
});
