import { expect, test } from "vitest";
import type { RunStatus } from "../../../../src/run/read/status.js";
import type { StepRecord } from "../../../../src/run/record/events.js";
import type { RunFile } from "../../../../src/run/record/run-file.js";
import { phaseOf, runView } from "../../../../src/run/watch/live-view.js";

const file = { name: "wiki", tokensPerStep: 256 } as RunFile;
const status = (rest: Partial<RunStatus>): RunStatus => ({
  ...{
    name: "wiki",
    state: "preparing",
    attempt: 1,
    step: 0,
    totalSteps: 9,
    processes: 2,
    startedAt: 1000,
    message: "",
  },
  ...rest,
});
const text = (rest: Partial<RunStatus>) =>
  String(runView({ file, steps: [], plots: ["loss"], now: 84_000 }, status(rest))["text/plain"]);

test.each([
  [{ state: "starting" }, "starting the engine"],
  [{ message: "Build Dataset For Train" }, "building the dataset"],
  [{ message: "Starting Training Model" }, "compiling the model's graph"],
] as const)(
  "before the first step of %j it says the phase, how long it took so far, and what it waits for",
  (rest, phase) => {
    expect(phaseOf(status(rest))?.name).toBe(phase);
    expect(text(rest)).toContain(phase);
    expect(text(rest)).toMatch(/elapsed +1m 23s/);
    expect(text(rest)).toContain("waiting for");
  },
);

test("a run that failed before its first step shows its log instead of axes from −1 to 6", () => {
  const failure = { message: "rank 1 ended", logTail: ["Traceback", "KeyError: 'x'"] };
  const shown = text({ state: "failed", endedAt: 61_000, message: "rank 1 ended", failure });
  expect(shown).toMatch(/failed · step 0 of 9/);
  expect(shown).toContain("KeyError: 'x'");
});

test("several plots are panels of one figure; those without values are named instead of drawn", () => {
  const steps = [1, 2, 3].map(
    (step) => ({ step, loss: 7 - step, gradNorm: 1, stepTimeMs: 9 }) as unknown as StepRecord,
  );
  const plots = ["loss", "mtp_loss", "grad_norm"] as const;
  const bundle = runView({ file, steps, plots, now: 0 }, status({ state: "training", step: 3 }));
  const { data, layout } = bundle["application/vnd.plotly.v1+json"] as { data: unknown[]; layout: object };
  expect(data).toHaveLength(2);
  expect(layout).toHaveProperty("yaxis2");
  expect(layout).not.toHaveProperty("yaxis3");
  expect(bundle["text/plain"]).toContain("Not reported so far: mtp_loss.");
  expect(bundle["image/svg+xml"]).not.toMatch(/NaN|undefined/);
});
