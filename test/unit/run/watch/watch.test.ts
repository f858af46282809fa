import { afterEach, expect, it } from "vitest";
import { launchRun } from "../../../../src/run/launch/launch.js";
import type { Run } from "../../../../src/run/run.js";
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

it("says from the first second what the run is waiting for, without empty axes", async () => {
  const run = await launch(100);
  const live = run.watch();
  await live.done;
  const early = shown.filter(({ data }) => data["image/svg+xml"] === undefined);
  expect(early.length).toBeGreaterThan(0);
  expect(early.map(({ data }) => data["text/plain"]).join("\n")).not.toContain("NaN");
});

it("ends when its cell is interrupted or it is closed, and the training continues", async () => {
  const run = await launch(5000);
  const live = run.watch();
  cell.controller.abort();
  await live.done;
  cell.controller = new AbortController();
  const other = run.watch();
  other.close();
  await other.done;
  const { step } = await run.status();
  await run.wait({ untilStep: step + 3, timeout: "4m" });
});

it("two figures of one run do no harm to each other", async () => {
  const run = await launch(60);
  const both = [run.watch(), run.watch({ plots: ["throughput"] })];
  await Promise.all(both.map(({ done }) => done));
  expect(finalFrames().map(lastPoint)).toEqual([60, 60]);
});
