import { describe, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { durationOf, type PlanSpeed, type WorkSize } from "../../../src/plan/estimate/speed.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { displayKey } from "../../../src/view/display-contract.js";

const size: WorkSize = {
  devices: 256,
  tokensPerStep: 524_288,
  flopsPerToken: 2.6e11,
  totalSteps: 1000,
  estimate: undefined,
};

describe("wall time and device hours", () => {
  test.each<[string, PlanSpeed, number]>([
    ["a step time", { stepTime: "30s" }, 30_000],
    ["tokens per second", { tokensPerSecond: 52_428.8 }, 10_000],
    ["tokens per second of a device", { tokensPerSecondPerDevice: 204.8 }, 10_000],
    ["a utilization", { utilization: 0.5, peakTflops: 376 }, (2.6e11 * 524_288 * 1000) / (0.5 * 376e12 * 256)],
  ])("from %s", (_, speed, stepMs) => {
    const duration = durationOf(speed, size);
    expect(duration?.stepMs).toBeCloseTo(stepMs, 6);
    expect(duration?.basis).toBe("stated");
    expect(duration?.workMs).toBeCloseTo(1000 * stepMs, 3);
    expect(duration?.deviceHours).toBeCloseTo((256 * 1000 * stepMs) / 3_600_000, 6);
  });

  test("measured: the median of the steps without the first ones, which compile", () => {
    const steps = [9000, 200, 150, 120, 110, 100, 101, 99, 100, 102, 98, 400].map((stepTimeMs) => ({ stepTimeMs }));
    expect(durationOf({ steps }, size)).toMatchObject({ stepMs: 100, basis: "measured" });
  });

  test("measured on fewer devices: the throughput per device is carried over", () => {
    const steps = [{ stepTimeMs: 1000 }];
    const duration = durationOf({ steps, tokensPerStep: 4096, devices: 8 }, size);
    expect(duration?.tokensPerSecond).toBeCloseTo((4096 / 8) * 256, 6);
  });

  test("not given: the estimate, which says so; without one nothing", () => {
    const estimate = { stepMs: 5000, arithmetic: "computing 5.0 s: assumed, not measured" };
    expect(durationOf(undefined, { ...size, estimate })).toMatchObject({
      ...estimate,
      basis: "estimated",
      workMs: 5e6,
    });
    expect(durationOf(undefined, size)).toBeUndefined();
  });

  test.each<[PlanSpeed, RegExp]>([
    [{ tokensPerSecond: 0 }, /expected a number above 0, found 0/],
    [{ steps: [] }, /found none with a time/],
    [{ stepTime: "fast" }, /speed\.stepTime/],
  ])("%j is refused", (speed, message) => {
    expect(() => durationOf(speed, size)).toThrow(message);
  });
});

test("a run of one device hour took 1 NPU-hours", async () => {
  const cluster = { device: "Ascend", nodes: ["10.0.0.1"], devicesPerNode: 8 } as const;
  const plan = await planRun(await openConfig("pretrain_deepseek3_1b"), { cluster, speed: { stepTime: "360ms" } });
  expect(plan.duration?.deviceHours).toBeCloseTo(1, 6);
  expect(plan[displayKey]()["text/plain"]).toMatch(/without failures, 1 NPU-hour$/m);
});
