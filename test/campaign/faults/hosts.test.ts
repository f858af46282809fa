import { truncateSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import type { NodeProcess } from "../../../src/run/nodes/node.js";
import type { Run } from "../../../src/run/run.js";
import { FaultLab } from "../../support/fault-lab.js";
import { type Machine, type Machines, startMachines } from "../../support/hosts/machines.js";
import { supervisorsOf, writtenEvents } from "../../support/tiny-training.js";

// Recovery over machines that ssh reaches, with the real engine, one worker each. Every machine has a disk of its own.
// The losses must be those of two workers on one machine.

const lab = new FaultLab("host-recovery", inject("compiledGraphs"));
let machines: Machines;
beforeAll(async () => {
  machines = await startMachines(3);
  await lab.calm();
}, 900_000);
afterAll(async () => {
  await lab.end();
  await machines.close();
});

const machine = (index: number) => machines.all[index] as Machine;

const on = (index: number, ...words: readonly string[]) => machines.run(machine(index).name, ...words);

function launch(name: string, { spares = [] as readonly string[], workDir = "/srv/runs" } = {}): Promise<Run> {
  const hosts = [0, 1].map((index) => machine(index).address);
  const cluster = { device: "CPU" as const, hosts, sshConfig: machines.sshConfig, workDir };
  return lab.launch(name, { cluster, recovery: { hangAfter: "30s", backoff: { first: "1s" }, spares } });
}

async function processOn(run: Run, index: number, role: NodeProcess["role"]): Promise<string> {
  const row = (await run.nodes()).rows[index];
  const found = row?.processes?.find((each) => each.role === role);
  if (!found) throw new Error(`node ${index}: no ${role} in ${JSON.stringify(row)}`);
  return String(found.pid);
}

const made = async (run: Run) => (await run.decisions()).filter(({ decision }) => decision !== "note");

/** Waits for the end, and checks what every fault that can be cured has in common. */
async function healed(run: Run, fault: string, foundWithinMs = 30_000): Promise<void> {
  expect(await run.wait({ timeout: "9m" }), JSON.stringify(await made(run))).toMatchObject({
    state: "finished",
    step: 80,
  });
  await lab.close(run, fault, "two hosts");
  for (const { t1 } of (await run.incidents()).all) expect(t1).toBeLessThan(foundWithinMs);
  await lab.expectCalmLosses(run);
}

it.each([
  ["a worker", 1, "worker"],
  ["msrun of the second node", 1, "launcher"],
  ["the scheduler", 0, "scheduler"],
] as const)("SIGKILL of %s: restarts on both hosts from the newest checkpoint", async (what, index, role) => {
  const run = await launch(`kill-${role}`);
  await run.wait({ untilStep: 30, timeout: "8m" });
  on(index, "kill", "-KILL", await processOn(run, index, role));
  await healed(run, `SIGKILL of ${what}`);
  expect((await made(run)).map(({ decision }) => decision)).toEqual(["restart", "resume exact"]);
});

it("SIGKILL of the node programs: the training continues, and nothing is restarted", async () => {
  const run = await launch("kill-node-program");
  await run.wait({ untilStep: 10, timeout: "8m" });
  for (const index of [0, 1]) on(index, "pkill", "-KILL", "-f", "serve /srv/runs");
  await healed(run, "SIGKILL of the node programs");
  expect(await made(run)).toEqual([]);
});

it("SIGKILL of the supervisors: others take over, and nothing is restarted", async () => {
  const run = await launch("kill-supervisor");
  await run.wait({ untilStep: 10, timeout: "8m" });
  for (const pid of supervisorsOf(run)) process.kill(pid, "SIGKILL");
  await healed(run, "SIGKILL of the supervisors");
  expect(await made(run)).toEqual([]);
});

it("SIGSTOP of a worker: names the rank, keeps the stacks, restarts on both hosts", async () => {
  const run = await launch("hang");
  await run.wait({ untilStep: 50, timeout: "8m" });
  on(1, "kill", "-STOP", await processOn(run, 1, "worker"));
  await healed(run, "SIGSTOP of a worker", 60_000);
  expect((await made(run))[0]).toMatchObject({ decision: "restart", finding: { kind: "hang", rank: 1 } });
  expect(writtenEvents(run).some(({ stacks }) => stacks !== undefined)).toBe(true);
});

it("a checkpoint that is cut off on one host is never loaded", async () => {
  const run = await launch("checkpoint-truncated");
  await run.wait({ untilStep: 43, timeout: "8m" });
  const path = "runs/checkpoint-truncated/output/checkpoint/rank_1/deepseekv3_rank_1-1_40.safetensors";
  truncateSync(join(machine(1).disk, path), 1000);
  on(0, "kill", "-KILL", await processOn(run, 0, "worker"));
  await healed(run, "checkpoint truncated on one host");
});

it("a link that is cut: waits for the host, and continues when it answers again", async () => {
  const run = await launch("link");
  await run.wait({ untilStep: 30, timeout: "8m" });
  machine(1).cut();
  const said = async () => (await run.status()).message;
  await expect.poll(said, { timeout: 90_000, interval: 500 }).toMatch(/; waits up to .* for it; run\.stop\(\) ends/);
  expect((await run.logs({ rank: 1, tail: 3 })).coverage.unreachable).toHaveLength(1);
  machine(1).mend();
  await healed(run, "link cut and mended", 60_000);
});

it("a host that is gone and kept its ranks' files for itself: the spare is refused with the reason", async () => {
  const run = await launch("spare", { spares: [machine(2).address] });
  await run.wait({ untilStep: 30, timeout: "8m" });
  machine(1).cut();
  await expect(run.wait({ timeout: "6m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  machine(1).mend();
  // What could not be reached is ended as soon as somebody asks for it again.
  await run.stop({ graceful: false });
  await lab.close(run, "a host is gone, with a spare", "two hosts, own storage");
  const last = (await made(run)).at(-1);
  expect(last).toMatchObject({ decision: "stop", finding: { node: machine(1).address } });
  expect(last?.reason).toMatch(/no reachable node has the file of rank 1; shared storage would keep it/);
});

it("a host that is gone, with shared storage: a spare takes its place, and the training continues", async () => {
  const workDir = join(lab.folder, "shared");
  const run = await launch("spare-shared", { spares: [machine(2).address], workDir });
  await run.wait({ untilStep: 30, timeout: "8m" });
  machine(1).cut();
  await healed(run, "a host is gone, with a spare and shared storage", 60_000);
  machine(1).mend();
  expect((await made(run)).map(({ decision }) => decision)).toEqual(["replace-node", "resume exact"]);
  expect((await run.nodes()).rows.map(({ node }) => node)).toEqual([machine(0).address, machine(2).address]);
});
