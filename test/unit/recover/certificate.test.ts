import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareAfterResume } from "../../../src/recover/certificate/after.js";
import { certify, type ResumeFacts } from "../../../src/recover/certificate/certificate.js";
import { batchSizeFor, filesForRanks, workOutChange } from "../../../src/recover/certificate/change.js";
import { gradeDifferences } from "../../../src/recover/certificate/config-differences.js";

const rank = (number: number, more = {}) => ({
  rank: number,
  weights: 30,
  optimizer: 60,
  step: 20,
  epoch: 1,
  lossScale: 1,
  globalBatch: 4,
  ...more,
});
const facts = (more: Partial<ResumeFacts> = {}): ResumeFacts => ({
  step: 20,
  ranks: [rank(0), rank(1)],
  expectedRanks: 2,
  totalSteps: 100,
  change: workOutChange(20, { workers: 2, globalBatch: 4 }, { workers: 2, globalBatch: 4 }),
  workers: { saved: 2, wanted: 2 },
  differences: [],
  versions: [],
  ignoresDataPosition: false,
  ...more,
});
const red = (more: Partial<ResumeFacts>) =>
  certify(facts(more))
    .checks.filter(({ verdict }) => verdict === "red")
    .map(({ what }) => what);

describe("the certificate before a resume", () => {
  it("is green when every rank has everything and all say the same", () => {
    expect(certify(facts()).checks.filter(({ verdict }) => verdict !== "green")).toEqual([]);
    expect(certify(facts()).verdict).toBe("green");
  });

  it.each<[string, Partial<ResumeFacts>, string]>([
    ["a rank without a file", { ranks: [rank(0)] }, "ranks"],
    ["a truncated file", { ranks: [rank(0), rank(1, { problem: "ends after 100 of 200 bytes" })] }, "ranks"],
    ["the file of another step on one rank", { ranks: [rank(0), rank(1, { step: 10 })] }, "step"],
    ["a checkpoint whose files all say another step", { step: 30 }, "step"],
    ["weights without optimizer state", { ranks: [rank(0), rank(1, { optimizer: 0 })] }, "optimizer"],
    ["two loss scales", { ranks: [rank(0), rank(1, { lossScale: 1024 })] }, "loss scale"],
    ["a checkpoint saved after the loss went bad", { badFromStep: 15 }, "health"],
    ["one that MindFormers calls unhealthy", { healthy: false }, "health"],
    ["bytes that differ from the seal", { sealed: false }, "health"],
    ["a step at the end of the training", { totalSteps: 20 }, "data position"],
    [
      "another model",
      { differences: gradeDifferences([{ path: "model.model_config.hidden_size", was: 64, now: 128 }]) },
      "configuration",
    ],
  ])("is red for %s", (_, more, what) => {
    expect(red(more)).toContain(what);
    expect(certify(facts(more)).checks.filter(({ verdict, hint }) => verdict === "red" && hint === undefined)).toEqual(
      [],
    );
  });

  it("is red if a sample would be seen twice, and names the steps that divide", () => {
    const change = workOutChange(21, { workers: 2, globalBatch: 4 }, { workers: 4, globalBatch: 8 });
    expect(change).toMatchObject({ initialStep: 10, seenTwice: 4, exactEvery: 2 });
    expect(certify(facts({ change })).checks.find(({ what }) => what === "data position")).toMatchObject({
      verdict: "red",
      hint: expect.stringContaining("multiple of 2"),
    });
  });

  it("is yellow for another learning rate, and green for another output folder", () => {
    const with_ = (path: string) =>
      certify(facts({ differences: gradeDifferences([{ path, was: 1, now: 2 }]) })).verdict;
    expect(with_("lr_schedule.learning_rate")).toBe("yellow");
    expect(with_("output_dir")).toBe("green");
    expect(with_("no.such.key")).toBe("yellow");
  });
});

describe("a change of the world", () => {
  it("counts every sample exactly once or says how many come twice", () => {
    const size = fc.integer({ min: 1, max: 4096 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), size, size, (step, before, now) => {
        const change = workOutChange(step, { workers: 1, globalBatch: before }, { workers: 1, globalBatch: now });
        expect(change.initialStep * now + change.seenTwice).toBe(step * before);
        expect(change.seenTwice).toBeLessThan(now);
        expect((change.exactEvery * before) % now).toBe(0);
        expect(
          workOutChange(step * change.exactEvery, { workers: 1, globalBatch: before }, { workers: 1, globalBatch: now })
            .seenTwice,
        ).toBe(0);
      }),
      { seed: 13, numRuns: 500 },
    );
  });

  it("gives each new rank the file of a rank with the same values, and refuses where ranks hold parts", () => {
    const pure = { workers: 2, tensorParallel: 1, pipelineStages: 1, optimizerSharded: false };
    expect(filesForRanks(pure, 4)).toEqual({ from: [0, 1, 0, 1] });
    expect(filesForRanks(pure, 1)).toEqual({ from: [0] });
    expect(filesForRanks({ ...pure, workers: 4 }, 3)).toEqual({ from: [0, 1, 2] });
    expect(filesForRanks({ ...pure, pipelineStages: 2 }, 1)).toMatchObject({
      reason: expect.stringContaining("layers over 2 stages"),
    });
    expect(filesForRanks({ ...pure, pipelineStages: 2 }, 2)).toEqual({ from: [0, 1] });
    expect(batchSizeFor(8, { workers: 4, accumulation: 1 })).toBe(2);
    expect(batchSizeFor(6, { workers: 4, accumulation: 1 })).toBeUndefined();
  });
});

describe("the comparison after a resume", () => {
  const recorded = Array.from({ length: 50 }, (_, i) => ({ step: i + 1, loss: 6 - i * 0.01 }));
  const options = { fromStep: 20, steps: 5, tolerance: 1e-3 };
  const resumed = (factor: number, from = 21) =>
    Array.from({ length: 5 }, (_, i) => ({ step: from + i, loss: (6 - (from - 1 + i) * 0.01) * factor }));

  it("tells exact, equal, and diverged apart", () => {
    expect(compareAfterResume(recorded, resumed(1), options)).toMatchObject({
      verdict: "exact",
      against: "recorded losses",
      steps: 5,
    });
    expect(compareAfterResume(recorded, resumed(1.0001), options)).toMatchObject({ verdict: "equal" });
    expect(compareAfterResume(recorded, resumed(1.1), options)).toMatchObject({ verdict: "diverged" });
    expect(compareAfterResume(recorded, resumed(Number.NaN), options)).toMatchObject({ verdict: "diverged" });
  });

  it("is not called diverged because the record of a step holds the NaN that the run went back from", () => {
    const bad = recorded.map((point) => (point.step >= 23 ? { ...point, loss: Number.NaN } : point));
    expect(compareAfterResume(bad, resumed(1), options)).toMatchObject({ verdict: "exact", steps: 2 });
  });

  it("waits for enough steps, but not with a divergence", () => {
    expect(compareAfterResume(recorded, resumed(1).slice(0, 2), options).verdict).toBe("pending");
    expect(compareAfterResume(recorded, resumed(2).slice(0, 1), options).verdict).toBe("diverged");
  });

  it("holds steps that were never reached against the trend", () => {
    const beyond = { ...options, fromStep: 50 };
    expect(compareAfterResume(recorded, resumed(1, 51), beyond)).toMatchObject({ verdict: "equal", against: "trend" });
    expect(compareAfterResume(recorded, resumed(2, 51), beyond)).toMatchObject({
      verdict: "diverged",
      against: "trend",
    });
    expect(compareAfterResume([], resumed(1, 51), beyond)).toMatchObject({ verdict: "pending", against: "nothing" });
  });
});
