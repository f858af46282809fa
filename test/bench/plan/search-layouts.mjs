// How long does a search over all legal layouts take, and an estimate of memory for one?
//   npm run build && node test/bench/plan/search-layouts.mjs [DEVICES=8192] [ROUNDS=7]
// The model is DeepSeek-V3 671B, global batch = devices. Wall time of the call in a warm process (and of the first
// call), medians; beside it the processor time of the process (all its threads), which says what a quiet machine would
// need when this one is busy.
import { estimateMemory, openConfig, readTraining, searchLayouts } from "../../../dist/src/index.js";

const [devices = "8192", rounds = "7"] = process.argv.slice(2);
const config = await openConfig("pretrain_deepseek3_671b");
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function timed(call) {
  const started = performance.now();
  const before = process.cpuUsage();
  const result = call();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - started, cpu: (user + system) / 1000, result };
}

const options = { config, devices: Number(devices), memoryPerDevice: "64GB", globalBatch: Number(devices) };
const runs = Array.from({ length: Number(rounds) }, () => timed(() => searchLayouts(options)));
const { legal, fitting } = runs[0].result;
console.log(`search for ${devices} devices: ${legal} legal layouts, ${fitting} fit`);
console.log(
  `  first call ${runs[0].ms.toFixed(0)} ms, median of ${rounds}: ${median(runs.map(({ ms }) => ms)).toFixed(0)} ms`,
);
console.log(
  `  processor time: first call ${runs[0].cpu.toFixed(0)} ms, ` +
    `median ${median(runs.map(({ cpu }) => cpu)).toFixed(0)} ms`,
);

const { shape, layout, options: memory } = readTraining((path) => config.get(path));
const estimates = Array.from({ length: 200 }, () => timed(() => estimateMemory(shape, layout, memory)).ms);
console.log(`memory of one layout (8 stages): median ${median(estimates).toFixed(3)} ms`);
