// How fast a Megatron dataset is looked through: lengths (index only), tokenCounts, verify with and without duplicates,
// merge.
//   npm run build && node test/bench/data/dataset-tools.mjs [MILLION_TOKENS=100] [ROUNDS=3]
// Documents of 500 tokens on average, 4 bytes a token. Medians of wall times; the file is in the page cache.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergeDatasets, openDataset } from "../../../dist/src/index.js";

const [million = 100, rounds = 3] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "lab-bench-"));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function write(prefix) {
  const documents = million * 2000;
  const lengths = Int32Array.from({ length: documents }, (_, i) => 1 + ((i * 7919) % 999));
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const head = Buffer.alloc(34);
  head.write("MMIDIDX\0\0", "latin1");
  head.writeBigUInt64LE(1n, 9);
  head.writeUInt8(4, 17);
  head.writeBigUInt64LE(BigInt(documents), 18);
  head.writeBigUInt64LE(BigInt(documents + 1), 26);
  const [pointers, ends] = [
    new BigInt64Array(documents),
    BigInt64Array.from({ length: documents + 1 }, (_, i) => BigInt(i)),
  ];
  for (let i = 0, at = 0; i < documents; at += 4 * lengths[i], i++) pointers[i] = BigInt(at);
  writeFileSync(
    `${prefix}.idx`,
    Buffer.concat([head, ...[lengths, pointers, ends].map((part) => new Uint8Array(part.buffer))]),
  );
  let state = 1;
  const ids = Int32Array.from({ length: tokens }, () => {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    return (state >>> 8) % 129000;
  });
  writeFileSync(`${prefix}.bin`, new Uint8Array(ids.buffer));
  return tokens;
}

try {
  const prefix = join(folder, "data");
  const tokens = write(prefix);
  const data = await openDataset(prefix);
  const jobs = {
    lengths: () => data.lengths(),
    tokenCounts: () => data.tokenCounts(),
    verify: () => data.verify({ vocabSize: 129280 }),
    "verify, no duplicates": () => data.verify({ vocabSize: 129280, duplicates: false }),
    "merge with itself": () => mergeDatasets([data, data], join(folder, "both")),
  };
  for (const [name, act] of Object.entries(jobs)) {
    const seconds = [];
    for (let round = 0; round < rounds; round++) {
      const started = performance.now();
      await act();
      seconds.push((performance.now() - started) / 1000);
    }
    const speed = tokens / median(seconds) / 1e6;
    console.log(
      `${name}: ${median(seconds).toFixed(2)} s, ${speed.toFixed(0)} million tokens/s, ${data.documents} documents`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
