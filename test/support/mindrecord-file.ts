import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeMindRecord } from "../../src/data/mindrecord.js";
import { scratchFolder } from "./tiny-tokenizer.js";

/**
 * A small MindRecord shard of every column type with several pages, and its index, in memory: about 100 KB and 16 KB.
 */
export async function smallMindRecord(): Promise<{ readonly data: Uint8Array; readonly index: Uint8Array }> {
  const output = join(await scratchFolder(), "small.mindrecord");
  await writeMindRecord({
    output,
    headerSize: 16 * 1024,
    pageSize: 32 * 1024,
    schema: {
      ids: { type: "int32", shape: [-1] },
      wide: { type: "int64", shape: [-1] },
      real: { type: "float32", shape: [2, -1] },
      blob: { type: "bytes" },
      name: { type: "string" },
      count: { type: "int64" },
      ratio: { type: "float64" },
    },
    rows: Array.from({ length: 24 }, (_, i) => ({
      ids: Int32Array.from({ length: 60 }, (_, j) => (i * 7919 + j * 104729) % 130_000),
      wide: BigInt64Array.from({ length: i % 5 }, (_, j) => BigInt(j - 2) << BigInt(12 * j)),
      real: Float32Array.from({ length: 2 * (i % 4) }, (_, j) => j / 3),
      // One long row, so that there are two row groups.
      blob: new Uint8Array(i === 15 ? 30_000 : i).fill(i),
      name: `row ${i} `.repeat(1 + (i % 5)),
      count: i % 2 === 0 ? i * 1000 : -(2 ** 40) * i,
      ratio: i / 7,
    })),
  });
  return { data: await readFile(output), index: await readFile(`${output}.db`) };
}
