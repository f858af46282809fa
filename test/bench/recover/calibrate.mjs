// Simulated clusters against published figures. ByteRobust is held out: only its inputs were fixed before the first
// run.
//   node test/bench/recover/calibrate.mjs [seeds]

import { bestInterval, effectiveRatio } from "../../../dist/src/plan/estimate/reliability.js";
import { accountOf } from "../../../dist/src/recover/account/account.js";
import { recoveryPolicy } from "../../../dist/src/recover/decide/policy.js";
import { Simulation } from "../../../dist/src/recover/simulate/simulation.js";
import { simulationSpec } from "../../../dist/src/recover/simulate/spec.js";

const seeds = Number(process.argv[2] ?? 5);
const day = 86_400_000;
const hour = 3_600_000;

const patient = { retries: 1000 };
const postures = {
  // Checkpoints every 15 min and 5 min for a start are assumptions (A1, A2); the restart overhead is that of the RSC
  // paper.
  "Llama 3 posture": {
    published: "> 90 %",
    wanted: [0.88, 0.92],
    days: 54,
    cluster: {
      nodes: 2048,
      faults: "llama3",
      spares: 128,
      report: "30s",
      heartbeat: "30s",
      join: "1m",
      start: "5m",
      compile: "1m",
      save: "10s",
    },
    training: { stepMs: 12_000, checkpointEverySteps: 75 },
    recovery: { ...patient, hangAfter: "10m" },
  },
  // A checkpoint in each step for 0.9 % of the time, 65 s for a warm standby to take over, 10 min to find a hang.
  "ByteRobust posture (held out)": {
    published: "97 %",
    wanted: [0.96, 0.98],
    days: 30,
    cluster: {
      nodes: 1200,
      faults: "byterobust",
      spares: 32,
      report: "30s",
      heartbeat: "30s",
      join: "0s",
      start: "65s",
      compile: "2m",
      save: 135,
    },
    training: { stepMs: 15_000, checkpointEverySteps: 1 },
    recovery: { ...patient, hangAfter: "10m" },
  },
  // Fixed after a first run with the default times (10 s for a save, 2 + 3 min for a start) had given 95.5 % and 84.2
  // %: a snapshot that stands still for 2 s, a warm spare (65 s), compiled graphs from the cache (30 s).
  "our policy, a fault in 6.2 h": {
    published: "≥ 97 % wanted",
    wanted: [0.97, 1],
    days: 30,
    cluster: { nodes: 1200, faults: "byterobust", spares: 32, save: "2s", start: "65s", compile: "30s" },
    training: { stepMs: 15_000, checkpointEverySteps: Math.round(bestInterval(2000, 6.2 * hour) / 15_000) },
    recovery: patient,
  },
  "our policy, a fault in 1.1 h": {
    published: "≥ 90 % wanted",
    wanted: [0.9, 1],
    days: 30,
    cluster: {
      nodes: 1200,
      faults: {
        nodeDaysPerFault: (1.1 / 24) * 1200,
        mix: { device: 36, process: 19, node: 8, link: 10, storage: 10, hang: 12, slow: 1, nan: 1 },
      },
      spares: 64,
      save: "2s",
      start: "65s",
      compile: "30s",
    },
    training: { stepMs: 15_000, checkpointEverySteps: Math.round(bestInterval(2000, 1.1 * hour) / 15_000) },
    recovery: patient,
  },
};

function simulate({ cluster, training, recovery, days }, seed) {
  const spec = simulationSpec(
    { devicesPerNode: 8, seed, ...cluster },
    { totalSteps: 1e9, untilMs: days * day, ...training },
    recoveryPolicy(recovery),
  );
  const simulation = new Simulation(spec);
  simulation.advance(Number.POSITIVE_INFINITY);
  return { spec, simulation, account: accountOf(simulation.events) };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (value) => `${(value * 100).toFixed(2)} %`;

const titles = [
  "posture",
  "published",
  "simulated (mean, least, most of seeds)",
  "first-order formula",
  "faults per run",
  "h between faults",
  "within",
];
console.log(`| ${titles.join(" | ")} |`);
console.log("|--|--|--|--|--|--|--|");
for (const [name, posture] of Object.entries(postures)) {
  const runs = Array.from({ length: seeds }, (_, seed) => simulate(posture, seed + 1));
  const ratios = runs.map(({ account }) => account.effective);
  const faults = mean(runs.map(({ simulation }) => simulation.faults));
  const { spec } = runs[0];
  const times = {
    intervalMs: spec.everySteps * spec.stepMs,
    saveMs: spec.saveMs,
    restartMs: spec.reportMs + spec.joinMs + 1.05 * (spec.startMs + spec.compileMs),
    mtbfMs: (posture.days * day) / faults,
  };
  const ok = mean(ratios) >= posture.wanted[0] && mean(ratios) <= posture.wanted[1];
  const cells = [
    name,
    posture.published,
    `${percent(mean(ratios))} (${percent(Math.min(...ratios))}, ${percent(Math.max(...ratios))})`,
    percent(effectiveRatio(times)),
    faults.toFixed(0),
    (times.mtbfMs / hour).toFixed(2),
    ok ? "yes" : "no",
  ];
  console.log(`| ${cells.join(" | ")} |`);
}

console.log("\n| devices | published | fault table | simulated: h between faults |");
console.log("|--|--|--|--|");
for (const [devices, published, faults] of [
  [16_384, "54 d / 419 = 3.09 h (Llama 3)", "llama3"],
  [8, "47.7 d = 1144.8 h, measured for jobs (RSC, held out)", "rsc-jobs"],
  [1024, "7.9 h, measured for jobs (RSC)", "rsc-jobs"],
  [1024, "28.8 h, by the rate of the projections (RSC)", "rsc"],
  [16_384, "1.8 h, projected (RSC)", "rsc"],
  [131_072, "0.23 h, projected (RSC)", "rsc"],
]) {
  const days = devices > 100_000 ? 10 : devices > 2000 ? 60 : devices > 100 ? 400 : 8000;
  const posture = {
    cluster: { nodes: devices / 8, faults, spares: 300 },
    training: { stepMs: 15_000, checkpointEverySteps: 240 },
    recovery: patient,
    days,
  };
  const hours = Array.from({ length: seeds }, (_, seed) => (days * 24) / simulate(posture, seed + 1).simulation.faults);
  console.log(`| ${devices} | ${published} | ${faults} | ${mean(hours).toFixed(2)} |`);
}
