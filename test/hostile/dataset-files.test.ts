import { expect, it } from "vitest";
import { type ByteSource, memoryBytes } from "../../src/core/bytes.js";
import { FormatError } from "../../src/core/error.js";
import { megatronBlocks } from "../../src/data/files/token-blocks.js";
import { encodeMegatronIndex, readMegatronIndex, tokenBytes } from "../../src/formats/megatron.js";
import { MindRecordIndex, MindRecordShard } from "../../src/formats/mindrecord/shard-reader.js";
import { smallMindRecord } from "../support/mindrecord-file.js";
import { mutate, seeded } from "../support/mutations.js";

// 100,000 damaged files: each is refused with file and offset, or read to its end. Reads are counted, so that neither a
// read beyond the file nor one that allocates much more than the file holds gets by.

/** In memory, but like a file: every slice is an allocation of its own, and all of them are added up. */
function counted(name: string, data: Uint8Array): ByteSource & { read: number } {
  const inner = memoryBytes(name, data);
  const source = {
    name,
    byteLength: data.byteLength,
    read: 0,
    async slice(start: number, end: number): Promise<Uint8Array> {
      if (!(end - start <= data.byteLength)) throw new Error(`a slice of ${end - start} bytes of ${data.byteLength}`);
      source.read += end - start;
      return inner.slice(start, end);
    },
  };
  return source;
}

/** "read", or "refused" after the error has been looked at; anything else fails the test. */
async function outcome(act: () => Promise<unknown>, sources: readonly ByteSource[]): Promise<"read" | "refused"> {
  try {
    await act();
    return "read";
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const source = sources.find(({ name }) => name === error.file);
    if (!source) throw new Error(`no such file: ${error.file}: ${error.message}`);
    if (!(error.offset >= 0 && error.offset <= source.byteLength))
      throw new Error(`offset ${error.offset} of ${source.byteLength} bytes: ${error.message}`);
    return "refused";
  }
}

/** No file is read more than a few times over, whatever it says; 4 KB are for what is smaller than a page. */
function requireFewReads(
  sources: readonly { readonly name: string; readonly byteLength: number; readonly read: number }[],
  times: number,
): void {
  for (const { name, read, byteLength } of sources)
    if (read > times * byteLength + 4096) throw new Error(`${name}: ${read} bytes read of ${byteLength}`);
}

interface Tally {
  read: number;
  refused: number;
}

/**
 * Memory that stays in use after `act`, and the largest in between, above what was there before; needs no garbage
 * collector switch.
 */
async function withBoundedMemory(limit: number, act: (check: () => void) => Promise<void>): Promise<void> {
  const before = process.memoryUsage();
  let most = 0;
  await act(() => {
    const now = process.memoryUsage();
    most = Math.max(most, now.rss - before.rss);
  });
  expect(most).toBeLessThan(limit);
}

const MB = 1024 * 1024;

function megatron(count: number, dtype: "int32" | "uint16" | "int64"): { idx: Uint8Array; bin: Uint8Array } {
  const lengths = Array.from({ length: count }, (_, i) => (i * 37) % 23);
  const documents = Math.ceil(count / 2);
  const plan = { dtype, sequences: count, documents };
  const documentEnd = (i: number) => Math.min(count, 2 * (i + 1));
  const idx = Buffer.concat([...encodeMegatronIndex({ ...plan, length: (i) => lengths[i] as number, documentEnd })]);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return { idx, bin: new Uint8Array(tokens * tokenBytes(dtype)).map((_, i) => i * 31) };
}

async function readMegatron(idx: ByteSource, bin: ByteSource): Promise<number> {
  const index = await readMegatronIndex(idx);
  if (index.binBytes !== index.tokens * tokenBytes(index.dtype)) throw new Error(`binBytes ${index.binBytes}`);
  if (index.binBytes !== bin.byteLength)
    throw new FormatError("MEGATRON_INDEX_INVALID", "size", { hint: "-", file: bin.name, offset: bin.byteLength });
  let tokens = 0;
  for await (const { ids } of megatronBlocks({ idx, bin }, index)) tokens += ids.length;
  if (tokens !== index.tokens) throw new Error(`${tokens} tokens`);
  return tokens;
}

it("60,000 damaged Megatron datasets (40,000 .idx, 20,000 .bin with .idx) are refused with file and offset, or read", async () => {
  const random = seeded(1);
  const tally: Tally = { read: 0, refused: 0 };
  await withBoundedMemory(300 * MB, async (check) => {
    for (const [part, runs] of [
      ["idx", 40_000],
      ["both", 20_000],
    ] as const) {
      const files = [megatron(3, "int32"), megatron(60, "uint16"), megatron(200, "int64"), megatron(0, "int32")];
      for (let run = 0; run < runs; run++) {
        const { idx, bin } = files[run % files.length] as { idx: Uint8Array; bin: Uint8Array };
        const one = mutate(idx, random, 34 + 64);
        const two = part === "both" ? mutate(bin, random, bin.byteLength) : { mutated: bin, undo: () => undefined };
        const sources = [counted("d.idx", one.mutated), counted("d.bin", two.mutated)] as const;
        tally[await outcome(() => readMegatron(...sources), sources)] += 1;
        requireFewReads(sources, 2);
        one.undo();
        two.undo();
        if (run % 1000 === 0) check();
      }
    }
  });
  expect(tally.read + tally.refused).toBe(60_000);
  expect(tally.read).toBeGreaterThan(1000);
  expect(tally.refused).toBeGreaterThan(20_000);
}, 120_000);

async function readShard(data: ByteSource, index: ByteSource, row: number): Promise<number> {
  const shard = await MindRecordShard.open(data);
  let rows = 0;
  for await (const _ of shard.read(Math.max(0, shard.rows - 4))) rows += 1;
  const opened = await MindRecordIndex.open(index);
  if (shard.rows > 0) await shard.row(row % shard.rows, opened);
  return rows;
}

it("40,000 damaged MindRecord files (30,000 shards, 10,000 .db) are refused with file and offset, or read", async () => {
  const { data, index } = await smallMindRecord();
  const random = seeded(2);
  const tally: Tally = { read: 0, refused: 0 };
  await withBoundedMemory(300 * MB, async (check) => {
    for (let run = 0; run < 40_000; run++) {
      const inIndex = run % 4 === 3;
      const { mutated, undo } = inIndex ? mutate(index, random, 400) : mutate(data, random, 2500);
      const sources = [
        counted("small.mindrecord", inIndex ? data : mutated),
        counted("small.mindrecord.db", inIndex ? mutated : index),
      ] as const;
      tally[await outcome(() => readShard(...sources, run), sources)] += 1;
      requireFewReads(sources, 3);
      undo();
      if (run % 1000 === 0) check();
    }
  });
  expect(tally.read + tally.refused).toBe(40_000);
  expect(tally.read).toBeGreaterThan(1000);
  expect(tally.refused).toBeGreaterThan(10_000);
}, 120_000);

it("1,000 damaged MindRecord shards and indices are read whole: every row of the data, every entry of the index", async () => {
  const { data, index } = await smallMindRecord();
  const random = seeded(3);
  const tally: Tally = { read: 0, refused: 0 };
  for (let run = 0; run < 1000; run++) {
    const inIndex = run % 2 === 1;
    const { mutated, undo } = inIndex ? mutate(index, random, index.byteLength) : mutate(data, random, data.byteLength);
    const sources = [
      counted("small.mindrecord", inIndex ? data : mutated),
      counted("small.mindrecord.db", inIndex ? mutated : index),
    ] as const;
    const readAll = async () => {
      const shard = await MindRecordShard.open(sources[0]);
      for await (const _ of shard.read());
      for await (const _ of (await MindRecordIndex.open(sources[1])).entries());
    };
    tally[await outcome(readAll, sources)] += 1;
    undo();
  }
  expect(tally.read).toBeGreaterThan(100);
  expect(tally.refused).toBeGreaterThan(100);
}, 120_000);
