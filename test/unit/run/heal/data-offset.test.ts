import { expect, it } from "vitest";
import { openConfig } from "../../../../src/config/open.js";
import { keepOffset, offsetAfterSkip, offsetAt, offsetAtStart } from "../../../../src/run/heal/data-offset.js";
import type { DecisionEvent } from "../../../../src/run/record/events.js";

const tiny = () => openConfig("pretrain_deepseek3_tiny_cpu");
const skip = (from: number, bad: number, batches: number): DecisionEvent => ({
  ...{ kind: "decision", time: 0, attempt: 1, decision: "skip-data", reason: "a spike" },
  ...{ fromStep: from, skip: { fromStep: bad, batches } },
});

it("data_skip_steps of the launch is an offset to the steps, not the position of every restart", async () => {
  const config = (await tiny()).set("data_skip_steps", 50);
  expect(offsetAtStart(await tiny(), {})).toBe(0);
  expect(offsetAtStart(config, {})).toBe(50);
  expect(offsetAtStart(config, { parent: { name: "first", folder: "/runs/first", step: 40 } })).toBe(10);
});

it("two spikes: each moves the data by what lies between the checkpoint and the last bad batch", () => {
  // Steps 81 and later read batches 106 and later; the step 100 that goes bad then reads batch 125.
  const once = offsetAfterSkip(0, { fromStep: 100, batches: 6 }, 80);
  expect(once).toBe(25);
  expect(offsetAfterSkip(once, { fromStep: 100, batches: 2 }, 80)).toBe(46);
});

it("a checkpoint from before a spike has the data position of its own time", () => {
  const decisions = [skip(80, 100, 6), skip(120, 130, 1)];
  expect([60, 80, 81, 120, 121].map((step) => offsetAt(step, 0, decisions))).toEqual([0, 0, 25, 25, 35]);
});

it("another global batch after data was left out is refused with the way out", async () => {
  const config = await tiny();
  expect(keepOffset(config, 60, { decisions: [skip(80, 100, 6)], sameBatch: false })).toBe(false);
  expect(() => keepOffset(config, 120, { decisions: [skip(80, 100, 6)], sameBatch: false })).toThrow(
    "the data is 25 batches ahead of the steps, and the global batch would change",
  );
  expect(keepOffset(config, 120, { decisions: [skip(80, 100, 6)], sameBatch: true })).toBe(true);
  expect(config.get("data_skip_steps")).toBe(145);
});
