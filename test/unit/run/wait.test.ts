import { cpSync, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { markedProcesses, processesLike } from "../../../src/core/liveness/process-table.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import type { Run } from "../../../src/run/run.js";
import { fakePlan, runsFolder } from "../../support/fake-plan.js";

const launched: Run[] = [];
afterEach(async () => {
  for (const run of launched.splice(0)) await run.stop({ graceful: false });
});

/** Every file of a run folder with its size and the time of its last change. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      return `${path} ${size} ${mtimeMs}`;
    })
    .sort();
}

/** Nothing is left that could write: no process of the run, no supervisor, no standby. */
async function isLeft(run: Run): Promise<void> {
  const files = filesOf(run.folder);
  expect(await markedProcesses("MF_LAB_RUN", run.folder)).toEqual([]);
  expect(await processesLike(new RegExp(`supervise\\.js ${run.folder}$`))).toEqual([]);
  expect(existsSync(join(run.folder, "control", "standby.lock"))).toBe(false);
  expect(filesOf(run.folder)).toEqual(files);
}

async function launch(environment: Readonly<Record<string, string>>, steps = 20): Promise<Run> {
  const run = await launchRun(fakePlan({ environment, steps }), { name: "ends", folder: runsFolder() });
  launched.push(run);
  return run;
}

describe("a run folder is written to a moment after the run has ended", () => {
  test("wait() returns after the last write of supervisor and standby", async () => {
    const run = await launch({ FAKE_STEP_MS: "200" }, 100);
    await expect.poll(() => existsSync(join(run.folder, "control", "standby.lock")), { timeout: 240_000 }).toBe(true);
    await run.wait({ timeout: "4m" });
    await isLeft(run);
    cpSync(run.folder, `${run.folder}-copy`, { recursive: true });
  });

  test("wait() for a step that the run never reached returned without a word", async () => {
    const run = await launch({});
    await run.wait({ timeout: "4m" });
    const printed = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    await run.wait({ untilStep: 99_999 });
    expect(printed.mock.calls.flat()).toContain("run ends has ended (finished) at step 20, before step 99999\n");
    printed.mockRestore();
  });

  test("wait() of a run that fails throws after the last write", async () => {
    const run = await launch({ FAKE_DIE: "1:5:SIGKILL", FAKE_STEP_MS: "400" });
    await expect(run.wait({ timeout: "4m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
    await isLeft(run);
  });

  test("stop() returns after the last write", async () => {
    const run = await launch({ FAKE_STEP_MS: "50" }, 5000);
    await run.stop();
    await isLeft(run);
  });
});
