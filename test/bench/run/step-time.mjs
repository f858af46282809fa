// node test/bench/run/step-time.mjs [pairs=10] [steps=60] [--recovery]: what supervision costs a real training.
// Alternates runs of launchRun with the same command started bare, and reads the step times from the logs. With
// `--recovery` the runs have the default recovery policy. Needs the set-up; an hour.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { supervisorSeconds } from "./supervisor-seconds.mjs";

const words = process.argv.slice(2);
const [pairs = 10, steps = 60] = words.filter((word) => !word.startsWith("--")).map(Number);
const recovery = words.includes("--recovery") ? {} : undefined;
const built = join(import.meta.dirname, "../../../dist/src/");
const { openConfig } = await import(`${built}config/open.js`);
const { planRun } = await import(`${built}plan/plan-run.js`);
const { launchRun } = await import(`${built}run/launch/launch.js`);
const folder = mkdtempSync(join(tmpdir(), "step-time-"));
const runs = join(folder, "runs");

/** The tests' own maker of token files, which the build does not hold as JavaScript. */
async function tokenFiles() {
  const text = readFileSync(join(import.meta.dirname, "../../support/token-files.ts"), "utf8");
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const path = join(folder, "token-files.mjs");
  writeFileSync(path, ts.transpileModule(text, { compilerOptions: options }).outputText);
  return (await import(path)).writeTokenFiles;
}

async function plan() {
  mkdirSync(join(folder, "data"), { recursive: true });
  const prefix = join(folder, "data/tokens");
  (await tokenFiles())(prefix, { count: 2000, length: 65, vocabulary: 512 });
  const loader = "train_dataset.data_loader";
  const config = (await openConfig("pretrain_deepseek3_tiny_cpu"))
    .set(`${loader}.config.data_path.1`, prefix)
    .set(`${loader}.sizes.0`, 2 * steps)
    .set(`${loader}.config.seq_length`, 64)
    .set("model.model_config.seq_length", 64)
    .set("model.model_config.vocab_size", 512)
    .set("callbacks.2.save_checkpoint_steps", 100_000);
  return planRun(config, { cluster: { device: "CPU", devicesPerNode: 2 } });
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Median, with the least and the most. */
function spread(values, digits) {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return `${median(values).toFixed(digits)} (${least} to ${most})`;
}

/** Time from the line of step 11 to the line of the last step, per step, in milliseconds. */
function stepMs(log) {
  const times = [...readFileSync(log, "utf8").matchAll(/^([\d-]+ [\d:]+),(\d+) - .*step:\[\s*(\d+)\//gm)].map(
    ([, time, ms, step]) => ({ step: Number(step), at: Date.parse(time) + Number(ms) }),
  );
  const [first, last] = [times.find(({ step }) => step === 11), times.at(-1)];
  return (last.at - first.at) / (last.step - first.step);
}

async function bare(planned, name) {
  const [command] = planned.commands({ runFolder: join(runs, name), attempt: 1 });
  const logs = join(runs, name, "logs/attempt-1/node-0");
  mkdirSync(logs, { recursive: true });
  writeFileSync(join(runs, name, "config.yaml"), planned.config.text);
  const output = openSync(join(logs, "msrun.log"), "w");
  const options = { env: { ...process.env, ...command.environment }, cwd: join(runs, name) };
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const argv = command.argv.map((word) => word.replace(/^--master_port=.*/, `--master_port=${port}`));
  const child = spawn(argv[0], argv.slice(1), { ...options, stdio: ["ignore", output, output] });
  await once(child, "exit");
  return stepMs(join(logs, "worker_0.log"));
}

async function supervised(planned, name) {
  const run = await launchRun(planned, { name, folder: runs, ...(recovery && { recovery }) });
  await run.wait({ untilStep: 11 });
  const [began, before] = [performance.now(), supervisorSeconds(run.folder)];
  await run.wait({ untilStep: steps - 2 });
  const share = (supervisorSeconds(run.folder) - before) / ((performance.now() - began) / 1000);
  await run.wait();
  return { ms: stepMs(join(run.folder, "logs/attempt-1/node-0/worker_0.log")), share };
}

try {
  const planned = await plan();
  await bare(planned, "warm");
  const [guided, without, shares] = [[], [], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = pair % 2 === 0 ? ["supervised", "bare"] : ["bare", "supervised"];
    for (const how of order) {
      if (how === "bare") without.push(await bare(planned, `bare-${pair}`));
      else {
        const { ms, share } = await supervised(planned, `run-${pair}`);
        guided.push(ms);
        shares.push(share);
      }
    }
    const ratios = guided.map((ms, index) => ms / without[index]);
    const share = (100 * median(shares)).toFixed(2);
    const how = recovery ? "supervised with recovery" : "supervised";
    console.log(
      `${pair + 1} pairs: ${spread(guided, 1)} ms a step ${how}, ${spread(without, 1)} ms bare, ` +
        `ratio ${spread(ratios, 3)}; supervisor ${share} % of a core`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
