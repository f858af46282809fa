// How long does checking a whole configuration take?
//   npm run build && node test/bench/plan/check-config.mjs [TEMPLATE=pretrain_deepseek3_671b] [ROUNDS=50]
// Opened anew in every round, so that nothing is remembered: reading and parsing the YAML, then every rule. Median and
// range in milliseconds.
import { templateCatalog } from "../../../dist/src/config/templates/catalog.js";
import { openConfig } from "../../../dist/src/index.js";

const [template = "pretrain_deepseek3_671b", rounds = "50"] = process.argv.slice(2);
const { device, devices } = templateCatalog.find(({ name }) => name === template) ?? { device: "Ascend" };
const facts = { device, devices, memoryPerDevice: 64 * 2 ** 30 };

const times = { open: [], check: [] };
for (let round = 0; round < Number(rounds); round++) {
  const started = performance.now();
  const config = await openConfig(template);
  const opened = performance.now();
  config.check(facts);
  times.open.push(opened - started);
  times.check.push(performance.now() - opened);
}

for (const [name, values] of Object.entries(times)) {
  const sorted = values.sort((a, b) => a - b);
  const at = (share) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1);
  console.log(`${template} ${name}: median ${at(0.5)} ms, ${at(0)} to ${at(1)} ms (${sorted.length} rounds)`);
}
