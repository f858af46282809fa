// Measures statistics, diff, NaN scan, and merge against Python, in turns: each round runs both sides in processes of
// their own. Start: node test/bench/checkpoint/against-python.mjs [folder] [rounds]
// Needs `npm run build` and the project's Python (safetensors, numpy, MindSpore). Prints medians of wall time,
// processor time, and the peak of memory beyond that of the started process. Python has one thread.
// Exits with 1 if a promise is broken.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
// The code is loaded before the clock starts, as that of Python is.
import { openCheckpoint } from "../../../dist/src/checkpoint/open/open.js";

const root = join(import.meta.dirname, "..", "..", "..");
const [folderOption, roundsOption, task, place] = process.argv.slice(2);

const names = ["self_attention.linear_qkv", "self_attention.linear_proj"];

function bigFile(path, seed) {
  const tensors = Array.from({ length: 16 }, (_, i) => `decoder.layers.${i >> 1}.${names[i & 1]}.weight`);
  const bytes = 4096 * 2048 * 4;
  const entry = (name, i) =>
    `${JSON.stringify(name)}:{"dtype":"F32","shape":[4096,2048],"data_offsets":[${i * bytes},${(i + 1) * bytes}]}`;
  const header = Buffer.from(`{"__metadata__":{"format":"ms"},${tensors.map(entry).join(",")}}`);
  const head = Buffer.alloc(8 + Math.ceil(header.length / 8) * 8, 0x20);
  head.writeBigUInt64LE(BigInt(head.length - 8));
  header.copy(head, 8);
  writeFileSync(path, head);
  for (let i = 0; i < tensors.length; i++) {
    const values = new Float32Array(bytes / 4);
    let state = seed + i;
    for (let j = 0; j < values.length; j++) {
      state = (state * 1664525 + 1013904223) >>> 0;
      values[j] = state / 2 ** 32 - 0.5;
    }
    writeFileSync(path, Buffer.from(values.buffer), { flag: "a" });
  }
}

const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;

const statistics = async (folder) => {
  const checkpoint = await openCheckpoint(folder);
  await checkpoint.statistics();
};

const ours = {
  statistics: () => statistics(join(place, "a.safetensors")),
  "statistics of .ckpt": () => statistics(join(place, "ckpt")),
  diff: async () => {
    const a = await openCheckpoint(join(place, "a.safetensors"));
    await (await openCheckpoint(join(place, "b.safetensors"))).compareTo(a);
  },
  "diff of .ckpt": async () => {
    const a = await openCheckpoint(join(place, "ckpt"));
    await (await openCheckpoint(join(place, "b.safetensors"))).compareTo(a);
  },
  verify: async () => (await openCheckpoint(join(place, "a.safetensors"))).verify(),
  merge: async () => {
    const spread = join(place, "spread");
    const checkpoint = await openCheckpoint(spread, {
      strategy: join(spread, "strategy", "ckpt_strategy_rank_0.ckpt"),
    });
    await (await checkpoint.merge({ output: join(place, "merged") })).run();
  },
};

const python = `
import json, os, resource, shutil, sys, time
import numpy as np
from safetensors import safe_open
place, task = sys.argv[1:3]

def statistics():
    with safe_open(place + "/a.safetensors", "np") as f:
        for k in f.keys():
            x = f.get_tensor(k)
            np.isnan(x).sum(), np.isinf(x).sum(), x.min(), x.max(), x.mean(dtype=np.float64), x.std(dtype=np.float64)
            np.linalg.norm(x), (x == 0).sum(), np.histogram(x, 60)

def diff():
    with safe_open(place + "/a.safetensors", "np") as f, safe_open(place + "/b.safetensors", "np") as g:
        for k in f.keys():
            a, b = f.get_tensor(k), g.get_tensor(k)
            d = b - a
            np.linalg.norm(d) / np.linalg.norm(a), np.dot(a.ravel(), b.ravel()), np.abs(d).max(), (a == b).mean()

def merge(sync=False):
    spread, output = place + "/spread", place + "/unified"
    ms.parallel.unified_safetensors(spread, spread + "/strategy/ckpt_strategy_rank_0.ckpt", output, max_process_num=1)
    if sync:
        for name in os.listdir(output):
            file = os.open(output + "/" + name, os.O_RDONLY)
            os.fsync(file)
            os.close(file)

tasks = {"statistics": statistics, "diff": diff, "merge": merge, "merge with fsync": lambda: merge(True)}
if task.startswith("merge"):
    import mindspore as ms
    shutil.rmtree(place + "/unified", ignore_errors=True)
usage = lambda: resource.getrusage(resource.RUSAGE_SELF)
before, started = usage(), time.perf_counter()
tasks[task]()
wall, after = time.perf_counter() - started, usage()
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
print(json.dumps({"wall": wall * 1000, "cpu": cpu * 1000, "memory": (after.ru_maxrss - before.ru_maxrss) * 1024}))`;

function run(command, args) {
  const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env });
  if (status !== 0) throw new Error(stderr.slice(-2000));
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

const median = (runs, key) => runs.map((run) => run[key]).sort((a, b) => a - b)[runs.length >> 1];

/** Both sides in turns. */
function compare(folder, rounds, [mine, theirs]) {
  const [left, right] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const made of ["merged", ".mindformers-lab", "ckpt/.mindformers-lab"]) {
      rmSync(join(folder, made), { recursive: true, force: true });
    }
    left.push(run(process.execPath, [import.meta.filename, folder, "1", mine, folder]));
    if (theirs !== undefined) right.push(run(join(root, ".venv", "bin", "python"), ["-c", python, folder, theirs]));
  }
  const of = (runs) => Object.fromEntries(["wall", "cpu", "memory"].map((key) => [key, median(runs, key)]));
  return { ours: of(left), theirs: right.length > 0 ? of(right) : undefined };
}

async function main() {
  const folder = mkdtempSync(join(folderOption ?? tmpdir(), "against-python-"));
  const rounds = Number(roundsOption ?? 5);
  const rows = [];
  let broken = false;
  const report = (what, value, promise, holds) => {
    rows.push({ what, value, promise, holds: holds === undefined ? "" : holds ? "yes" : "NO" });
    if (holds === false) broken = true;
  };
  try {
    bigFile(join(folder, "a.safetensors"), 1);
    bigFile(join(folder, "b.safetensors"), 2);
    const whole = await openCheckpoint(join(folder, "a.safetensors"));
    await (await whole.toCkpt({ output: join(folder, "ckpt") })).run();
    await (await whole.reshard({ tp: 2, output: join(folder, "spread"), prefix: "m" })).run();
    const ms = (value) => `${Math.round(value)} ms`;
    const times = (ratio) => `${ratio.toFixed(1)} ×`;
    const show = ({ ours: a, theirs: b }, key) => `${times(b[key] / a[key])} (${ms(a[key])}, ${ms(b[key])})`;
    for (const [mine, theirs] of [
      ["statistics", "statistics"],
      ["statistics of .ckpt", "statistics"],
      ["diff", "diff"],
      ["diff of .ckpt", "diff"],
    ]) {
      const found = compare(folder, rounds, [mine, theirs]);
      const ratio = found.theirs.cpu / found.ours.cpu;
      report(`${mine} against numpy, processor time`, show(found, "cpu"), "≥ 2 ×", ratio >= 2);
      report(`${mine} against numpy, wall time`, show(found, "wall"), "");
    }
    const { ours: verify } = compare(folder, rounds, ["verify", undefined]);
    const speed = (cost) => 536.87 / cost;
    report(
      "verify, per second of processor time",
      `${speed(verify.cpu).toFixed(2)} GB`,
      "≥ 1 GB",
      speed(verify.cpu) >= 1,
    );
    for (const theirs of ["merge", "merge with fsync"]) {
      const found = compare(folder, rounds, ["merge", theirs]);
      const name = theirs === "merge" ? "unified_safetensors" : "unified_safetensors and fsync";
      report(
        `merge against ${name}, wall time`,
        show(found, "wall"),
        "≥ 2 ×",
        found.theirs.wall / found.ours.wall >= 2,
      );
      report(`merge against ${name}, processor time`, show(found, "cpu"), "");
      const share = found.ours.memory / found.theirs.memory;
      const mb = (value) => `${Math.round(value / 1e6)} MB`;
      const value = `${share.toFixed(2)} (${mb(found.ours.memory)}, ${mb(found.theirs.memory)})`;
      report(`its memory against ${name}`, value, "≤ 0.25", share <= 0.25);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.table(rows);
  process.exitCode = broken ? 1 : 0;
}

if (task === undefined) await main();
else {
  const [memory, cpu, started] = [peak(), process.cpuUsage(), performance.now()];
  await ours[task]();
  const [wall, used] = [performance.now() - started, process.cpuUsage(cpu)];
  console.log(JSON.stringify({ wall, cpu: (used.user + used.system) / 1000, memory: peak() - memory }));
}
