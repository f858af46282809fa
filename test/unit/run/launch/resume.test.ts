import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it, vi } from "vitest";
import { openCheckpoints } from "../../../../src/checkpoint/open/open.js";
import { compareRuns } from "../../../../src/run/compare.js";
import { launchRun } from "../../../../src/run/launch/launch.js";
import { resumeRun } from "../../../../src/run/launch/resume.js";
import type { Run } from "../../../../src/run/run.js";
import { displayKey } from "../../../../src/view/display-contract.js";
import { runsFolder } from "../../../support/fake-plan.js";
import { rememberRuns } from "../../../support/remembered-runs.js";
import { standInPlan } from "../../../support/stand-in-plan.js";

const remember = rememberRuns();
beforeEach(() => {
  vi.stubEnv("FAKE_STEPS", "120");
  vi.stubEnv("FAKE_STEP_MS", "10");
});

async function stoppedRun(folder: string): Promise<Run> {
  const run = remember(await launchRun(await standInPlan(folder, 240), { name: "wiki", folder }));
  await run.wait({ untilStep: 5, timeout: "4m" });
  await run.stop();
  return run;
}

it("continues the step counter from the step inside the checkpoint, in a run of its own", async () => {
  const folder = runsFolder();
  const run = await stoppedRun(folder);
  const last = (await openCheckpoints(run.checkpointDir)).latestComplete();
  const next = remember(await resumeRun(run));
  expect(next.name).toBe("wiki-2");
  expect(next.description.parent).toEqual({ name: "wiki", folder: run.folder, step: last.step });
  expect((await next.wait({ timeout: "4m" })).state).toBe("finished");
  const steps = await next.steps();
  expect(steps[0]?.step).toBe(last.step + 1);
  expect(steps.at(-1)?.step).toBe(120);
  const third = remember(await resumeRun(next, { from: (await openCheckpoints(run.checkpointDir)).at(last.step) }));
  expect(third.name).toBe("wiki-3");
});

it("resuming twice under one name starts one training", async () => {
  const folder = runsFolder();
  const run = await stoppedRun(folder);
  const next = remember(await resumeRun(run, { name: "again" }));
  await next.wait({ timeout: "4m" });
  expect((await resumeRun(run, { name: "again" })).note).toContain("nothing was started");
});

it("a resume that was done is returned: live, after its end, and without its parent's checkpoints", async () => {
  const folder = runsFolder();
  const run = await stoppedRun(folder);
  vi.stubEnv("FAKE_STEP_MS", "100");
  const next = remember(await resumeRun(run, { name: "again" }));
  const live = await resumeRun(run, { name: "again" });
  expect([live.folder, live.note]).toEqual([next.folder, expect.stringMatching(/^the same training is live/)]);
  await next.stop();
  await rm(run.checkpointDir, { recursive: true });
  expect((await resumeRun(run, { name: "again" })).note).toMatch(/^the same training was stopped/);
  await expect(resumeRun(run, { name: "again", set: { seed: 7 } })).rejects.toMatchObject({
    code: "RESUME_IMPOSSIBLE",
  });
});

it("resuming a run that did all its steps returns it with a line instead of RESUME_IMPOSSIBLE", async () => {
  const folder = runsFolder();
  vi.stubEnv("FAKE_SAVE_EVERY", "40");
  const run = remember(await launchRun(await standInPlan(folder, 240), { name: "whole", folder }));
  await run.wait({ timeout: "4m" });
  const again = await resumeRun(run);
  expect([again.folder, again.note]).toEqual([run.folder, expect.stringMatching(/nothing is left to resume/)]);
});

it("hands the engine exactly one checkpoint, as links with a meta.json per rank", async () => {
  vi.stubEnv("FAKE_SAVE_EVERY", "10");
  const folder = runsFolder();
  const run = await stoppedRun(folder);
  const from = (await openCheckpoints(run.checkpointDir)).at(10);
  const next = remember(await resumeRun(run, { from, name: "from-10" }));
  await next.stop({ graceful: false });
  const staged = join(next.folder, "resume");
  expect(readdirSync(staged)).toEqual(["rank_0", "rank_1"]);
  for (const rank of [0, 1]) {
    const name = `fake_rank_${rank}-1_10.safetensors`;
    expect(readdirSync(join(staged, `rank_${rank}`)).sort()).toEqual([name, "meta.json"]);
    expect(JSON.parse(readFileSync(join(staged, `rank_${rank}`, "meta.json"), "utf8"))).toEqual({
      last_epoch: 1,
      last_step: 10,
      last_ckpt_file: name,
    });
    expect(statSync(join(staged, `rank_${rank}`, name)).nlink).toBe(2);
  }
  const argv = next.description.commands[0]?.argv ?? [];
  expect(argv.slice(-4)).toEqual(["--load_checkpoint", staged, "--resume_training", "True"]);
  expect((await next.steps())[0]?.step ?? 11).toBe(11);
});

it("a resumed run that died before its own first checkpoint continues from the one it was given", async () => {
  const folder = runsFolder();
  const run = await stoppedRun(folder);
  vi.stubEnv("FAKE_LAUNCHER_EXIT", "1");
  await expect(resumeRun(run, { name: "dead" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  vi.stubEnv("FAKE_LAUNCHER_EXIT", "");
  const { openRun } = await import("../../../../src/run/open.js");
  const dead = await openRun("dead", { folder });
  const next = remember(await resumeRun(dead));
  expect(next.description.parent?.step).toBe(run.description.parent?.step ?? next.description.parent?.step);
  await next.wait({ timeout: "4m" });
  expect((await next.steps())[0]?.step).toBe((next.description.parent?.step ?? 0) + 1);
});

it("changes of the configuration reach the new run only", async () => {
  const folder = runsFolder();
  const run = await stoppedRun(folder);
  const before = readFileSync(join(run.folder, "config.yaml"), "utf8");
  const next = remember(await resumeRun(run, { set: { "lr_schedule.learning_rate": 1e-4 }, name: "slower" }));
  expect(readFileSync(join(next.folder, "config.yaml"), "utf8")).toMatch(
    /learning_rate: 0\.0001|learning_rate: 1\.0?e-4/,
  );
  expect(readFileSync(join(run.folder, "config.yaml"), "utf8")).toBe(before);
});

it("refuses a live run, a checkpoint that lacks a rank, and one without a step left", async () => {
  const folder = runsFolder();
  vi.stubEnv("FAKE_STEPS", "4000");
  const run = remember(await launchRun(await standInPlan(folder, 240), { name: "live", folder }));
  await expect(resumeRun(run)).rejects.toMatchObject({ code: "RUN_LIVE", hint: "await run.stop()" });
  await run.wait({ untilStep: 5, timeout: "4m" });
  await run.stop();
  const last = (await openCheckpoints(run.checkpointDir)).latestComplete();
  await expect(
    resumeRun(run, { from: { ...last, step: last.step, complete: true, files: last.files.slice(0, 1) } }),
  ).rejects.toMatchObject({
    code: "RESUME_IMPOSSIBLE",
    message: expect.stringContaining("each of 2 ranks"),
  });
  const whole = { complete: true, files: last.files, step: 120 };
  await expect(resumeRun(run, { from: whole, set: { seed: 7 } })).rejects.toMatchObject({
    code: "RESUME_IMPOSSIBLE",
    message: expect.stringContaining("nothing is left"),
  });
  await rm(run.checkpointDir, { recursive: true });
  await expect(resumeRun(run)).rejects.toMatchObject({ code: "RESUME_IMPOSSIBLE" });
  expect(existsSync(join(folder, "live-2"))).toBe(false);
});

it("draws a resumed run where its global steps are, with both runs as named lines", async () => {
  const folder = runsFolder();
  const run = await stoppedRun(folder);
  const next = remember(await resumeRun(run));
  await next.wait({ timeout: "4m" });
  const comparison = compareRuns([run, next]);
  const figure = await comparison.plot("loss", { x: "step" })[displayKey]();
  const { data } = figure["application/vnd.plotly.v1+json"] as { data: { name: string; x: number[] }[] };
  const line = (name: string) => data.find((one) => one.name === name);
  expect(line("wiki")?.x[0]).toBe(1);
  expect(line("wiki-2")?.x[0]).toBe((next.description.parent?.step ?? 0) + 1);
  const tokens = await comparison.plot("loss", { x: "tokens" })[displayKey]();
  const { data: byTokens } = tokens["application/vnd.plotly.v1+json"] as { data: { name: string; x: number[] }[] };
  expect(byTokens.find((one) => one.name === "wiki-2")?.x[0]).toBe(((next.description.parent?.step ?? 0) + 1) * 256);
  expect((await comparison[displayKey]())["text/plain"]).toContain("wiki from step");
});
