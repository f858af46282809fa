import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDataset } from "../../../src/data/dataset.js";
import { encodeMegatronIndex } from "../../../src/formats/megatron.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { scratchFolder } from "../../support/tiny-tokenizer.js";

async function written(lengths: readonly number[]): Promise<string> {
  const plan = { dtype: "uint16" as const, sequences: lengths.length, documents: lengths.length };
  const index = [...encodeMegatronIndex({ ...plan, length: (i) => lengths[i] as number, documentEnd: (i) => i + 1 })];
  const tokens = Uint16Array.from({ length: lengths.reduce((sum, length) => sum + length, 0) }, (_, i) => 60_000 + i);
  const folder = await scratchFolder({ "d.idx": Buffer.concat(index), "d.bin": new Uint8Array(tokens.buffer) });
  return join(folder, "d");
}

describe("openDataset", () => {
  it("reads a dataset that another tool made: no manifest, lengths of all kinds, 16-bit tokens", async () => {
    const data = await openDataset(await written([2, 0, 3]));
    expect(data).toMatchObject({
      sequences: 3,
      tokens: 5,
      dtype: "uint16",
      seqLength: undefined,
      vocabSize: undefined,
    });
    const { items, note } = await data.sample(5);
    expect(items.map(({ ids }) => ids)).toEqual([[60_000, 60_001], [], [60_002, 60_003, 60_004]]);
    expect(note).toContain("ids only");
    expect(data[displayKey]()["text/plain"]).toContain("3 of different lengths");
  });

  it("takes the prefix with .bin or .idx as well, and knows seqLength from the lengths", async () => {
    const prefix = await written([9, 9]);
    expect(await openDataset(`${prefix}.bin`)).toMatchObject({ prefix, seqLength: 8 });
    expect(await openDataset(`${prefix}.idx`)).toMatchObject({ prefix });
  });

  it("refuses a .bin of another length than the index says, with the arithmetic", async () => {
    const prefix = await written([2, 3]);
    await writeFile(`${prefix}.bin`, (await readFile(`${prefix}.bin`)).subarray(1));
    await expect(openDataset(prefix)).rejects.toMatchObject({
      code: "DATASET_SIZE_MISMATCH",
      message: expect.stringContaining("5 tokens × 2 bytes = 10 bytes, found 9"),
    });
  });

  it("refuses an index that is cut short, with file and offset", async () => {
    const prefix = await written([2, 3]);
    await writeFile(`${prefix}.idx`, (await readFile(`${prefix}.idx`)).subarray(0, 50));
    const error = { code: "MEGATRON_INDEX_INVALID", file: `${prefix}.idx`, offset: 50 };
    await expect(openDataset(prefix)).rejects.toMatchObject(error);
  });

  it("refuses a missing dataset, an empty prefix and a damaged manifest", async () => {
    await expect(openDataset("/nowhere/d")).rejects.toMatchObject({ code: "FILE_MISSING" });
    await expect(openDataset("")).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    const prefix = await written([2]);
    for (const content of ["{", "[]", '{"layout": 2}', '{"layout": 1}']) {
      await writeFile(`${prefix}.manifest.json`, content);
      await expect(openDataset(prefix)).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
    }
  });

  it("says that a dataset was made again since it was opened, instead of reading the new files by the old sizes", async () => {
    const prefix = await written([4, 4, 4]);
    const [data, other] = [await openDataset(prefix), await written([9])];
    for (const part of ["idx", "bin"]) await writeFile(`${prefix}.${part}`, await readFile(`${other}.${part}`));
    for (const read of [() => data.sample(1), () => data.peek(0), () => data.lengths(), () => data.tokenCounts()])
      await expect(read()).rejects.toMatchObject({
        code: "DATASET_CHANGED",
        message: expect.stringContaining(".idx of 102 bytes, found 62"),
        hint: expect.stringContaining("openDataset("),
      });
  });

  it("samples only sequences that exist", async () => {
    const data = await openDataset(await written([2, 2]));
    await expect(data.sample(0)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(data.sample(1, { from: 2 })).rejects.toThrow(/a first sequence from 0 to 1/);
    expect((await data.sample(9, { from: 1 })).items).toHaveLength(1);
  });
});
