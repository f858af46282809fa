import { type ChildProcess, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { markedProcesses } from "../../../src/core/liveness/process-table.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { launchRun } from "../../../src/run/launch/launch.js";
import { openRun } from "../../../src/run/open.js";
import type { Run } from "../../../src/run/run.js";
import { type CellElsewhere, cellElsewhere } from "../../support/hosts/cell-elsewhere.js";
import { type Machine, type Machines, startMachines } from "../../support/hosts/machines.js";
import { standInEngine } from "../../support/hosts/stand-in-engine.js";
import { supervisorsOf } from "../../support/tiny-training.js";
import { writeTokenFiles } from "../../support/token-files.js";

// Two machines reach the nodes: this one, and another with a name, an address, and processes of its own. The lease
// expires sooner than in real life, so that the test needs seconds.
process.env.MF_LAB_LEASE_MS = "5000";

const folder = mkdtempSync(join(tmpdir(), "attach-"));
const launched: Run[] = [];
let machines: Machines;
let python: string;
const others: ChildProcess[] = [];

beforeAll(async () => {
  const environment = {
    FAKE_STEPS: "5000",
    FAKE_STEP_MS: "100",
    FAKE_SAVE_EVERY: "50",
    FAKE_SYNC: join(folder, "sync"),
  };
  mkdirSync(join(folder, "sync"));
  machines = await startMachines(3, [{ environment }, { environment }, {}]);
  python = standInEngine(folder);
  mkdirSync(join(folder, "data"));
  writeTokenFiles(join(folder, "data/tokens"), { count: 600, length: 65, vocabulary: 512 });
});
afterAll(async () => {
  for (const child of others) child.kill("SIGKILL");
  for (const run of launched) await run.stop({ graceful: false }).catch(() => undefined);
  await machines.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const hosts = () => machines.all.slice(0, 2).map(({ address }) => address);

async function planned() {
  const loader = "train_dataset.data_loader";
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set(`${loader}.config.data_path.1`, join(folder, "data/tokens"))
    .set(`${loader}.sizes.0`, 10_000)
    .set(`${loader}.config.seq_length`, 64)
    .set("model.model_config.seq_length", 64)
    .set("model.model_config.vocab_size", 512)
    .set("parallel_config.data_parallel", 2);
  const reach = { hosts: hosts(), sshConfig: machines.sshConfig, workDir: "/srv/runs", python };
  return { config: config.text, plan: await planRun(config, { cluster: { device: "CPU", ...reach } }) };
}

async function launch(name: string): Promise<Run> {
  const run = await launchRun((await planned()).plan, { name, folder: join(folder, "here") });
  launched.push(run);
  return run;
}

/** Runs lines of a cell on the third machine. */
function elsewhere(lines: string): CellElsewhere {
  const cell = cellElsewhere(machines, (machines.all[2] as Machine).name, { folder, lines });
  others.push(cell.child);
  return cell;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

it("a run is opened from another machine, which follows it, takes it over when the first is gone, and misses no step", async () => {
  const run = await launch("wide");
  await run.wait({ untilStep: 5 });
  const address = `ssh://${machines.all[0]?.address}/srv/runs/wide`;
  const other = elsewhere(`
    const run = await openRun("${address}", { folder: "${folder}/there", sshConfig: "${machines.sshConfig}" });
    report({ id: run.description.id, state: (await run.status()).state });
    report({ step: (await run.wait({ untilStep: 20 })).step });
    while (!existsSync("${folder}/killed")) await new Promise((resolve) => setTimeout(resolve, 100));
    await run.wait({ untilStep: (await run.status()).step + 60, timeout: "8m" });
    const end = await run.stop();
    report({ state: end.state, step: end.step, steps: (await run.steps()).map(({ step }) => step) });
  `);
  expect(await other.next()).toEqual({ id: run.description.id, state: "training" });
  expect(Number((await other.next()).step)).toBeGreaterThanOrEqual(20);
  expect(existsSync(join(folder, "there/wide/events/supervisor-2.jsonl"))).toBe(false);

  // Both folders are the run's own; a copy of either has no rights.
  for (const place of ["here", "there"]) {
    const own = join(folder, place, "wide");
    expect((await run.status()).copyOf).toBeUndefined();
    spawnSync("cp", ["-r", own, join(folder, place, "backup")]);
    const copy = await openRun("backup", { folder: join(folder, place) });
    expect(await copy.status()).toMatchObject({ copyOf: own });
    await expect(copy.stop()).rejects.toMatchObject({ code: "RUN_COPIED", details: { original: own } });
  }

  for (const pid of supervisorsOf(run)) process.kill(pid, "SIGKILL");
  writeFileSync(join(folder, "killed"), "");
  const ended = await other.next();
  const step = Number(ended.step);
  expect(ended).toMatchObject({ state: "stopped", steps: numbers(step) });
  const taken = readFileSync(join(folder, "there/wide/events/supervisor-2.jsonl"), "utf8");
  expect(JSON.parse(taken.split("\n")[0] as string)).toMatchObject({ kind: "takeover", lease: 2 });

  // The first machine is back: it finds the end in the copy that node 0 holds.
  const again = await openRun("wide", { folder: join(folder, "here") });
  expect(await again.wait({ timeout: "5m" })).toMatchObject({ state: "stopped", step, checkpointStep: step });
  expect((await again.steps()).map((one) => one.step)).toEqual(numbers(step));
});

it("the same run launched from two machines at once trains once: one launches, the other attaches and can stop it", async () => {
  const { config } = await planned();
  const reach = `{ device: "CPU", hosts: ${JSON.stringify(hosts())}, sshConfig: "${machines.sshConfig}",
    workDir: "/srv/runs", python: "${python}" }`;
  const other = elsewhere(`
    const plan = await planRun(await openConfig(${JSON.stringify(config)}), { cluster: ${reach} });
    report({ ready: true });
    const run = await launchRun(plan, { name: "race", folder: "${folder}/there" });
    report({ id: run.description.id });
    await run.wait({ untilStep: 10 });
    const end = await run.stop();
    report({ state: end.state, step: end.step, checkpointStep: end.checkpointStep });
  `);
  await other.next();
  const run = await launch("race");
  const { id } = await other.next();
  expect(id).toBe(run.description.id);
  const ended = await other.next();
  expect(ended).toMatchObject({ state: "stopped", checkpointStep: ended.step });
  expect(await run.wait({ timeout: "5m" })).toMatchObject({ state: "stopped", step: ended.step });
  expect((await run.steps()).map(({ step }) => step)).toEqual(numbers(Number(ended.step)));
  expect(await markedProcesses("MF_LAB_RUN_ID", String(id))).toEqual([]);
});
