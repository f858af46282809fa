import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { markedProcesses } from "../../src/core/liveness/process-table.js";
import { planRun } from "../../src/plan/plan-run.js";
import { launchRun } from "../../src/run/launch/launch.js";
import { openRun } from "../../src/run/open.js";
import type { Run } from "../../src/run/run.js";
import { type CellElsewhere, cellElsewhere } from "../support/hosts/cell-elsewhere.js";
import { type Machine, type Machines, startMachines } from "../support/hosts/machines.js";
import { standInEngine } from "../support/hosts/stand-in-engine.js";
import { supervisorsIn, tinyTraining, writtenEvents } from "../support/tiny-training.js";

// Links, logins, and launching machines that go away. The last machine only launches or follows. Most tests use the
// fixture that plays msrun, the one that stops a run from a following machine the real engine.

const folder = mkdtempSync(join(tmpdir(), "host-links-"));
const launched: Run[] = [];
const cells: CellElsewhere[] = [];
let machines: Machines;
let python: string;

beforeAll(async () => {
  mkdirSync(join(folder, "sync"));
  const environment = {
    FAKE_STEPS: "3000",
    FAKE_STEP_MS: "100",
    FAKE_SAVE_EVERY: "50",
    FAKE_STATE: "1",
    FAKE_SYNC: join(folder, "sync"),
  };
  machines = await startMachines(3, [{ environment }, { environment }, {}]);
  python = standInEngine(folder);
});
afterAll(async () => {
  for (const { child } of cells) child.kill("SIGKILL");
  for (const run of launched) await run.stop({ graceful: false }).catch(() => undefined);
  await machines.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const machine = (index: number) => machines.all[index] as Machine;
const hosts = (count: number) => machines.all.slice(0, count).map(({ address }) => address);
const alive = async (run: Run) => (await markedProcesses("MF_LAB_RUN_ID", run.description.id ?? "")).length;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

function reach(count: number) {
  return { device: "CPU" as const, hosts: hosts(count), sshConfig: machines.sshConfig, workDir: "/srv/runs" };
}

async function launch(name: string, count: number): Promise<Run> {
  const config = (await tinyTraining(folder, 3000)).set("parallel_config.data_parallel", count);
  const plan = await planRun(config, { cluster: { ...reach(count), python }, onErrors: "show" });
  const run = await launchRun(plan, { name, folder: join(folder, "here"), override: "stand-in" });
  launched.push(run);
  await run.wait({ untilStep: 5, timeout: "4m" });
  return run;
}

/** Launches a run from the last machine and waits until it trains. */
async function launchElsewhere(name: string, more: { python?: string; steps: number }): Promise<CellElsewhere> {
  const config = (await tinyTraining(folder, more.steps)).set("parallel_config.data_parallel", 2);
  const cluster = JSON.stringify({ ...reach(2), ...(more.python && { python: more.python }) });
  const lines = `
    const config = await openConfig(${JSON.stringify(config.text)});
    const plan = await planRun(config, { cluster: ${cluster}, onErrors: "show" });
    const run = await launchRun(plan, { name: "${name}", folder: "${folder}/there", override: "planned" });
    await run.wait({ untilStep: 5, timeout: "5m" });
    report({ id: run.description.id });
    await run.wait({ timeout: "9m" });`;
  const cell = cellElsewhere(machines, machine(2).name, { folder, lines });
  cells.push(cell);
  await cell.next();
  return cell;
}

async function follow(name: string): Promise<Run> {
  const address = `ssh://${machine(0).address}/srv/runs/${name}`;
  const run = await openRun(address, { folder: join(folder, "here"), sshConfig: machines.sshConfig });
  launched.push(run);
  return run;
}

it("a run on one host trains on while its sshd is killed, and is taken up again without a gap", async () => {
  const run = await launch("one", 1);
  expect(run.checkpointDir).toBe("/srv/runs/one/output/checkpoint");
  machine(0).killSshd();
  await run.wait({ untilStep: 100, timeout: "4m" });
  const notes = writtenEvents(run).flatMap(({ kind, text }) => (kind === "note" ? [text] : []));
  expect(notes).toContainEqual(expect.stringMatching(/^connection lost: node /));
  const stopped = await run.stop();
  expect(stopped).toMatchObject({ state: "stopped", checkpointStep: stopped.step });
  expect((await run.steps()).map(({ step }) => step)).toEqual(numbers(stopped.step));
  const there = join(machine(0).disk, run.checkpointDir.replace(/^\/srv/, ""));
  expect(readdirSync(join(there, "rank_0")).some((file) => file.endsWith(`-1_${stopped.step}.safetensors`))).toBe(true);
  expect(existsSync(run.checkpointDir)).toBe(false);
});

it("kernel, supervisor, and standby of the launching machine are killed together: another machine continues", async () => {
  const cell = await launchElsewhere("orphan", { python, steps: 3000 });
  cell.child.kill("SIGKILL");
  for (const pid of supervisorsIn(join(folder, "there/orphan"))) process.kill(pid, "SIGKILL");
  const run = await follow("orphan");
  const { step } = await run.status();
  await run.wait({ untilStep: step + 60, timeout: "4m" });
  const stopped = await run.stop();
  expect(stopped).toMatchObject({ state: "stopped", checkpointStep: stopped.step });
  expect((await run.steps()).map((one) => one.step)).toEqual(numbers(stopped.step));
  expect(await alive(run)).toBe(0);
});

it("a machine that only follows stops a training of the real engine, which saves on every node", async () => {
  await launchElsewhere("followed", { steps: 2000 });
  const run = await follow("followed");
  await run.wait({ untilStep: 20, timeout: "5m" });
  expect(supervisorsIn(join(folder, "there/followed")).length).toBeGreaterThan(0);
  const stopped = await run.stop();
  expect(stopped).toMatchObject({ state: "stopped", checkpointStep: stopped.step });
  const ranks = [0, 1].map((index) => readdirSync(join(machine(index).disk, "runs/followed/output/checkpoint")));
  expect(ranks).toEqual([["rank_0"], ["rank_1"]]);
  expect(readFileSync(join(machine(0).disk, "runs/followed/run.json"), "utf8")).toContain(run.description.id);
  expect(await alive(run)).toBe(0);
});
