import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { launchRun } from "../../src/run/launch/launch.js";
import { fakePlan, runsFolder } from "../support/fake-plan.js";
import { processOf } from "../support/fault-lab.js";

/** Moves a process into a group of its own that has less memory than it uses. */
function starve(pid: number): void {
  const second = existsSync("/sys/fs/cgroup/cgroup.controllers");
  const group = join("/sys/fs/cgroup", second ? "" : "memory", `starved-${pid}`);
  mkdirSync(group);
  // A group goes once no process is left in it.
  onTestFinished(() => expect.poll(() => rmdirSync(group), { timeout: 30_000 }).toBeUndefined());
  writeFileSync(join(group, second ? "memory.max" : "memory.limit_in_bytes"), String(1 << 12));
  writeFileSync(join(group, "cgroup.procs"), String(pid));
}

it("a worker that the kernel ends because memory runs out: the decision names memory, and the training continues", async () => {
  const environment = { FAKE_STATE: "1", FAKE_SAVE_EVERY: "20", FAKE_STEP_MS: "50" };
  const recovery = { backoff: { first: 1, most: 1 } };
  const run = await launchRun(fakePlan({ steps: 200, environment }), {
    name: "memory",
    folder: runsFolder(),
    recovery,
  });
  onTestFinished(async () => void (await run.stop({ graceful: false })));
  await run.wait({ untilStep: 45 });
  starve(await processOf(run, "worker", 1));
  expect(await run.wait({ timeout: "4m" })).toMatchObject({ state: "finished", step: 200, attempt: 2 });
  const made = (await run.decisions()).filter(({ decision }) => decision !== "note");
  expect(made[0]).toMatchObject({ decision: "restart", finding: { cause: "host-memory", rank: 1 } });
  expect(made[0]?.finding?.summary).toMatch(/the kernel of 127\.0\.0\.1 has ended a process because memory ran out/);
});
