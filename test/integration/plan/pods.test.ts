import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { packageRoot } from "../../../src/core/package-root.js";
import { planRun } from "../../../src/plan/plan-run.js";
import { Pods } from "../../support/pod.js";
import { projectPython } from "../../support/project-python.js";
import { tinyTraining } from "../../support/tiny-training.js";

// The pods of an ejected Kubernetes job, two nodes of one rank each, with the stand-in engine. The campaign has a pod
// of the real engine.

const folder = mkdtempSync(join(tmpdir(), "pods-"));
const started: Pods[] = [];
afterAll(() => {
  for (const pods of started) pods.end();
  rmSync(folder, { recursive: true, force: true });
});

async function podsOf(name: string, fake: Readonly<Record<string, string>> = {}): Promise<(attempt: number) => Pods> {
  const place = join(folder, name);
  const plan = await planRun(await tinyTraining(folder, 200), {
    cluster: { device: "CPU", nodes: ["127.0.0.1", "127.0.0.2"], devicesPerNode: 1 },
    onErrors: "show",
  });
  const ejected = plan.eject("kubernetes", { name, folder: place, image: "example/mindformers:1.9.0" });
  const sync = join(place, "sync");
  mkdirSync(sync, { recursive: true });
  const programs = join(packageRoot(), "test/fixtures/bin");
  return (attempt) => {
    const pods = new Pods(ejected, place, {
      PATH: [programs, dirname(projectPython()), dirname(process.execPath), process.env.PATH].join(":"),
      ...{ FAKE_STATE: "1", FAKE_STEPS: "200", FAKE_SAVE_EVERY: "50", FAKE_STEP_MS: "20", FAKE_SYNC: sync },
      ...{ MF_LAB_RUN: name, MF_LAB_ATTEMPT: String(attempt) },
      ...fake,
    });
    started.push(pods);
    return pods;
  };
}

const log = (name: string, rank: number) => join(folder, name, `logs/worker_${rank}.log`);

function steps(name: string, rank: number): number[] {
  const text = readFileSync(log(name, rank), { encoding: "utf8", flag: "a+" });
  return [...text.matchAll(/step:\[ *(\d+)\//g)].map(([, step]) => Number(step));
}

const reached = (name: string, step: number) =>
  expect.poll(() => steps(name, 1).at(-1) ?? 0, { timeout: 60_000, interval: 20 }).toBeGreaterThan(step);

test("SIGTERM of one pod: both save and end with 143, and both continue with the next step", async () => {
  const attempt = await podsOf("evicted");
  const [first, second] = [attempt(1), attempt(1)].map((pods, index) => pods.start(index));
  await reached("evicted", 60);
  second?.signal("SIGTERM");
  expect([await first?.ended, await second?.ended], first?.said()).toEqual([
    [143, null],
    [143, null],
  ]);
  const last = steps("evicted", 1).at(-1) as number;
  expect(steps("evicted", 0).at(-1)).toBe(last);

  const again = [attempt(2), attempt(2)].map((pods, index) => pods.start(index));
  for (const pod of again) expect(await pod.ended, pod.said()).toEqual([0, null]);
  for (const rank of [0, 1]) expect(steps("evicted", rank)[0]).toBe(last + 1);
  expect(steps("evicted", 1).at(-1)).toBe(200);
});

test("a failure of msrun keeps its exit code", async () => {
  const attempt = await podsOf("broken", { FAKE_LAUNCHER_EXIT: "3" });
  expect(await attempt(1).start(0).ended).toEqual([3, null]);
});

test("the newest checkpoint that is whole on every rank is linked, whatever its file is called", async () => {
  const attempt = await podsOf("chosen");
  const pods = [0, 1].map((index) => attempt(1).start(index));
  await reached("chosen", 160);
  for (const pod of pods) pod.signal("SIGKILL");
  await Promise.all(pods.map(({ ended }) => ended));
  const checkpoints = join(folder, "chosen/output/checkpoint");
  truncateSync(join(checkpoints, "rank_1/fake_rank_1-1_150.safetensors"), 60);
  const resume = join(folder, "chosen/resume");
  const program = join(packageRoot(), "extensions/eject/newest_checkpoint.py");
  const words = (workers: number, from = checkpoints) =>
    execFileSync(projectPython(), [program, from, resume, String(workers)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  const expected = ["--load_checkpoint", join(resume, "step-100"), "--resume_training", "True", ""].join("\n");
  expect(words(2)).toBe(expected);
  expect(words(2)).toBe(expected);
  expect(JSON.parse(readFileSync(join(resume, "step-100/rank_1/meta.json"), "utf8"))).toEqual({
    ...{ last_epoch: 1, last_step: 100, last_ckpt_file: "fake_rank_1-1_100.safetensors" },
  });
  expect(words(3)).toBe("");
  expect(words(2, join(folder, "nothing"))).toBe("");
});

test("a configuration for Ascend gets a graceful exit, and one's own callback stays", async () => {
  const nodes = Array.from({ length: 32 }, (_, index) => `10.0.0.${index + 1}`);
  const cluster = { device: "Ascend" as const, nodes, devicesPerNode: 8 };
  const config = await openConfig("pretrain_deepseek3_671b");
  const options = { name: "big", image: "example/mindformers:1.9.0" };
  const plan = await planRun(config, { cluster });
  const ejected = plan.eject("kubernetes", options);
  const changed = await openConfig(ejected.text("config.yaml") ?? "");
  expect(changed.get("use_graceful_exit")).toBe(true);
  const callbacks = changed.get("callbacks") as readonly Readonly<Record<string, unknown>>[];
  expect(callbacks.at(-1)).toMatchObject({
    type: "OnRequestExit",
    save_ckpt: false,
    config_file: "/mnt/runs/big/exit.json",
  });
  expect(callbacks.slice(0, -1)).toEqual(plan.config.get("callbacks"));
  expect(ejected.notes.join("\n")).toContain("use_graceful_exit");

  const own = { type: "OnRequestExit", save_mindir: false, config_file: "/mnt/stop.json" };
  const mine = await planRun(config.copy().merge({ callbacks: [...callbacks.slice(0, -1), own] }), { cluster });
  const kept = mine.eject("kubernetes", options);
  expect(kept.text("config.yaml")).toBe(mine.config.text);
  expect(kept.text("job.yaml")).toContain("exit_file=/mnt/stop.json");
});
