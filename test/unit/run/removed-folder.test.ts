import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { markedProcesses } from "../../../src/core/liveness/process-table.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import { Lease } from "../../../src/run/record/lease.js";
import type { Run } from "../../../src/run/run.js";
import { startSupervisor, supervisorsOf } from "../../../src/run/supervise/start/start-supervisor.js";
import { writeStopRequest } from "../../../src/run/supervise/stop-request.js";
import { fakePlan, runsFolder } from "../../support/fake-plan.js";

const alive = (run: Run) => markedProcesses("MF_LAB_RUN_ID", run.description.id ?? "");

it.each([true, false])(
  "stopping a run whose folder was removed made the folder anew; now it ends the processes (supervised: %s)",
  async (supervised) => {
    const folder = runsFolder();
    const run = await launchRun(fakePlan({ steps: 20_000 }), { name: "removed", folder });
    await run.wait({ untilStep: 5, timeout: "4m" });
    if (!supervised) for (const { pid } of await supervisorsOf(run.folder)) process.kill(pid, "SIGKILL");
    renameSync(run.folder, join(folder, ".trash"));
    rmSync(join(folder, ".trash"), { recursive: true, force: true });
    const began = performance.now();
    const status = await run.stop();
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(status).toMatchObject({ state: "lost", processes: 0 });
    expect(status.message).toMatch(/run folder .* was moved or deleted/);
    expect(await alive(run)).toEqual([]);
    expect(await supervisorsOf(run.folder)).toEqual([]);
    expect(existsSync(run.folder)).toBe(false);
  },
);

it("nothing that is written for a supervisor creates a run folder", async () => {
  const folder = join(runsFolder(), "none");
  const request = { requestedAt: 1, graceful: true, timeoutMs: 1 };
  await expect(writeStopRequest(folder, request)).rejects.toMatchObject({ code: "RUN_MISSING" });
  await expect(startSupervisor(folder)).rejects.toMatchObject({ code: "RUN_MISSING" });
  await expect(Lease.take(() => join(folder, "lease"), undefined)).rejects.toMatchObject({ code: "ENOENT" });
  expect(existsSync(folder)).toBe(false);
});
