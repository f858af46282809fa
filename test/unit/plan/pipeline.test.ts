import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PipelineSettings, pipelineTimeline, stageOrder } from "../../../src/plan/estimate/timeline.js";

function settings(
  order: PipelineSettings["order"],
  stages: number,
  microBatches: number,
  blocks = 1,
): PipelineSettings {
  const forward = Array.from({ length: blocks }, () => new Array<number>(stages).fill(1));
  return { order, stages, microBatches, blocks, forward, backwardFactor: 2 };
}

describe("the order of a stage's work", () => {
  test("1F1B: the first of four stages runs three forward passes ahead, the last none", () => {
    const text = (stage: number) =>
      stageOrder(settings("1f1b", 4, 5), stage)
        .map(({ kind, microBatch }) => `${kind === "forward" ? "F" : "B"}${microBatch}`)
        .join(" ");
    expect(text(0)).toBe("F0 F1 F2 F3 B0 F4 B1 B2 B3 B4");
    expect(text(3)).toBe("F0 B0 F1 B1 F2 B2 F3 B3 F4 B4");
  });

  test("interleaved: micro-batches go in groups of as many as stages through all blocks", () => {
    const forwards = stageOrder(settings("interleaved", 2, 4, 2), 1)
      .filter(({ kind }) => kind === "forward")
      .map(({ block, microBatch }) => `${block}.${microBatch}`);
    expect(forwards).toEqual(["0.0", "0.1", "1.0", "1.1", "0.2", "0.3", "1.2", "1.3"]);
  });
});

describe("the timeline", () => {
  const bubble = (...args: Parameters<typeof settings>) => pipelineTimeline(settings(...args))?.bubble;

  test.each([
    [8, 32],
    [16, 32],
    [4, 4],
    [2, 7],
    [1, 3],
  ])("1F1B with %i equal stages and %i micro-batches has the bubble (p − 1)/(m + p − 1)", (p, m) => {
    expect(bubble("1f1b", p, m)).toBeCloseTo((p - 1) / (m + p - 1), 12);
    expect(bubble("gpipe", p, m)).toBeCloseTo((p - 1) / (m + p - 1), 12);
  });

  test.each([
    [8, 32, 2],
    [4, 8, 4],
    [2, 2, 2],
  ])("interleaved with %i stages, %i micro-batches, %i blocks: (p − 1)/(v·m + p − 1)", (p, m, v) => {
    expect(bubble("interleaved", p, m, v)).toBeCloseTo((p - 1) / (v * m + p - 1), 12);
  });

  test("every task runs once, after what it needs, and no stage does two things at a time", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        (p, m, v) => {
          const given = settings(v === 1 ? "1f1b" : "interleaved", p, m, v);
          const forward = given.forward.map((row, block) => row.map((_, stage) => 1 + ((block + stage) % 3)));
          const timeline = pipelineTimeline({ ...given, forward });
          // With fewer micro-batches than stages an interleaved order may not be possible; then there is no timeline at
          // all.
          if (timeline === undefined) return v > 1 && m % p !== 0;
          const end = new Map(
            timeline.tasks
              .flat()
              .map((task) => [`${task.kind} ${task.block * p + task.stage} ${task.microBatch}`, task.end]),
          );
          expect(end.size).toBe(2 * p * m * v);
          for (const tasks of timeline.tasks)
            tasks.forEach((task, index) => {
              expect(task.start).toBeGreaterThanOrEqual(tasks[index - 1]?.end ?? 0);
              const position = task.block * p + task.stage;
              const last = position === p * v - 1;
              const needs =
                task.kind === "forward"
                  ? end.get(`forward ${position - 1} ${task.microBatch}`)
                  : end.get(
                      last ? `forward ${position} ${task.microBatch}` : `backward ${position + 1} ${task.microBatch}`,
                    );
              expect(task.start).toBeGreaterThanOrEqual(needs ?? 0);
            });
          return true;
        },
      ),
      { numRuns: 150 },
    );
  });
});
