import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { markedProcesses } from "../../../src/core/liveness/process-table.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import { openRun } from "../../../src/run/open.js";
import { originalOf } from "../../../src/run/record/copied-folder.js";
import { readLease } from "../../../src/run/record/lease.js";
import type { RunFile } from "../../../src/run/record/run-file.js";
import type { Run } from "../../../src/run/run.js";
import { startSupervisor, supervisorsOf } from "../../../src/run/supervise/start/start-supervisor.js";
import { fakePlan, runsFolder } from "../../support/fake-plan.js";

const launched: Run[] = [];
afterEach(async () => {
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

const pidsOf = async (run: Run) =>
  (await markedProcesses("MF_LAB_RUN_ID", run.description.id ?? "")).map(({ pid }) => pid).sort();

/** A run with its copy. A file that vanishes while it is copied is no harm. */
async function copied(steps: number, untilStep: number) {
  const folder = runsFolder();
  const plan = fakePlan({ steps });
  const run = await launchRun(plan, { name: "orig", folder });
  launched.push(run);
  await run.wait({ untilStep, timeout: "4m" });
  spawnSync("cp", ["-r", run.folder, join(folder, "backup")]);
  return { folder, plan, run, copy: await openRun("backup", { folder }) };
}

describe("a copy of the folder of a live run", () => {
  it("ended the training of the original when it was stopped; now nothing that is done to it does", async () => {
    const { folder, plan, run, copy } = await copied(20_000, 5);
    const pids = await pidsOf(run);
    expect(pids.length).toBeGreaterThan(2);
    expect(await copy.status()).toMatchObject({
      ...{ state: "lost", copyOf: run.folder, processes: 0 },
      message: expect.stringContaining(`copy of ${run.folder}`),
    });
    expect((await copy.steps()).length).toBeGreaterThanOrEqual(5);
    const hint = expect.stringContaining('openRun("orig"');
    const both = { code: "RUN_COPIED", details: { folder: copy.folder, original: run.folder }, hint };
    await expect(copy.stop({ graceful: false })).rejects.toMatchObject(both);
    await expect(copy.stop()).rejects.toThrow(`${run.folder}, found its copy ${copy.folder}`);
    await expect(copy.wait({ timeout: "1m" })).rejects.toMatchObject({ code: "RUN_LOST", hint });
    await expect(launchRun(plan, { name: "backup", folder })).rejects.toMatchObject(both);
    await startSupervisor(copy.folder);
    await expect.poll(() => supervisorsOf(copy.folder), { timeout: 60_000 }).toEqual([]);
    expect(readFileSync(join(copy.folder, "logs", "supervisor.log"), "utf8")).toContain("is a copy of");
    await (await copy.delete()).confirm();
    expect(existsSync(copy.folder)).toBe(false);
    expect(await pidsOf(run)).toEqual(pids);
    expect((await readLease(join(run.folder, "lease")))?.lease.number).toBe(1);
    const { step, state } = await run.status();
    expect(state).toBe("training");
    await run.wait({ untilStep: step + 5, timeout: "4m" });
  });

  it("of a run that has ended reads like the run, and has nothing to stop", async () => {
    const { run, copy } = await copied(20, 20);
    await run.wait({ timeout: "4m" });
    spawnSync("cp", ["-r", `${run.folder}/.`, copy.folder]);
    const status = await copy.stop({ graceful: false });
    expect(status).toMatchObject({ state: "finished", step: 20, copyOf: run.folder });
    expect(status.message).toContain(`copy of ${run.folder}`);
    expect((await run.status()).copyOf).toBeUndefined();
  });
});

describe("the folder that a run was launched in", () => {
  function folders() {
    const root = runsFolder();
    const [orig, other] = [join(root, "orig"), join(root, "other")];
    for (const folder of [orig, other]) {
      mkdirSync(folder);
      writeFileSync(join(folder, "run.json"), '{"id":"1"}');
    }
    return { orig, other, file: { id: "1", folder: orig } as RunFile };
  }

  it("is the original of another folder with the same run", () => {
    const { orig, other, file } = folders();
    expect(originalOf(file, other)).toBe(orig);
    expect(originalOf(file, orig)).toBeUndefined();
  });

  it("is not if it is gone, is a link to the other one, or holds another run", () => {
    const { orig, other, file } = folders();
    writeFileSync(join(orig, "run.json"), '{"id":"2"}');
    expect(originalOf(file, other)).toBeUndefined();
    renameSync(orig, `${orig}.gone`);
    expect(originalOf(file, other)).toBeUndefined();
    symlinkSync(other, orig);
    expect(originalOf(file, other)).toBeUndefined();
  });
});
