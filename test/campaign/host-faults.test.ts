import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { markedProcesses } from "../../src/core/liveness/process-table.js";
import { planRun } from "../../src/plan/plan-run.js";
import { launchRun } from "../../src/run/launch/launch.js";
import type { Run } from "../../src/run/run.js";
import { type Machine, type Machines, startMachines } from "../support/hosts/machines.js";
import { supervisorsOf, tinyTraining, writtenEvents } from "../support/tiny-training.js";

// Faults of machines with the real engine, one worker each: three with this machine's disk, the last with a small one
// of its own.

const folder = mkdtempSync(join(tmpdir(), "host-faults-"));
const launched: Run[] = [];
let machines: Machines;

beforeAll(async () => {
  machines = await startMachines(4, [{}, {}, {}, { diskBytes: 300 << 20 }]);
});
afterAll(async () => {
  for (const run of launched) await run.stop({ graceful: false }).catch(() => undefined);
  await machines.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const machine = (index: number) => machines.all[index] as Machine;

async function launch(name: string, chosen: readonly number[], more: { saveEvery?: number; ssh?: string } = {}) {
  const { saveEvery = 1000, ssh = machines.sshConfig } = more;
  const config = (await tinyTraining(folder, (600 * chosen.length) / 2)).set(
    "callbacks.2.save_checkpoint_steps",
    saveEvery,
  );
  const hosts = chosen.map((index) => machine(index).address);
  const cluster = { device: "CPU" as const, hosts, sshConfig: ssh, workDir: "/srv/runs" };
  const plan = await planRun(config, { cluster, onErrors: "show" });
  const run = await launchRun(plan, { name, folder: join(folder, "runs"), override: "the fault is planned" });
  launched.push(run);
  return run;
}

const alive = async (run: Run) => (await markedProcesses("MF_LAB_RUN_ID", run.description.id ?? "")).length;

it("on four nodes, a killed worker is named as the first cause within 15 seconds, and nothing is left anywhere", async () => {
  const run = await launch("four", [0, 1, 2, 3]);
  await run.wait({ untilStep: 5, timeout: "6m" });
  const rows = (await run.nodes()).rows;
  expect(rows.map(({ state, ranks }) => [state, ranks])).toEqual([0, 1, 2, 3].map((rank) => ["training", [rank]]));
  const { pid = 0 } = rows[2]?.processes?.find(({ role }) => role === "worker") ?? {};
  machines.run(machine(2).name, "kill", "-KILL", String(pid));
  const began = Date.now();
  await expect(run.wait({ timeout: "2m" })).rejects.toMatchObject({ code: "RUN_FAILED" });
  const fault = writtenEvents(run).find(({ kind }) => kind === "fault");
  expect((fault?.time ?? Number.POSITIVE_INFINITY) - began).toBeLessThan(15_000);
  expect((await run.status()).failure?.cause?.initiating).toEqual([2]);
  expect(await alive(run)).toBe(0);
});

it("a supervisor that is killed together with its standby is replaced; sshd killed on one node changes nothing", async () => {
  const run = await launch("two", [0, 1]);
  await run.wait({ untilStep: 5, timeout: "5m" });
  for (const pid of supervisorsOf(run)) process.kill(pid, "SIGKILL");
  await run.wait({ untilStep: 20, timeout: "3m" });
  machine(0).killSshd();
  const stopped = await run.stop();
  expect(stopped).toMatchObject({ state: "stopped", checkpointStep: stopped.step });
  expect((await run.steps()).map(({ step }) => step)).toEqual(
    Array.from({ length: stopped.step }, (_, index) => index + 1),
  );
  expect(await alive(run)).toBe(0);
});

it("a disk that fills up on one node ends the run with a message, and no checkpoint counts that lacks a rank", async () => {
  const run = await launch("full", [0, 3], { saveEvery: 60 });
  await run.wait({ untilStep: 5, timeout: "5m" });
  const fill = "dd if=/dev/zero of=/srv/filler bs=1M 2>/dev/null; df --output=avail /srv | tail -1";
  machines.run(machine(3).name, "sh", "-c", fill);
  const end = await run.wait({ timeout: "5m" }).catch((error: unknown) => error);
  expect(end).toMatchObject({ code: "RUN_FAILED" });
  expect(writtenEvents(run).some(({ kind }) => kind === "checkpoint")).toBe(false);
  expect((await run.status()).failure?.message).toBeTruthy();
  expect(await alive(run)).toBe(0);
});

it("a wrong host key and a login without permission are refused before anything starts, with the line to type", async () => {
  const wrongKeys = join(folder, "wrong_known_hosts");
  const known = readFileSync(join(machines.sshConfig, "..", "known_hosts"), "utf8").split("\n");
  const [first = "", second = ""] = known;
  const swapped = [`${first.split(" ")[0]} ${second.split(" ").slice(1).join(" ")}`, ...known.slice(1)];
  writeFileSync(wrongKeys, swapped.join("\n"));
  const config = (name: string, change: (text: string) => string) => {
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(machines.sshConfig, "utf8")));
    return path;
  };
  const badKey = config("bad-key", (text) => text.replace(/UserKnownHostsFile .*/, `UserKnownHostsFile ${wrongKeys}`));
  await expect(launch("key", [0, 1], { ssh: badKey })).rejects.toMatchObject({
    message: expect.stringMatching(/host key/),
    hint: expect.stringContaining("ssh-keygen -R"),
  });
  const noLogin = config("no-login", (text) => text.replace(/IdentityFile .*/, "IdentityFile /dev/null"));
  await expect(launch("login", [0, 1], { ssh: noLogin })).rejects.toMatchObject({
    message: expect.stringContaining("refuses the login"),
  });
  expect(readdirSync(join(folder, "runs")).filter((name) => name === "key" || name === "login")).toEqual([]);
});
