import { expect, test } from "vitest";
import { axisOf, rangeOf } from "../../../../src/view/charts/axis.js";
import { linearTicks, logTicks, tickLabels } from "../../../../src/view/charts/ticks.js";

test.each([
  [0, 10, 5, [0, 2, 4, 6, 8, 10]],
  [0.1, 0.9, 4, [0.2, 0.4, 0.6, 0.8]],
  [-1, 1, 4, [-1, -0.5, 0, 0.5, 1]],
  [6.69, 6.91, 5, [6.7, 6.75, 6.8, 6.85, 6.9]],
])("a linear axis from %d to %d has round steps", (low, high, target, ticks) => {
  expect(linearTicks(low, high, { target })).toEqual(ticks);
});

test("an axis of whole numbers has no steps below one", () => {
  expect(linearTicks(1, 3, { target: 8, integer: true })).toEqual([1, 2, 3]);
});

test("a logarithmic axis has powers of ten, evenly chosen if there are many, and digits between them if there are few", () => {
  expect(logTicks(1e-9, 1e-5, 5)).toEqual([1e-9, 1e-8, 1e-7, 1e-6, 1e-5]);
  expect(logTicks(1e-9, 1e3, 6)).toEqual([1e-9, 1e-7, 1e-5, 1e-3, 0.1, 10, 1000]);
  expect(logTicks(2, 30, 5)).toEqual([2, 5, 10, 20]);
  expect(logTicks(2, 6, 5)).toEqual([2, 3, 4, 5, 6]);
  expect(logTicks(2.1, 2.2, 2).length).toBeGreaterThan(1);
});

test.each([
  [
    [0, 50000],
    ["0", "50,000"],
  ],
  [
    [0, 500000, 1000000],
    ["0", "0.5M", "1.0M"],
  ],
  [
    [100000, 150000],
    ["100k", "150k"],
  ],
  [
    [2e9, 2.5e9],
    ["2.0B", "2.5B"],
  ],
  [
    [6.7, 6.75],
    ["6.70", "6.75"],
  ],
  [
    [-1, 0, 1],
    ["−1", "0", "1"],
  ],
  [
    [1e-5, 2e-5],
    ["1e-5", "2e-5"],
  ],
  [[1e20], ["1e20"]],
])("positions %j are labeled %j", (ticks, labels) => {
  expect(tickLabels(ticks)).toEqual(labels);
});

test("a range without values or with a single one still makes an axis", () => {
  for (const values of [[], [5], [0], [Number.NaN], [-3]]) {
    const axis = axisOf({ ...rangeOf(values, false), log: false, integer: false, target: 5 }, 0, 100);
    expect(axis.ticks.length).toBeGreaterThan(0);
    for (const value of values) if (!Number.isNaN(value)) expect(axis.place(value)).toBeCloseTo(50);
  }
});
