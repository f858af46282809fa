// node test/bench/run/readers.mjs: what reading runs costs. Needs a build; takes about two minutes.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";

const source = (path) => import(join(import.meta.dirname, "../../../dist", path));
const { listRuns } = await source("src/run/open.js");
const { launchRun } = await source("src/run/launch/launch.js");
const { localNodeOf } = await source("src/run/nodes/open/open-nodes.js");
const folder = mkdtempSync(join(tmpdir(), "run-bench-"));

/** The tests' own maker of run folders, which the build does not hold as JavaScript. */
async function synthetic() {
  const support = join(import.meta.dirname, "../../support/synthetic-run.ts");
  const { module, target } = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(readFileSync(support, "utf8"), { compilerOptions: { module, target } });
  const built = join(import.meta.dirname, "../../../dist/src/");
  const path = join(folder, "synthetic-run.mjs");
  writeFileSync(path, outputText.replaceAll("../../src/", built));
  return (await import(path)).writeSyntheticRun;
}

const writeSyntheticRun = await synthetic();
const seconds = 20;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Processor time of this process while `work` lasts, in seconds. */
async function processor(work) {
  const before = process.cpuUsage();
  const began = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, wall: (performance.now() - began) / 1000 };
}

const percent = ({ cpu, wall }) => `${((100 * cpu) / wall).toFixed(2)} % of a core`;

/** A run of the fixture that plays msrun, with so many workers. */
function standIn(workers, steps, stepMs) {
  const root = join(import.meta.dirname, "../../..");
  return {
    config: { text: "seed: 1\n", get: () => undefined },
    totalSteps: steps,
    tokensPerStep: 256,
    cluster: { port: 8118 },
    commands: ({ runFolder, attempt }) => [
      {
        node: "127.0.0.1",
        nodeRank: 0,
        argv: [
          join(root, "test/fixtures/bin/msrun"),
          `--worker_num=${workers}`,
          `--local_worker_num=${workers}`,
          "--master_port=8118",
          `--log_dir=${runFolder}/logs/attempt-${attempt}/node-0`,
          "script.py",
          "--output_dir",
          `${runFolder}/output`,
        ],
        environment: { FAKE_STEPS: String(steps), FAKE_STEP_MS: String(stepMs) },
      },
    ],
  };
}

async function waiting() {
  const run = await launchRun(standIn(2, 100_000, 200), { name: "waiting", folder });
  await run.wait({ untilStep: 5 });
  const spent = await processor(() => run.wait({ timeout: seconds * 1000 }).catch(() => undefined));
  console.log(`a cell that waits: ${percent(spent)} over ${spent.wall.toFixed(0)} s`);
  const watched = await processor(async () => {
    const live = run.watch({ plots: ["loss"] });
    await pause(seconds * 1000);
    live.close();
    await live.done;
  });
  console.log(`the same with run.watch, printed as text: ${percent(watched)}`);
  await run.stop({ graceful: false });
}

/** Follows the logs of 1,024 workers, of which one in 16 writes a line each second. */
async function manyLogs() {
  const place = join(folder, "wide/logs/attempt-1/node-0");
  mkdirSync(place, { recursive: true });
  const log = (rank) => join(place, `worker_${rank}.log`);
  for (let rank = 0; rank < 1024; rank += 1) writeFileSync(log(rank), "a line\n".repeat(1000));
  const file = { id: "x", commands: [{ node: "here", nodeRank: 0, argv: [], environment: {} }], localNode: 0 };
  const node = localNodeOf(file, () => join(folder, "wide"));
  const stop = new AbortController();
  let lines = 0;
  const follow = async () => {
    for await (const portions of node.follow({ patterns: ["logs/attempt-1/node-0/*.log"], signal: stop.signal }))
      for (const portion of portions) lines += portion.lines.length;
  };
  const following = follow();
  while (lines < 1024 * 1000) await pause(200);
  const script = `
    const { appendFileSync } = require("node:fs");
    setInterval(() => { for (let rank = 0; rank < 1024; rank += 16)
      appendFileSync(${JSON.stringify(place)} + "/worker_" + rank + ".log", "another line\\n"); }, 1000);
    setTimeout(() => process.exit(0), ${seconds * 1000});`;
  const writer = spawn(process.execPath, ["-e", script]);
  const spent = await processor(() => pause(seconds * 1000));
  writer.kill();
  stop.abort();
  await following;
  console.log(`following 1,024 local logs, 64 lines a second: ${percent(spent)}`);
}

async function thousandRuns() {
  const place = join(folder, "many");
  for (let index = 0; index < 1000; index += 1)
    writeSyntheticRun(join(place, `run-${index}`), { steps: 50, state: "finished", where: "record" });
  const spent = await processor(() => listRuns({ folder: place }));
  console.log(`1,000 runs listed: ${spent.wall.toFixed(2)} s, ${spent.cpu.toFixed(2)} s of processor time`);
}

/** In a process of its own, so that memory is that of one open run. */
function lostRun() {
  writeSyntheticRun(join(folder, "lost"), { steps: 200_000, state: "training", where: "log" });
  const script = `
    const { openRun } = await import(${JSON.stringify(join(import.meta.dirname, "../../../dist/src/run/open.js"))});
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    const run = await openRun("lost", { folder: ${JSON.stringify(folder)} });
    const { step } = await run.status();
    const { user, system } = process.cpuUsage(cpu);
    console.log("200,000 steps of a lost run opened: " + ((performance.now() - began) / 1000).toFixed(2) + " s, "
      + ((user + system) / 1e6).toFixed(2) + " s of processor time, peak "
      + (process.resourceUsage().maxRSS / 1024).toFixed(0) + " MB, step " + step);`;
  process.stdout.write(execFileSync(process.execPath, ["--input-type=module", "-e", script]));
}

try {
  await thousandRuns();
  lostRun();
  await manyLogs();
  await waiting();
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
