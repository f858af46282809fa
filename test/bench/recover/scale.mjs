// 30 days of 16,384 × 8 simulated devices with more than 3,000 faults: processor time, memory, and what is shown.
// Fails if the simulation takes more than 60 s of processor time or 500 MB, if a view takes more than 1 s, or if it has
// more than 64 KB:
//   node test/bench/recover/scale.mjs

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountOf } from "../../../dist/src/recover/account/account.js";
import { recoveryPolicy } from "../../../dist/src/recover/decide/policy.js";
import { Simulation } from "../../../dist/src/recover/simulate/simulation.js";
import { simulationSpec } from "../../../dist/src/recover/simulate/spec.js";
import { launchRun } from "../../../dist/src/run/launch/launch.js";
import { displayKey } from "../../../dist/src/view/display-contract.js";

const day = 86_400_000;
const recovery = { retries: 1000 };
const simulate = {
  nodes: 16_384,
  devicesPerNode: 8,
  seed: 7,
  faults: "rsc",
  spares: 200,
  start: "65s",
  compile: "30s",
};

/** Processor time of this process in seconds. */
function seconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function check(what, value, limit, unit) {
  console.log(`${what}: ${value.toFixed(2)} ${unit} (at most ${limit})`);
  if (!(value < limit)) process.exitCode = 1;
}

const before = seconds();
const training = { totalSteps: 1e9, stepMs: 10_000, checkpointEverySteps: 20, untilMs: 30 * day };
const simulation = new Simulation(simulationSpec(simulate, training, recoveryPolicy(recovery)));
simulation.advance(Number.POSITIVE_INFINITY);
const { incidents } = accountOf(simulation.events);
console.log(`${simulation.faults} faults, ${incidents.length} incidents, state ${simulation.state}`);
check("simulation", seconds() - before, 60, "s of processor time");
check("peak memory", process.resourceUsage().maxRSS / 1024, 500, "MB");
if (simulation.faults < 3000) process.exitCode = 1;

const folder = mkdtempSync(join(tmpdir(), "scale-"));
try {
  const plan = {
    config: { text: "seed: 1\n", get: () => undefined },
    totalSteps: 259_200,
    tokensPerStep: 4096,
    cluster: { port: 8118, simulate: { ...simulate, duration: "30d" } },
    duration: { stepMs: 10_000 },
    disk: { everySteps: 20 },
    commands: () => [],
  };
  const run = await launchRun(plan, { name: "month", folder, recovery });
  const views = {
    status: async () => run[displayKey](),
    watch: async () => {
      const view = run.watch({ plots: ["loss"] });
      await view.done;
      return view[displayKey]?.() ?? {};
    },
    incidents: async () => (await run.incidents())[displayKey](),
    "figure of incidents": async () => (await run.incidents()).figure()[displayKey](),
    decisions: async () => (await run.decisions())[displayKey](),
  };
  for (const [name, show] of Object.entries(views)) {
    const began = seconds();
    const bundle = await show();
    check(name, seconds() - began, 1, "s of processor time");
    for (const [type, part] of Object.entries(bundle))
      check(`${name}, ${type}`, (typeof part === "string" ? part : JSON.stringify(part)).length / 1024, 64, "KB");
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
