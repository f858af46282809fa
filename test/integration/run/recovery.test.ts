import { mkdirSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, inject, it } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { openConfig } from "../../../src/config/open.js";
import { markedProcesses } from "../../../src/core/liveness/process-table.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import { localNodeOf } from "../../../src/run/nodes/open/open-nodes.js";
import type { Run } from "../../../src/run/run.js";
import { takeGraphs } from "../../support/compiled-graphs.js";
import { writeTokenFiles } from "../../support/token-files.js";

const folder = mkdtempSync(join(tmpdir(), "recovery-"));
const runs = join(folder, "runs");
const launched: Run[] = [];
const nodeOf = (run: Run) => localNodeOf(run.description, () => run.folder);
afterAll(async () => {
  for (const run of launched) await nodeOf(run).end({ graceMs: 0 });
  rmSync(folder, { recursive: true, force: true });
});

/**
 * A very small model: 240 steps of 2 workers, a checkpoint after every 60. A fault 15 steps after a checkpoint finds it
 * saved by both workers (one may be ten steps behind), and comes seconds before the next one on a fast machine, too.
 */
async function smallPlan() {
  mkdirSync(join(folder, "data"), { recursive: true });
  const prefix = join(folder, "data", "tokens");
  writeTokenFiles(prefix, { count: 2000, length: 65, vocabulary: 1000 });
  const loader = "train_dataset.data_loader";
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set(`${loader}.config.data_path.1`, prefix)
    .set(`${loader}.sizes.0`, 480)
    .set(`${loader}.config.seq_length`, 64)
    .set("model.model_config.seq_length", 64)
    .set("model.model_config.vocab_size", 1000)
    .set("callbacks.2.save_checkpoint_steps", 60);
  return planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 } });
}

async function pidOf(run: Run, role: "worker", rank: number): Promise<number> {
  const found = (await nodeOf(run).processes()).find((each) => each.role === role && each.rank === rank);
  if (!found) throw new Error(`no ${role} ${rank}`);
  return found.pid;
}

it("a run with recovery survives kills, a damaged checkpoint, and a hang with the losses of a calm run", async () => {
  takeGraphs(inject("compiledGraphs"), runs);
  const plan = await smallPlan();
  const calm = await launchRun(plan, { name: "calm", folder: runs });
  launched.push(calm);
  await calm.wait({ timeout: "9m" });

  const run = await launchRun(plan, {
    name: "faulty",
    folder: runs,
    recovery: { hangAfter: "30s", backoff: { first: "1s" } },
  });
  launched.push(run);

  await run.wait({ untilStep: 75, timeout: "8m" });
  process.kill(await pidOf(run, "worker", 1), "SIGKILL");
  await run.wait({ untilStep: 135, timeout: "8m" });

  const damaged = (await openCheckpoints(run.checkpointDir)).at(120).files.find(({ rank }) => rank === 1);
  truncateSync(damaged?.path ?? "", 1000);
  // A worker, since the others continue for some seconds, up to the next checkpoint, when the scheduler dies.
  process.kill(await pidOf(run, "worker", 0), "SIGKILL");
  await run.wait({ untilStep: 195, timeout: "8m" });

  process.kill(await pidOf(run, "worker", 0), "SIGSTOP");
  const status = await run.wait({ timeout: "9m" });
  expect(status).toMatchObject({ state: "finished", step: 240 });

  const decisions = (await run.decisions()).filter(({ decision }) => decision !== "note");
  expect(decisions.filter(({ decision }) => decision === "resume exact")).toHaveLength(3);
  const [killed, second, hang] = decisions.filter(({ decision }) => decision === "restart");
  expect(killed).toMatchObject({ fromStep: 60, finding: { kind: "process-ended", cause: "killed", rank: 1 } });
  expect(second).toMatchObject({ fromStep: 60, reason: expect.stringContaining("skipped: step 120") });
  expect(hang).toMatchObject({ fromStep: 180, finding: { kind: "hang", rank: 0 } });
  for (const { certificate } of [killed, second, hang].filter((each) => each !== undefined))
    expect(certificate?.verdict).toBe("green");

  const incidents = await run.incidents();
  expect(incidents.all.map(({ resumedFrom }) => resumedFrom)).toEqual([60, 60, 180]);
  expect(incidents.all[0]?.t1).toBeLessThan(30_000);
  expect(incidents.all[2]?.t1).toBeLessThan(60_000);
  const sum = Object.values(incidents.account.totals).reduce((all, ms) => all + ms, 0);
  expect(sum).toBeCloseTo(incidents.account.end - incidents.account.start, 0);

  const [steps, expected] = [await run.steps(), await calm.steps()];
  expect(steps.map(({ step, loss }) => [step, loss])).toEqual(expected.map(({ step, loss }) => [step, loss]));
  expect((await markedProcesses("MF_LAB_RUN", run.folder)).length).toBe(0);
}, 2_400_000);
