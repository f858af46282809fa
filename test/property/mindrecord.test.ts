import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { openMindRecord, writeMindRecord } from "../../src/data/mindrecord.js";
import type { MindRecordRow, MindRecordSchema, MindRecordValue } from "../../src/formats/mindrecord/schema.js";

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const short = (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

/** A column and how its values are made. */
const columns: readonly (readonly [MindRecordSchema[string], fc.Arbitrary<MindRecordValue>])[] = [
  [{ type: "int32" }, fc.integer()],
  [{ type: "int64" }, int64.map(short)],
  [{ type: "float32" }, fc.float({ noNaN: true, noDefaultInfinity: true })],
  [{ type: "float64" }, fc.double({ noNaN: true, noDefaultInfinity: true })],
  [{ type: "string" }, fc.string({ unit: "grapheme", maxLength: 60 })],
  [{ type: "bytes" }, fc.uint8Array({ maxLength: 4000 })],
  [{ type: "int32", shape: [-1] }, fc.array(fc.integer(), { maxLength: 500 }).map((all) => Int32Array.from(all))],
  [{ type: "int64", shape: [-1] }, fc.array(int64, { maxLength: 50 }).map((all) => BigInt64Array.from(all))],
  [
    { type: "float32", shape: [2, -1] },
    fc.array(fc.float(), { maxLength: 20 }).map((all) => Float32Array.from([...all, ...all])),
  ],
  [
    { type: "float64", shape: [3] },
    fc.tuple(fc.double(), fc.double(), fc.double()).map((all) => Float64Array.from(all)),
  ],
];

const datasets = fc
  .tuple(
    fc.subarray([...columns.keys()], { minLength: 1 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 40 }),
  )
  .chain(([chosen, shards, batchRows]) => {
    const schema = Object.fromEntries(chosen.map((i) => [`c${i}`, (columns[i] as (typeof columns)[number])[0]]));
    const row = fc.record(
      Object.fromEntries(chosen.map((i) => [`c${i}`, (columns[i] as (typeof columns)[number])[1]])),
    );
    return fc.record({
      schema: fc.constant(schema as MindRecordSchema),
      shards: fc.constant(shards),
      batchRows: fc.constant(batchRows),
      rows: fc.array(row as fc.Arbitrary<MindRecordRow>, { maxLength: 60 }),
    });
  });

/** The rows in the order in which they lie in the shards: stretches of every batch. */
function dealt(rows: readonly MindRecordRow[], shards: number, batchRows: number): MindRecordRow[] {
  const lists: MindRecordRow[][] = Array.from({ length: shards }, () => []);
  for (let start = 0; start < rows.length; start += batchRows) {
    const batch = rows.slice(start, start + batchRows);
    let at = 0;
    for (const [shard, list] of lists.entries()) {
      const count = Math.floor(batch.length / shards) + (shard < batch.length % shards ? 1 : 0);
      list.push(...batch.slice(at, at + count));
      at += count;
    }
  }
  return lists.flat();
}

it("what is written to MindRecord is read from it: any columns, rows, shards and batches, in order and by number", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lab-property-"));
  const output = join(folder, "any.mindrecord");
  const small = { headerSize: 64 * 1024, pageSize: 32 * 1024 };
  try {
    await fc.assert(
      fc.asyncProperty(datasets, async ({ schema, shards, batchRows, rows }) => {
        await writeMindRecord({ ...small, output, schema, shards, batchRows, rows });
        const data = await openMindRecord(output);
        const found: MindRecordRow[] = [];
        for await (const row of data.read()) found.push(row);
        const wanted = dealt(rows, shards, batchRows);
        expect(found).toEqual(wanted);
        if (rows.length > 0) expect(await data.row(rows.length - 1)).toEqual(wanted.at(-1));
      }),
      { numRuns: 60 },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
