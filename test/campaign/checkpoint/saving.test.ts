import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, inject, test } from "vitest";
import { openCheckpoint, openCheckpoints } from "../../../src/checkpoint/open/open.js";
import type { SavingOptions } from "../../../src/config/saving.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import { resumeRun } from "../../../src/run/launch/resume.js";
import type { Run } from "../../../src/run/run.js";
import { keepGraphs, takeGraphs } from "../../support/compiled-graphs.js";
import { tinyTraining } from "../../support/tiny-training.js";

const folder = mkdtempSync(join(tmpdir(), "saving-"));
const runs = join(folder, "runs");
const launched: Run[] = [];
afterAll(async () => {
  for (const run of launched) await run.stop({ graceful: false });
  rmSync(folder, { recursive: true, force: true });
});

const half = 3;

/** Trains six steps with two workers that save like this. */
async function train(name: string, options: SavingOptions): Promise<Run> {
  takeGraphs(inject("compiledGraphs"), runs);
  // Every rank has a bias of the experts of its own, of which the 1.9 layout saves one. It stays 0 here.
  const tiny = (await tinyTraining(folder, 2 * half)).set("model.model_config.moe_router_bias_update_rate", 0);
  const config = tiny.saving({ every: half, ...options });
  const run = await launchRun(await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 } }), {
    name,
    folder: runs,
  });
  launched.push(run);
  await run.wait({ timeout: "10m" });
  keepGraphs(inject("compiledGraphs"), runs);
  return run;
}

const points = async (run: Run) => (await openCheckpoints(run.checkpointDir)).all;
const stepsOf = async (run: Run) => (await points(run)).map(({ step, complete }) => [step, complete]);
const losses = async (run: Run) => (await run.steps()).map(({ step, loss }) => [step, loss]);

async function resumesAlike(run: Run, name: string): Promise<void> {
  const from = (await openCheckpoints(run.checkpointDir)).at(half);
  const next = await resumeRun(run, { from, name });
  launched.push(next);
  await next.wait({ timeout: "10m" });
  expect(await losses(next)).toEqual((await losses(run)).slice(half));
}

test("the 1.9 layout, written in the background by one rank of each value: recorded, and a resume continues", async () => {
  const run = await train("background", { layout: "iteration", write: "background" });
  expect(await stepsOf(run)).toEqual([
    [half, true],
    [2 * half, true],
  ]);
  expect((await run.status()).checkpointStep).toBe(2 * half);
  await resumesAlike(run, "background-2");
});

test("the 1.9 layout without copies: every tensor is in one file, and a resume continues", async () => {
  const run = await train("one-copy", { layout: "iteration", copies: "one" });
  const [point] = await points(run);
  expect([...((await point?.tensors()) ?? [])].filter(({ ranks }) => ranks.length > 1).map(({ name }) => name)).toEqual(
    [],
  );
  await resumesAlike(run, "one-copy-2");
});

test.each(["ranks", "iteration"] as const)("saveNow: both ranks save layout %s at the same step", async (layout) => {
  takeGraphs(inject("compiledGraphs"), runs);
  const config = (await tinyTraining(folder, 40)).saving({ every: 20, layout });
  const plan = await planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 } });
  const run = await launchRun(plan, { name: `asked-${layout}`, folder: runs });
  launched.push(run);
  const asked = await run.saveNow();
  expect(asked).toMatchObject({ complete: true, ranks: [0, 1], layout });
  await run.wait({ timeout: "10m" });
  const steps = [...new Set([asked.step, 20, 40])].sort((a, b) => a - b);
  expect(await stepsOf(run)).toEqual(steps.map((step) => [step, true]));
});

test("weights alone hold no moments and are no point to resume from", async () => {
  const run = await train("weights", { layout: "iteration", content: "weights" });
  const [point] = await points(run);
  expect([...((await point?.tensors()) ?? [])].filter(({ kind }) => kind === "optimizer")).toEqual([]);
});

test("folders of ranks: in the background, the weights once more, and only at the end", async () => {
  const run = await train("both", { write: "background", content: "both", every: "end", prefix: "wiki" });
  expect(await stepsOf(run)).toEqual([[2 * half, true]]);
  const network = join(run.folder, "output", "checkpoint_network", "rank_0");
  const [name = ""] = readdirSync(network).filter((file) => file.endsWith(".safetensors"));
  expect(name).toMatch(/^wiki_rank_0-network-/);
  const weights = await openCheckpoint(join(network, name));
  expect([...(await weights.tensors())].filter(({ kind }) => kind === "optimizer")).toEqual([]);
});
