// MindRecord: writing against MindSpore's FileWriter for the same rows in the same run, reading, and random access.
//   npm run build && node test/bench/data/mindrecord.mjs [ROWS=20000] [LENGTH=1024] [ROUNDS=3]
// Rows of LENGTH + 1 ids, 2 shards, written 256 at a time. Wall time until the files have their names; for Python,
// imports excluded. Medians.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeMindRecord } from "../../../dist/src/index.js";

const root = resolve(import.meta.dirname, "../../..");
const [rows = 20000, length = 1024, rounds = 3] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "lab-bench-"));
const ids = Int32Array.from({ length: length + 1 }, (_, i) => (i * 7919) % 129000);
const tokens = rows * ids.length;
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function* generated() {
  for (let i = 0; i < rows; i++) yield { input_ids: ids };
}

async function timed(act) {
  const started = performance.now();
  const value = await act();
  return { value, seconds: (performance.now() - started) / 1000 };
}

function reference() {
  const args = [join(root, "test/bench/data/mindrecord_reference.py"), join(folder, "theirs.mindrecord"), rows, length];
  const printed = execFileSync(join(root, ".venv/bin/python"), args.map(String), {
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
  });
  return Number(printed.trimEnd().split("\n").at(-1));
}

try {
  const [write, theirs, read, access] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    const options = {
      output: join(folder, "ours.mindrecord"),
      schema: { input_ids: { type: "int32", shape: [-1] } },
      shards: 2,
    };
    const written = await timed(() => writeMindRecord({ ...options, rows: generated() }));
    write.push(written.seconds);
    theirs.push(reference());
    const data = written.value;
    const readAll = async () => {
      for await (const row of data.read()) if (row.input_ids.length !== ids.length) throw new Error("wrong row");
    };
    read.push((await timed(readAll)).seconds);
    const some = async () => {
      for (let i = 0; i < 200; i++) await data.row((i * 7919) % rows);
    };
    access.push((await timed(some)).seconds / 200);
  }
  const speed = (seconds) => `${(tokens / seconds / 1e6).toFixed(1)} million tokens/s`;
  console.log(
    `write  ours ${speed(median(write))}, FileWriter ${speed(median(theirs))}: ` +
      `× ${(median(theirs) / median(write)).toFixed(1)}`,
  );
  console.log(`read   ${speed(median(read))}; one row by number: ${(median(access) * 1000).toFixed(2)} ms`);
  console.log(`memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB at most`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
