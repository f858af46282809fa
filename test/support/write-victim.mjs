// Writes datasets again and again until it is killed: node write-victim.mjs CALLS, a JSON list of [function,
// ...arguments]. Prints "go" first. Rows of writeMindRecord are made here: `rows` is their number.
import { writeSync } from "node:fs";
import { mergeDatasets, splitDataset, writeMindRecord } from "../../dist/src/index.js";

function* rowsOf(count) {
  for (let i = 0; i < count; i++) yield { input_ids: new Int32Array(64).fill(i) };
}

const act = {
  mergeDatasets,
  splitDataset,
  writeMindRecord: ({ rows, ...options }) => writeMindRecord({ ...options, rows: rowsOf(rows) }),
};
const calls = JSON.parse(process.argv[2]);
writeSync(1, "go\n");
for (;;) await Promise.all(calls.map(([name, ...given]) => act[name](...given)));
