import { afterEach, expect, it } from "vitest";
import type { Clock } from "../../../../src/core/clock.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import type { RunReader } from "../../../../src/run/read/run-reader.js";
import type { RunStatus } from "../../../../src/run/read/status.js";
import type { Run } from "../../../../src/run/run.js";
import { watchRun } from "../../../../src/run/watch/watch.js";
import {
  type DisplayOptions,
  hostKey,
  type JupyterHost,
  type MimeBundle,
} from "../../../../src/view/display-contract.js";
import { fakePlan, runsFolder } from "../../../support/fake-plan.js";

const shown: { data: MimeBundle; options: DisplayOptions | undefined }[] = [];
const cell = { controller: new AbortController() };
const host: JupyterHost = {
  version: 1,
  display: (data, options) => void shown.push({ data, options }),
  clearOutput: () => undefined,
  get signal() {
    return cell.controller.signal;
  },
  interactive: true,
};
const global = globalThis as { [hostKey]?: JupyterHost };
const runs: Run[] = [];

afterEach(async () => {
  delete global[hostKey];
  shown.length = 0;
  cell.controller = new AbortController();
  for (const run of runs.splice(0)) await run.stop({ graceful: false });
});

async function launch(steps: number): Promise<Run> {
  const run = await launchRun(fakePlan({ steps }), { name: "watched", folder: runsFolder() });
  runs.push(run);
  global[hostKey] = host;
  return run;
}

const lastPoint = (data: MimeBundle) =>
  (data["application/vnd.plotly.v1+json"] as { data: { x: number[] }[] }).data[0]?.x.at(-1);

/** What each figure shows in the end; the frames of several figures may come in any order. */
const finalFrames = () => [
  ...new Map(
    shown
      .filter(({ options }) => options?.displayId !== undefined)
      .map(({ data, options }) => [options?.displayId, data]),
  ).values(),
];

it("shows one figure with a panel per plot, moves it while the run trains, and ends with the last step", async () => {
  const run = await launch(100);
  const live = run.watch({ plots: ["loss", "grad_norm"] });
  expect(live).not.toHaveProperty("then");
  expect(shown).toHaveLength(1);
  await live.done;
  const moving = shown.filter(({ options }) => options?.displayId !== undefined);
  expect(new Set(moving.map(({ options }) => options?.displayId)).size).toBe(1);
  expect(moving.slice(1).every(({ options }) => options?.update === true)).toBe(true);
  expect(moving.length).toBeGreaterThan(3);
  const [data = {}] = finalFrames();
  const { data: traces } = data["application/vnd.plotly.v1+json"] as { data: { x: number[]; yaxis?: string }[] };
  expect(traces.map(({ x, yaxis }) => [x.at(-1), yaxis])).toEqual([
    [100, undefined],
    [100, "y2"],
  ]);
  expect(data["image/svg+xml"]).toContain("<svg");
  expect(data["text/plain"]).toContain("finished · step 100 of 100");
});

it("in batch, where nobody sees a figure move, each phase is a line of its own, once", async () => {
  const run = await launch(60);
  global[hostKey] = { ...host, interactive: false };
  await run.watch().done;
  const lines = shown.map(({ data }) => String(data["text/plain"])).filter((text) => /^run watched: /.test(text));
  expect(lines.at(-1)).toBe("run watched: finished");
  expect(new Set(lines).size).toBe(lines.length);
});

/** Lines that a watch in batch shows of a run whose status `at` gives, by the second since its start. */
async function linesInBatch(at: (second: number) => Partial<RunStatus>): Promise<string[]> {
  global[hostKey] = { ...host, interactive: false };
  let now = 1_700_000_000_000;
  const start = now;
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    wait: async (ms) => {
      now += ms;
    },
  };
  const status = async () => ({ name: "first", processes: 1, startedAt: start, message: "", totalSteps: 120, step: 0 });
  const reader = {
    file: { name: "first", createdAt: start },
    folder: "/runs/first",
    clock,
    status: async () => ({ ...(await status()), ...at((now - start) / 1000) }),
    steps: async () => [],
  };
  await watchRun(reader as unknown as RunReader, {}).done;
  return shown.map(({ data }) => String(data["text/plain"])).filter((text) => /^run first: /.test(text));
}

it("in batch, a line every 30 seconds says step, loss, and time left, also while the step stands still", async () => {
  const lines = await linesInBatch((second) => {
    if (second < 40) return { state: "preparing", message: "Starting Training Model" };
    if (second > 105) return { state: "finished", step: 120 };
    const step = Math.min(30, Math.floor(second - 39));
    return { state: "training", step, loss: 9 - step / 10, remainingMs: (120 - step) * 1000 };
  });
  expect(lines).toEqual([
    "run first: compiling the model's graph",
    "run first: compiling the model's graph · 30.0 s so far",
    "run first: training",
    "run first: training · step 30 of 120 · loss 6.0000 · 1m 30s left",
    "run first: training · step 30 of 120 · loss 6.0000 · 1m 30s left",
    "run first: finished",
  ]);
});

it("says from the first second what the run is waiting for, without empty axes", async () => {
  const run = await launch(100);
  const live = run.watch();
  await live.done;
  const early = shown.filter(({ data }) => data["image/svg+xml"] === undefined);
  expect(early.length).toBeGreaterThan(0);
  expect(early.map(({ data }) => data["text/plain"]).join("\n")).not.toContain("NaN");
});

it("ends when its cell is interrupted or it is closed, and says that the training continues, and how to follow it", async () => {
  const run = await launch(5000);
  const live = run.watch();
  const waiting = run.wait();
  await run.wait({ untilStep: 2, timeout: "4m" });
  cell.controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: "CANCELLED" });
  await live.done;
  const told = shown
    .map(({ data }) => String(data["text/plain"]))
    .filter((text) => text.includes("continues training"));
  expect(told).toEqual([
    expect.stringContaining("Run watched continues training in the background. To follow it: (await"),
  ]);
  expect(told[0]).toMatch(/await openRun\("watched".*\)\)\.watch\(\).*\.stop\(\)\.$/);
  const [left = {}] = finalFrames();
  expect(left["text/plain"]).toMatch(/watched: not followed since step \d+ of 5,000 · loss/);
  expect(left["text/plain"]).not.toContain("left");
  cell.controller = new AbortController();
  const other = run.watch();
  other.close();
  await other.done;
  expect(shown.filter(({ data }) => String(data["text/plain"]).includes("continues training"))).toHaveLength(1);
  const { step } = await run.status();
  await run.wait({ untilStep: step + 3, timeout: "4m" });
});

it("two figures of one run do no harm to each other", async () => {
  const run = await launch(60);
  const both = [run.watch(), run.watch({ plots: ["throughput"] })];
  await Promise.all(both.map(({ done }) => done));
  expect(finalFrames().map(lastPoint)).toEqual([60, 60]);
});
