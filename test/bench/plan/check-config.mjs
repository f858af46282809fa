// How long does checking a whole configuration take?
//   npm run build && node test/bench/plan/check-config.mjs [TEMPLATE=pretrain_deepseek3_671b] [ROUNDS=50]
// Opened anew in every round, so that nothing is remembered: reading and parsing the YAML, then every rule. Median and
// range in milliseconds, of wall time and of processor time.
import { templateCatalog } from "../../../dist/src/config/templates/catalog.js";
import { openConfig } from "../../../dist/src/index.js";

const [template = "pretrain_deepseek3_671b", rounds = "50"] = process.argv.slice(2);
const { device, devices } = templateCatalog.find(({ name }) => name === template) ?? { device: "Ascend" };
const facts = { device, devices, memoryPerDevice: 64 * 2 ** 30 };

/** Processor time of this process, in milliseconds; other work on the machine changes it less than wall time. */
const used = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const times = { open: [], check: [], "open, processor time": [], "check, processor time": [] };
for (let round = 0; round < Number(rounds); round++) {
  const [started, before] = [performance.now(), used()];
  const config = await openConfig(template);
  const [opened, between] = [performance.now(), used()];
  config.check(facts);
  times.check.push(performance.now() - opened);
  times["check, processor time"].push(used() - between);
  times.open.push(opened - started);
  times["open, processor time"].push(between - before);
}

for (const [name, values] of Object.entries(times)) {
  const sorted = values.sort((a, b) => a - b);
  const at = (share) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  console.log(`${template} ${name}: median ${at(0.5)} ms, ${at(0)} to ${at(1)} ms (${sorted.length} rounds)`);
}
