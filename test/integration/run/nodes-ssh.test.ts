import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { markedProcesses } from "../../../src/core/liveness/process-table.js";
import type { Cluster } from "../../../src/plan/command/cluster.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { type LaunchOptions, launchRun } from "../../../src/run/launch/launch.js";
import { resumeRun } from "../../../src/run/launch/resume.js";
import type { Run } from "../../../src/run/run.js";
import { type Machines, startMachines } from "../../support/hosts/machines.js";
import { writeTokenFiles } from "../../support/token-files.js";

const folder = mkdtempSync(join(tmpdir(), "nodes-ssh-"));
const runs = join(folder, "runs");
const launched: Run[] = [];
let machines: Machines;

beforeAll(async () => {
  machines = await startMachines(2);
  mkdirSync(join(folder, "data"));
  writeTokenFiles(join(folder, "data/tokens"), { count: 2000, length: 65, vocabulary: 512 });
});
afterAll(async () => {
  for (const run of launched) await run.stop({ graceful: false }).catch(() => undefined);
  await machines.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A very small model: 300 steps of 2 workers. */
async function config() {
  const loader = "train_dataset.data_loader";
  return (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set(`${loader}.config.data_path.1`, join(folder, "data/tokens"))
    .set(`${loader}.sizes.0`, 600)
    .set(`${loader}.config.seq_length`, 64)
    .set("model.model_config.seq_length", 64)
    .set("model.model_config.vocab_size", 512)
    .set("callbacks.2.save_checkpoint_steps", 30);
}

async function launch(name: string, cluster: Cluster, more: Pick<LaunchOptions, "recovery"> = {}): Promise<Run> {
  const run = await launchRun(await planRun(await config(), { cluster }), { name, folder: runs, ...more });
  launched.push(run);
  return run;
}

const losses = async (run: Run) => (await run.steps()).slice(0, 20).map(({ loss }) => loss);
const alive = async (run: Run) => (await markedProcesses("MF_LAB_RUN_ID", run.description.id ?? "")).length;
const ranksOn = (machine: number, name: string) =>
  readdirSync(join(machines.all[machine]?.disk ?? "", "runs", name, "output/checkpoint")).sort();

/** Events that the supervisors recorded. */
function events(run: Run): { kind: string; text?: string; message?: string; time: number }[] {
  const place = join(run.folder, "events");
  return readdirSync(place)
    .filter((name) => name.startsWith("supervisor-"))
    .flatMap((name) => readFileSync(join(place, name), "utf8").trim().split("\n"))
    .map((line) => JSON.parse(line));
}

/** Kills the worker of a host and waits until the training has gone on from its newest checkpoint. */
async function killWorker(run: Run, host: number): Promise<void> {
  await run.wait({ untilStep: 35, timeout: "3m" });
  const { pid = 0 } = (await run.nodes()).rows[host]?.processes?.find(({ role }) => role === "worker") ?? {};
  machines.run(machines.all[host]?.name ?? "", "kill", "-KILL", String(pid));
  await expect.poll(async () => (await run.status()).attempt, { timeout: 60_000, interval: 200 }).toBe(2);
  await run.wait({ untilStep: 45, timeout: "3m" });
  const restart = (await run.decisions()).find(({ decision }) => decision !== "note");
  expect(restart).toMatchObject({ decision: "restart", finding: { rank: host, cause: "killed" } });
  expect(restart?.fromStep).toBeGreaterThanOrEqual(30);
}

it("trains over two hosts as on one, outlives a lost connection, heals, stops, resumes, names a cut link", async () => {
  const alone = await launch("alone", { device: "CPU", devicesPerNode: 2 });
  await alone.wait({ untilStep: 20, timeout: "5m" });
  const expected = await losses(alone);
  await alone.stop({ graceful: false });

  const hosts = machines.all.map(({ address }) => address);
  const cluster: Cluster = { device: "CPU", hosts, sshConfig: machines.sshConfig, workDir: "/srv/runs" };
  const wide = await launch("wide", cluster, { recovery: { backoff: { first: "1s" } } });
  await wide.wait({ untilStep: 5, timeout: "5m" });
  machines.all[1]?.killSshd();
  await wide.wait({ untilStep: 20, timeout: "3m" });
  expect(await losses(wide)).toEqual(expected);

  await killWorker(wide, 1);
  const stopped = await wide.stop();
  expect(stopped).toMatchObject({ state: "stopped", checkpointStep: stopped.step });
  expect([ranksOn(0, "wide"), ranksOn(1, "wide")]).toEqual([["rank_0"], ["rank_1"]]);
  expect(await alive(wide)).toBe(0);
  expect((await wide.steps()).map(({ step }) => step)).toEqual(
    Array.from({ length: stopped.step }, (_, index) => index + 1),
  );
  const notes = events(wide).flatMap(({ kind, text }) => (kind === "note" ? [text] : []));
  expect(notes).toContainEqual(expect.stringMatching(/^connection lost: node /));
  expect(notes).toContainEqual(`node ${hosts[1]} answers again`);
  expect(existsSync(join(machines.all[0]?.disk ?? "", "runs/wide/run.json"))).toBe(true);

  const next = await resumeRun(wide);
  launched.push(next);
  await next.wait({ untilStep: stopped.step + 5, timeout: "5m" });
  expect((await next.steps())[0]?.step).toBe(stopped.step + 1);

  machines.all[1]?.cut();
  const cutAt = Date.now();
  await expect(next.wait({ timeout: "2m" })).rejects.toMatchObject({
    code: "RUN_FAILED",
    message: expect.stringContaining(`node ${hosts[1]} gave no sign of life`),
  });
  const fault = events(next).find(({ kind }) => kind === "fault");
  expect((fault?.time ?? Number.POSITIVE_INFINITY) - cutAt).toBeLessThan(30_000);
  machines.all[1]?.mend();
});
