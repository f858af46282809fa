// The first-order formula (Daly 2006) against the simulation, over checkpoint intervals and failure rates.
// Prints a Markdown table and writes a figure:
//   node test/bench/recover/formula.mjs [seeds] [figure.svg]

import { writeFileSync } from "node:fs";
import { effectiveRatio } from "../../../dist/src/plan/estimate/reliability.js";
import { accountOf } from "../../../dist/src/recover/account/account.js";
import { recoveryPolicy } from "../../../dist/src/recover/decide/policy.js";
import { Simulation } from "../../../dist/src/recover/simulate/simulation.js";
import { simulationSpec } from "../../../dist/src/recover/simulate/spec.js";
import { lineChart } from "../../../dist/src/view/charts/kinds/line-chart.js";
import { displayKey } from "../../../dist/src/view/display-contract.js";

const seeds = Number(process.argv[2] ?? 3);
const figure = process.argv[3];
const stepMs = 12_000;
const hour = 3_600_000;
const nodes = 1024;
const intervals = [5, 15, 40, 100, 250, 600, 1500];
const meanHours = [1.1, 3, 6.2];

function simulated(everySteps, mtbfHours, seed) {
  const faults = { nodeDaysPerFault: (mtbfHours / 24) * nodes, mix: { device: 60, process: 20, node: 20 } };
  const spec = simulationSpec(
    { nodes, devicesPerNode: 8, seed, faults, spares: 64, save: "10s", start: "2m", compile: "1m" },
    { totalSteps: 1e9, untilMs: 30 * 24 * hour, stepMs, checkpointEverySteps: everySteps },
    recoveryPolicy({ retries: 100_000 }),
  );
  const simulation = new Simulation(spec);
  simulation.advance(Number.POSITIVE_INFINITY);
  const restartMs = spec.reportMs + spec.joinMs + spec.startMs + spec.compileMs;
  return { effective: accountOf(simulation.events).effective, saveMs: spec.saveMs, restartMs };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (value) => `${(value * 100).toFixed(1)} %`;
const series = [];
const rows = [];
for (const hours of meanHours) {
  const ratios = { formula: [], simulation: [] };
  for (const everySteps of intervals) {
    const runs = Array.from({ length: seeds }, (_, seed) => simulated(everySteps, hours, seed + 1));
    const { saveMs, restartMs } = runs[0];
    const times = { intervalMs: everySteps * stepMs, saveMs, restartMs, mtbfMs: hours * hour };
    ratios.formula.push(effectiveRatio(times));
    ratios.simulation.push(mean(runs.map(({ effective }) => effective)));
  }
  const minutes = intervals.map((steps) => Math.log10((steps * stepMs) / 60_000));
  for (const [name, y] of Object.entries(ratios))
    series.push({ name: `${name}, a fault in ${hours} h`, x: minutes, y });
  const cells = intervals.map((_, i) => `${percent(ratios.formula[i])} / ${percent(ratios.simulation[i])}`);
  rows.push(`| ${hours} h | ${cells.join(" | ")} |`);
}
console.log(`| a fault in | ${intervals.map((steps) => `${(steps * stepMs) / 60_000} min`).join(" | ")} |`);
console.log(`|--|${intervals.map(() => "--").join("|")}|`);
for (const row of rows) console.log(row);
if (figure !== undefined) {
  const chart = lineChart({
    title: "Effective training time: formula and simulation",
    x: { label: "minutes between two checkpoints, as a power of 10" },
    y: { label: "ratio" },
    series,
  });
  const bundle = await chart[displayKey]();
  writeFileSync(figure, bundle["image/svg+xml"]);
}
