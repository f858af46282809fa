// node test/bench/run/supervision.mjs [seconds=60] [stepMs=50] [after=25]: processor time of the supervisor of two
// ranks of the stand-in engine, with recovery and without. The first `after` seconds, with denser looks, are apart.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { supervisorSeconds } from "./supervisor-seconds.mjs";

const [seconds = 60, stepMs = 50, after = 25] = process.argv.slice(2).map(Number);
const root = join(import.meta.dirname, "../../..");
const { launchRun } = await import(join(root, "dist/src/run/launch/launch.js"));
const folder = mkdtempSync(join(tmpdir(), "supervision-"));
const steps = 100_000;

/** A plan that the fixture which plays msrun carries out. */
const plan = {
  config: { text: "seed: 1\n", get: () => undefined },
  totalSteps: steps,
  tokensPerStep: 256,
  cluster: { port: 31218 },
  commands: ({ runFolder, attempt }) => [
    {
      node: "127.0.0.1",
      nodeRank: 0,
      argv: [
        join(root, "test/fixtures/bin/msrun"),
        ...["--worker_num=2", "--local_worker_num=2", "--master_port=31218"],
        `--log_dir=${runFolder}/logs/attempt-${attempt}/node-0`,
        ...["script.py", "--output_dir", `${runFolder}/output`],
      ],
      environment: { FAKE_STEPS: String(steps), FAKE_STEP_MS: String(stepMs), FAKE_STATE: "1" },
    },
  ],
};

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ofSupervisor = (run) => supervisorSeconds(run.folder);

/** Share of a core while `ms` go by, and the steps that were recorded in that time. */
async function measure(run, ms) {
  const [began, before, { step: first }] = [performance.now(), ofSupervisor(run), await run.status()];
  await pause(ms);
  const [wall, spent, { step }] = [(performance.now() - began) / 1000, ofSupervisor(run) - before, await run.status()];
  return `${((100 * spent) / wall).toFixed(2)} % of a core, ${((step - first) / wall).toFixed(1)} steps a second`;
}

try {
  for (const recovery of [true, false]) {
    const name = recovery ? "with recovery" : "without";
    const run = await launchRun(plan, {
      name: recovery ? "healed" : "plain",
      folder,
      ...(recovery && { recovery: {} }),
    });
    await run.wait({ untilStep: 1 });
    console.log(`${name}, first ${after} s: ${await measure(run, after * 1000)}`);
    console.log(`${name}, then ${seconds} s: ${await measure(run, seconds * 1000)}`);
    await run.stop({ graceful: false });
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
