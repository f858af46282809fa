import { expect, it } from "vitest";
import { sparseLines } from "../../../../../src/run/supervise/observe/sparse-log.js";
import { stepLines } from "../../../../support/synthetic-run.js";

const saved =
  "2026-11-28 22:43:14,900 - mindformers/o[a.py:7] - INFO - Finish saving ckpt of epoch 1 step 90 using 0.1 seconds";

it("keeps the last steps, the step before every other line, and every other line, in their order", () => {
  const text = Array.from(
    { length: 300 },
    (_, index) => stepLines(index + 1, 300) + (index === 89 ? `${saved}\n` : ""),
  );
  const lines = sparseLines(Buffer.from(text.join("")));
  const steps = lines.map((line) => Number(/step:\[\s*(\d+)/.exec(line)?.[1] ?? 0));
  expect(steps).toEqual([90, 0, ...Array.from({ length: 64 }, (_, index) => 237 + index)]);
  expect(lines[1]).toBe(saved);
});

it("a last line without its end counts", () => {
  expect(sparseLines(Buffer.from(`one\r\n${saved}`))).toEqual(["one", saved]);
  expect(sparseLines(Buffer.alloc(0))).toEqual([]);
});
