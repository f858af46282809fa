// Measures the promises of src/checkpoint in one run: node test/bench/checkpoint/checkpoint.mjs [folder]
// Needs `npm run build` and the project's Python (safetensors, numpy, MindSpore). Prints a table; exits with 1 if a
// promise is broken.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpoint } from "../../../dist/src/index.js";

const root = join(import.meta.dirname, "..", "..", "..");
const python = join(root, ".venv", "bin", "python");
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "checkpoint-bench-"));
const rows = [];
let broken = false;

function report(what, value, { unit, promise, holds }) {
  rows.push({ what, value: `${value} ${unit}`, promise, holds: holds ? "yes" : "NO" });
  if (!holds) broken = true;
}

function safetensorsBytes(tensors) {
  let position = 0;
  const entries = tensors.map(({ name, dtype, shape, data }) => {
    const begin = position;
    position += data.byteLength;
    return `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${position}]}`;
  });
  const text = Buffer.from(`{"__metadata__":{"format":"ms"},${entries.join(",")}}`);
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, 0x20);
  text.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...tensors.map(({ data }) => data)]);
}

/** The median of three runs, in milliseconds. */
async function median(work) {
  const times = [];
  for (let i = 0; i < 3; i++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[1];
}

function runPython(code, ...args) {
  const { status, stdout, stderr } = spawnSync(python, ["-c", code, ...args], { encoding: "utf8", cwd: folder });
  if (status !== 0) throw new Error(stderr.slice(-2000));
  return JSON.parse(stdout.trim().split("\n").at(-1));
}

async function headers() {
  const place = join(folder, "shards");
  const ranks = 10_000;
  for (let rank = 0; rank < ranks; rank++) {
    const tensors = Array.from({ length: 50 }, (_, i) => ({
      name: `decoder.layers.${Math.floor(i / 10)}.part${i % 10}.rank${rank % 100}.weight`,
      dtype: "F32",
      shape: [2],
      data: Buffer.alloc(8),
    }));
    mkdirSync(join(place, `rank_${rank}`), { recursive: true });
    writeFileSync(join(place, `rank_${rank}`, `m_rank_${rank}-1_5.safetensors`), safetensorsBytes(tensors));
  }
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const checkpoint = await openCheckpoint(place);
  await checkpoint.tensors();
  const seconds = (performance.now() - started) / 1000;
  const megabytes = (process.memoryUsage().rss - before) / 1e6;
  report("headers of 10,000 shards, 500,000 tensors", seconds.toFixed(2), {
    unit: "s",
    promise: "< 5 s",
    holds: seconds < 5,
  });
  report("their memory", megabytes.toFixed(0), { unit: "MB", promise: "< 500 MB", holds: megabytes < 500 });
  const verifying = performance.now();
  await checkpoint.verify();
  const verified = (performance.now() - verifying) / 1000;
  report("verify of these", verified.toFixed(1), { unit: "s", promise: "< 30 s", holds: verified < 30 });
  rmSync(place, { recursive: true });
}

const pythonStatistics = `
import json, sys, time, numpy as np
from safetensors import safe_open
times = []
for _ in range(3):
    t = time.perf_counter()
    with safe_open(sys.argv[1], "np") as f:
        for k in f.keys():
            x = f.get_tensor(k)
            np.isnan(x).sum(), np.isinf(x).sum(), x.min(), x.max(), x.mean(dtype=np.float64), x.std(dtype=np.float64)
            np.linalg.norm(x), (x == 0).sum(), np.histogram(x, 60)
    times.append(time.perf_counter() - t)
print(json.dumps(sorted(times)[1] * 1000))`;

const pythonDiff = `
import json, sys, time, numpy as np
from safetensors import safe_open
times = []
for _ in range(3):
    t = time.perf_counter()
    with safe_open(sys.argv[1], "np") as f, safe_open(sys.argv[2], "np") as g:
        for k in f.keys():
            a, b = f.get_tensor(k), g.get_tensor(k)
            d = b - a
            np.linalg.norm(d) / np.linalg.norm(a), np.dot(a.ravel(), b.ravel()), np.abs(d).max(), (a == b).mean()
    times.append(time.perf_counter() - t)
print(json.dumps(sorted(times)[1] * 1000))`;

function bigFile(name, seed) {
  const path = join(folder, name);
  const tensors = Array.from({ length: 8 }, (_, i) => {
    const values = new Float32Array(8 * 1024 * 1024);
    let state = seed + i;
    for (let j = 0; j < values.length; j++) {
      state = (state * 1664525 + 1013904223) >>> 0;
      values[j] = state / 2 ** 32 - 0.5;
    }
    return { name: `layer.${i}.weight`, dtype: "F32", shape: [4096, 2048], data: Buffer.from(values.buffer) };
  });
  writeFileSync(path, safetensorsBytes(tensors));
  return path;
}

async function values() {
  const [a, b] = [bigFile("a.safetensors", 1), bigFile("b.safetensors", 2)];
  const bytes = 8 * 32 * 1024 * 1024;
  const checkpoint = await openCheckpoint(a);
  const other = await openCheckpoint(b);
  const verify = await median(() => checkpoint.verify());
  const speed = bytes / 1e6 / verify;
  report("verify (NaN scan, CRC) of cached files", speed.toFixed(2), {
    unit: "GB/s",
    promise: "≥ 1 GB/s",
    holds: speed >= 1,
  });
  const statistics = async (from) => {
    for (const { name } of await from.tensors()) await (await from.tensor(name)).statistics();
  };
  const ours = await median(() => statistics(checkpoint));
  const theirs = runPython(pythonStatistics, a);
  const ratio = theirs / ours;
  report("statistics against numpy", ratio.toFixed(1), { unit: "×", promise: "≥ 2 ×", holds: ratio >= 2 });
  await (await checkpoint.toCkpt({ output: join(folder, "ckpt") })).run();
  const ckpt = await openCheckpoint(join(folder, "ckpt"));
  const ckptRatio = theirs / (await median(() => statistics(ckpt)));
  report("statistics of .ckpt against numpy", ckptRatio.toFixed(1), {
    unit: "×",
    promise: "≥ 2 ×",
    holds: ckptRatio >= 2,
  });
  const diff = await median(() => other.compareTo(checkpoint));
  const diffRatio = runPython(pythonDiff, a, b) / diff;
  report("diff against numpy", diffRatio.toFixed(1), { unit: "×", promise: "≥ 2 ×", holds: diffRatio >= 2 });
}

const pythonUnify = `
import json, sys, time, resource
import mindspore as ms
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
t = time.perf_counter()
ms.parallel.unified_safetensors(sys.argv[1], sys.argv[2], sys.argv[3], merge_with_redundancy=True, max_process_num=1)
elapsed = time.perf_counter() - t
children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([elapsed * 1000, max(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base, children) * 1024]))`;

async function merge() {
  const whole = await openCheckpoint(join(folder, "a.safetensors"));
  const spread = join(folder, "spread");
  await (await whole.reshard({ tp: 2, dp: 1, output: spread, prefix: "m" })).run();
  const strategy = join(spread, "strategy", "ckpt_strategy_rank_0.ckpt");
  const checkpoint = await openCheckpoint(spread, { strategy });
  const started = performance.now();
  await (await checkpoint.merge({ output: join(folder, "merged") })).run();
  const ours = performance.now() - started;
  const [theirs] = runPython(pythonUnify, spread, strategy, join(folder, "unified"));
  const ratio = theirs / ours;
  report("merge against unified_safetensors", ratio.toFixed(1), { unit: "×", promise: "≥ 2 ×", holds: ratio >= 2 });
}

try {
  await headers();
  await values();
  await merge();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.table(rows);
process.exitCode = broken ? 1 : 0;
