// How long a plan takes, its figures and its ejected files: DeepSeek-V3 671B for 8,192 devices (1,024 nodes of 8), and
// the check of its YAML. Use: npx tsc -b src && node test/bench/plan/plan-run.mjs [rounds]
import { displayKey, openConfig, planRun } from "../../../dist/src/index.js";

const [rounds = "15"] = process.argv.slice(2);
const nodes = Array.from({ length: 1024 }, (_, index) => `10.${index >> 8}.${(index & 255) >> 4}.${(index & 15) + 1}`);
const cluster = { device: "Ascend", nodes, devicesPerNode: 8, memoryPerDevice: "64GB" };

async function bigConfig() {
  const config = await openConfig("pretrain_deepseek3_671b");
  return config.merge({
    parallel_config: { data_parallel: 128 },
    train_dataset: { data_loader: { sizes: [4_096_000, 0, 0] } },
  });
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Times a function in every round; a new input each time, so that nothing is remembered. */
async function measure(name, prepare, run) {
  const times = [];
  for (let round = 0; round < Number(rounds); round++) {
    const input = await prepare();
    const started = performance.now();
    await run(input);
    times.push(performance.now() - started);
  }
  const [first, ...rest] = times;
  console.log(
    `${name.padEnd(34)} median ${median(rest).toFixed(1).padStart(7)} ms, first ${first.toFixed(1).padStart(7)} ms`,
  );
  return median(rest);
}

const plan = (config) => planRun(config, { cluster, speed: { stepTime: "20s" } });
const planned = async () => plan(await bigConfig());

await measure(
  "check of the 671B YAML",
  () => openConfig("pretrain_deepseek3_671b"),
  (config) => config.check(),
);
const planTime = await measure("plan for 8,192 devices", bigConfig, plan);
await measure("… shown", planned, (made) => made[displayKey]());
for (const color of ["stage", "data", "tensor", "memory"])
  await measure(`… meshFigure ${color}`, planned, (made) => made.meshFigure({ color })[displayKey]());
await measure("… memoryFigure", planned, (made) => made.memoryFigure()[displayKey]());
await measure("… timelineFigure", planned, (made) => made.timelineFigure()[displayKey]());
for (const target of ["msrun", "slurm"])
  await measure(`… eject ${target}`, planned, (made) => made.eject(target, { folder: "/shared/run" }));
if (planTime >= 500) {
  console.error(`plan for 8,192 devices: expected below 500 ms, found ${planTime.toFixed(0)} ms`);
  process.exitCode = 1;
}
