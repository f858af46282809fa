// Measures how fast many headers are read: node test/bench/checkpoint/checkpoint.mjs [folder]
// Needs `npm run build`. Prints a table; exits with 1 if a promise is broken. against-python.mjs compares with Python.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCheckpoint } from "../../../dist/src/index.js";

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

try {
  await headers();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.table(rows);
process.exitCode = broken ? 1 : 0;
