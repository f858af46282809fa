import { cpSync, existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { openCheckpoints } from "../../../src/checkpoint/open/open.js";
import { parseEngineLine } from "../../../src/formats/engine-log.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { FaultLab } from "../../support/fault-lab.js";
import { Pods } from "../../support/pod.js";
import { projectPython } from "../../support/project-python.js";

// The life of a pod that plan.eject("kubernetes") describes, with the real engine and two workers. There is no cluster:
// a PID namespace plays the container, this test plays kubelet and Volcano.

const lab = new FaultLab("pod", inject("compiledGraphs"));
const started: Pods[] = [];
beforeAll(() => lab.calm(), 600_000);
afterAll(async () => {
  for (const pods of started) pods.end();
  await lab.end();
});

async function podsOf(name: string): Promise<Pods> {
  const folder = join(lab.folder, name);
  const plan = await planRun(await lab.config(), { cluster: { device: "CPU", devicesPerNode: 2 } });
  const ejected = plan.eject("kubernetes", { name, folder, image: "example/mindformers:1.9.0" });
  cpSync(join(lab.runs, ".compiler-cache"), join(folder, "compiler-cache"), { recursive: true });
  const environment = { PATH: `${dirname(projectPython())}:${process.env.PATH}`, HOME: process.env.HOME ?? "/root" };
  const pods = new Pods(ejected, folder, environment);
  started.push(pods);
  return pods;
}

/** The losses of one rank, as its log has them. */
function lossesIn(path: string): (readonly [number, number])[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      const said = parseEngineLine(line);
      return said?.kind === "step" ? [[said.step, said.loss] as const] : [];
    });
}

/** The losses of the last start, as the last rank printed them. */
const printed = (pods: Pods) => lossesIn(join(pods.folder, "logs/worker_1.log"));

/** The same rank of the undisturbed run. */
const undisturbed = () => lossesIn(join(lab.runs, "calm/logs/attempt-1/node-0/worker_1.log"));

async function reached(pods: Pods, step: number): Promise<void> {
  await expect.poll(() => printed(pods).at(-1)?.[0] ?? 0, { timeout: 300_000, interval: 50 }).toBeGreaterThan(step);
}

it("SIGTERM of the main process: every rank saves, exit code 143, and the same command continues with the next step", async () => {
  const pods = await podsOf("evicted");
  const first = pods.start();
  await reached(pods, 30);
  first.signal("SIGTERM");
  expect(await first.ended, first.said()).toEqual([143, null]);
  const before = printed(pods);
  const step = before.at(-1)?.[0] as number;
  const saved = (await openCheckpoints(join(pods.folder, "output/checkpoint"))).latestComplete();
  expect(saved).toMatchObject({ step, complete: true });
  expect(saved?.files).toHaveLength(2);

  const second = pods.start();
  expect(await second.ended, second.said()).toEqual([0, null]);
  expect(second.said()).toContain(`resume: from step ${step}`);
  const after = printed(pods);
  expect(after[0]?.[0]).toBe(step + 1);
  expect(undisturbed()).toHaveLength(80);
  expect([...before, ...after]).toEqual(undisturbed());
});

it("SIGKILL of the main process, and a file that is cut off: the same command continues from the checkpoint before", async () => {
  const pods = await podsOf("killed");
  const first = pods.start();
  await reached(pods, 45);
  first.signal("SIGKILL");
  await first.ended;
  const before = printed(pods).filter(([step]) => step <= 20);
  const place = join(pods.folder, "output/checkpoint/rank_1");
  const cut = readdirSync(place).find((name) => name.endsWith("-1_40.safetensors")) as string;
  truncateSync(join(place, cut), 1000);
  const second = pods.start();
  expect(await second.ended, second.said()).toEqual([0, null]);
  expect(second.said()).toContain("resume: from step 20");
  expect([...before, ...printed(pods)]).toEqual(undisturbed());
});
