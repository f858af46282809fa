// Many seeded faults on the simulated cluster: does each run end, and each resume begin at a step that was reached?
//   node test/bench/recover/many-faults.mjs [faults]

import { accountOf } from "../../../dist/src/recover/account/account.js";
import { recoveryPolicy } from "../../../dist/src/recover/decide/policy.js";
import { Simulation } from "../../../dist/src/recover/simulate/simulation.js";
import { simulationSpec } from "../../../dist/src/recover/simulate/spec.js";

const wanted = Number(process.argv[2] ?? 100_000);
const day = 86_400_000;
const mix = { device: 36, process: 19, node: 8, link: 10, storage: 10, hang: 12, slow: 1, nan: 1, spike: 1, silent: 1 };
const totals = { runs: 0, faults: 0, incidents: 0, failed: 0, open: 0, hangs: 0, named: 0, ahead: 0 };
for (let seed = 1; totals.faults < wanted; seed += 1) {
  const spec = simulationSpec(
    { nodes: 16_384, devicesPerNode: 8, seed, faults: { nodeDaysPerFault: 154, mix }, spares: 300 },
    { totalSteps: 1e9, untilMs: 30 * day, stepMs: 15_000, checkpointEverySteps: 40, keep: 8 },
    recoveryPolicy({ retries: 100 }),
  );
  const simulation = new Simulation(spec);
  simulation.advance(Number.POSITIVE_INFINITY);
  const { incidents } = accountOf(simulation.events);
  const hangs = simulation.decisions.filter(({ finding, action }) => finding.kind === "hang" && action !== "note");
  totals.runs += 1;
  if (simulation.state === "failed") {
    const { time, finding, reason } = simulation.decisions.at(-1);
    console.log(`seed ${seed}, day ${(time / day).toFixed(1)}: ${finding.kind} at step ${finding.step}: ${reason}`);
  }
  totals.faults += simulation.faults;
  totals.incidents += incidents.length;
  totals.failed += simulation.state === "failed" ? 1 : 0;
  totals.open += incidents.slice(0, -1).filter(({ action }) => action === "stop").length;
  totals.hangs += hangs.length;
  totals.named += hangs.filter(({ finding }) => finding.rank !== undefined).length;
  // No run may go on from a step that it had not reached.
  totals.ahead += incidents.filter(({ resumedFrom = 0, step }) => resumedFrom > step).length;
}
console.log(JSON.stringify(totals));
console.log(`hangs with a named rank: ${((100 * totals.named) / Math.max(1, totals.hangs)).toFixed(1)} %`);
