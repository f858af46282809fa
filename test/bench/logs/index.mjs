// node test/bench/logs/index.mjs [files=256] [bytes of a file=1048576]: speed of the log index, cold and warm, beside
// ripgrep.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { LogFiles } = await import(join(import.meta.dirname, "../../../dist/src/run/logs/search-files.js"));
const [count = 256, size = 1 << 20] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "log-bench-"));
try {
  const two = (value) => String(value % 60).padStart(2, "0");
  const line = (step, rank) =>
    `2026-11-28 22:${two(Math.floor(step / 60))}:${two(step)},123 - ` +
    "mindformers/out/log[mindformers/core/callback/callback.py:747] - INFO - " +
    `{ Epoch:[  1/  1], step:[${step}/99999], loss: 6.${rank}, per_step_time: 163ms, lr: 1e-05, ` +
    "overflow cond: False, loss_scale: 1.0, global_norm: [1.2]\n";
  const parts = [];
  for (let step = 1, bytes = 0; bytes < size; step++) {
    const text = line(step, 7);
    parts.push(text);
    bytes += text.length;
  }
  const whole = Buffer.from(parts.join(""));
  const broken = Buffer.from("[ERROR] ME(1,2,main):2026-11-28-22:43:14.900.123 [a.cc:1] f] broken\n");
  for (let rank = 0; rank < count; rank++) {
    const node = `logs/attempt-1/node-${rank >> 3}`;
    mkdirSync(join(folder, node), { recursive: true });
    const bytes = rank === count >> 1 ? Buffer.concat([whole, broken]) : whole;
    writeFileSync(join(folder, node, `worker_${rank}.log`), bytes);
  }
  if (existsSync("/proc/sys/vm/drop_caches")) spawnSync("sh", ["-c", "sync; echo 3 > /proc/sys/vm/drop_caches"]);
  const files = new LogFiles(folder);
  const limits = { since: Number.NEGATIVE_INFINITY, until: Number.POSITIVE_INFINITY, match: undefined, tail: 30 };
  const ask = async () => {
    const began = performance.now();
    const found = await files.search({ patterns: ["logs/attempt-1/*/worker_*.log"], ...limits, level: 3 });
    return { seconds: (performance.now() - began) / 1000, found: found.records.length, bytes: found.bytes };
  };
  const cpu = process.cpuUsage();
  const cold = await ask();
  const { user, system } = process.cpuUsage(cpu);
  const warm = await ask();
  const began = performance.now();
  const rg = spawnSync("rg", ["--threads", "1", "--count-matches", "\\[ERROR\\]", folder]);
  const rgSeconds = (performance.now() - began) / 1000;
  const mib = cold.bytes / (1 << 20);
  const perCore = mib / ((user + system) / 1e6);
  console.log(`${count} files, ${mib.toFixed(0)} MiB, ${cold.found} errors found`);
  console.log(`cold index: ${cold.seconds.toFixed(2)} s, ${perCore.toFixed(0)} MiB/s of processor time`);
  console.log(
    `warm question: ${(warm.seconds * 1000).toFixed(0)} ms; memory ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  );
  if (rg.status !== null)
    console.log(`ripgrep, one thread: ${rgSeconds.toFixed(2)} s; ratio ${(cold.seconds / rgSeconds).toFixed(1)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
