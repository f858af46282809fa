import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openConfig } from "../../../src/config/open.js";
import { checkDataset } from "../../../src/data/check-dataset.js";
import { type Dataset, openDataset } from "../../../src/data/dataset.js";
import { mergeDatasets } from "../../../src/data/merge.js";
import { prepareData } from "../../../src/data/prepare.js";
import { splitDataset } from "../../../src/data/split.js";
import { encodeMegatronIndex } from "../../../src/formats/megatron.js";
import { displayKey } from "../../../src/view/display-contract.js";
import { scratchFolder, tinyTokenizer } from "../../support/tiny-tokenizer.js";

/** A dataset of documents, each a list of sequences of ids. */
async function written(documents: readonly (readonly (readonly number[])[])[], name = "d"): Promise<Dataset> {
  const sequences = documents.flat();
  const ends = documents.map((_, i) => documents.slice(0, i + 1).flat().length);
  const plan = { dtype: "int32" as const, sequences: sequences.length, documents: documents.length };
  const length = (i: number) => sequences[i]?.length ?? 0;
  const index = [...encodeMegatronIndex({ ...plan, length, documentEnd: (i) => ends[i] as number })];
  const tokens = Int32Array.from(sequences.flat());
  const folder = await scratchFolder({
    [`${name}.idx`]: Buffer.concat(index),
    [`${name}.bin`]: new Uint8Array(tokens.buffer),
  });
  return openDataset(join(folder, name));
}

const check = async (data: Dataset, name: string, options = {}) =>
  (await data.verify(options)).checks.find((row) => row.check === name);

describe("dataset.verify", () => {
  it("finds documents that repeat earlier ones, also where they are made of other sequences, and compares their tokens", async () => {
    const data = await written([[[1, 2], [3]], [[4]], [[1], [2, 3]], [[3, 2, 1]], [[4]], [[1, 2, 3, 0]]]);
    expect(await check(data, "duplicates")).toMatchObject({
      verdict: "warning",
      found: "2 of 6 documents repeat an earlier one; document 2 repeats 0",
    });
    const other = await written([[[1, 2]], [[2, 1]], [[1], [2], []], [[1, 2, 0]]]);
    expect(await check(other, "duplicates")).toMatchObject({
      verdict: "warning",
      found: expect.stringContaining("document 2 repeats 0"),
    });
    expect(await check(await written([[[1]], [[2]], [[1, 1]]]), "duplicates")).toMatchObject({ verdict: "ok" });
    expect(await check(other, "duplicates", { duplicates: false })).toBeUndefined();
  });

  it("finds ids outside of the vocabulary, with the sequence", async () => {
    const data = await written([[[5, 6]], [[7, 98]], [[99]]]);
    expect(await check(data, "token ids", { vocabSize: 100 })).toMatchObject({ verdict: "ok" });
    expect(await check(data, "token ids", { vocabSize: 99 })).toMatchObject({
      verdict: "damaged",
      found: "5 ids from 5 to 99; the vocabulary ends at 98; the largest id is first in sequence 2",
    });
    expect(await check(await written([[[-1]]]), "token ids", { vocabSize: 9 })).toMatchObject({ verdict: "damaged" });
    expect(await check(data, "token ids")).toMatchObject({ verdict: "unknown" });
  });

  it("finds documents without an end, sequences of padding tokens only, and documents without tokens", async () => {
    const data = await written([[[3, 1]], [[3], [4, 1, 2]], [[5]], [[2, 2]], [[]]]);
    expect(await check(data, "ends of documents", { eod: 1, pad: 2 })).toMatchObject({
      verdict: "warning",
      found: "3 of 5 documents do not end with 1, the first is 2",
    });
    expect(await check(data, "padding tokens", { pad: 2 })).toMatchObject({
      found: expect.stringContaining("1 of 6 sequences consist of 2 only, the first is 4"),
    });
    expect(await check(data, "empty documents")).toMatchObject({
      verdict: "warning",
      found: "1 of 5 documents have no tokens",
    });
  });

  it("says what is damaged instead of failing, and shows a table with a verdict", async () => {
    const data = await written([[[1, 2]], [[3]]]);
    const index = await readFile(`${data.prefix}.idx`);
    index.writeBigInt64LE(5n, 34 + 8);
    await writeFile(`${data.prefix}.idx`, index);
    const found = await data.verify();
    expect(found.ok).toBe(false);
    expect(found[displayKey]()["text/plain"]).toMatch(
      /✗ 1 damaged[\s\S]*structure +index .*d\.idx, offset 42: sequence 0/,
    );
    await expect(data.repair()).rejects.toMatchObject({ code: "REPAIR_IMPOSSIBLE" });
  });

  it("holds the data against a configuration, with the line to type; the rules are those of config.check", async () => {
    const data = await written([[[1, 200]]]);
    const config = (await openConfig("pretrain_deepseek3_tiny_cpu")).set("model.model_config.vocab_size", 100);
    const { issues, ok } = await data.verify({ config });
    expect(ok).toBe(false);
    expect(issues).toContainEqual(
      expect.objectContaining({
        path: "model.model_config.vocab_size",
        hint: 'config.set("model.model_config.vocab_size", 201)',
      }),
    );
    const facts = { seqLength: 128, vocabSize: 129, eod: 7, pad: 2 };
    config.set("train_dataset.data_loader.config.eod_mask_loss", true).set("model.model_config.eos_token_id", 1);
    const found = checkDataset(facts, config);
    expect(found.map(({ rule, path }) => `${rule} ${path.split(".").at(-1)}`)).toEqual([
      "vocabulary vocab_size",
      "eod-token eod",
      "padding pad",
      "special-tokens eos_token_id",
    ]);
    expect(found[displayKey]()["text/plain"]).toContain('config.set("train_dataset.data_loader.config.pad", 2)');
  });
});

describe("looking into a dataset", () => {
  it("lengths: exact numbers, of documents and of sequences, as a figure with text", async () => {
    const data = await written([[[1, 2], [3]], [[4]], [[]], [[1, 2, 3, 4, 5]]]);
    expect(await data.lengths()).toMatchObject({
      count: 4,
      tokens: 9,
      smallest: 0,
      largest: 5,
      median: 1,
      mean: 2.25,
      percentile99: 5,
    });
    const sequences = await data.lengths("sequences");
    expect(sequences).toMatchObject({ count: 5, of: "sequences", median: 1 });
    expect(sequences.bins.map(({ from, count }) => [from, count])).toEqual([
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 0],
      [4, 0],
      [5, 1],
    ]);
    const bundle = (await data.lengths())[displayKey]();
    expect(Object.keys(bundle)).toEqual([
      "application/vnd.mindformers-lab.figure+json",
      "application/vnd.plotly.v1+json",
      "image/svg+xml",
      "text/plain",
    ]);
    expect(bundle["text/plain"]).toContain("Lengths of 4 documents, 9 tokens");
    await expect((await written([])).lengths()).resolves.toMatchObject({ count: 0, bins: [] });
  });

  it("token counts: every id, the most frequent first, ids beyond the limits counted together", async () => {
    const counts = await (await written([[[5, 5, 7, 2 ** 30]], [[-1, 5]]])).tokenCounts();
    expect([counts.tokens, counts.used, counts.beyond, counts.of(5), counts.of(6)]).toEqual([6, 2, 2, 3, 0]);
    expect(counts.top).toMatchObject([
      { id: 5, count: 3, share: 0.5 },
      { id: 7, count: 1 },
    ]);
    expect(counts.idsFor(0.5)).toBe(1);
    expect(counts[displayKey]()["text/plain"]).toContain("2 token ids occur in 6 tokens");
  });

  it("peek: a document with all its sequences, or a part of it", async () => {
    const data = await written([
      [[1, 2], [3]],
      [[4, 5, 6], [7]],
    ]);
    expect(await data.peek(1)).toMatchObject({ ids: [4, 5, 6, 7], sequence: 2, sequences: 2, tokens: 4, document: 1 });
    expect(await data.peek(1, { from: 2, count: 2 })).toMatchObject({ ids: [6, 7], from: 2, tokens: 4 });
    expect((await data.peek(0))[displayKey]()["text/plain"]).toContain("Document 0 of 2");
    await expect(data.peek(2)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  });
});

describe("mergeDatasets and splitDataset", () => {
  const idsOf = async (data: Dataset) =>
    data.sequences === 0 ? [] : (await data.sample(data.sequences)).items.map(({ ids }) => ids);

  it("parts of a split, merged, are the dataset again, byte for byte, for every division", async () => {
    const data = await written(Array.from({ length: 10 }, (_, i) => [[i, i + 1], Array<number>(i % 4).fill(i)]));
    for (const shares of [
      { train: 0.8, valid: 0.2 },
      { a: 1, b: 1, c: 1 },
    ]) {
      const parts = await splitDataset(data, { shares, output: join(data.prefix, "..", "part") });
      const whole = await mergeDatasets(Object.values(parts), join(data.prefix, "..", "whole"));
      for (const ending of [".bin", ".idx"])
        expect((await readFile(whole.prefix + ending)).equals(await readFile(data.prefix + ending)), ending).toBe(true);
    }
    const parts = await splitDataset(data, { documents: { few: 2, more: 3 }, output: join(data.prefix, "..", "n") });
    expect([parts.few?.documents, parts.more?.documents]).toEqual([2, 3]);
    expect(await idsOf(parts.more as Dataset)).toEqual((await idsOf(data)).slice(4, 10));
  });

  it("refuses what can't be: other token types, no document left for a part, an output that is an input", async () => {
    const data = await written([[[1]], [[2]]]);
    const options = { output: join(data.prefix, "..", "x") };
    await expect(mergeDatasets([data], data.prefix)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(splitDataset(data, { shares: { a: 0.999, b: 0.001 }, ...options })).rejects.toThrow(
      /the part b would have no document/,
    );
    await expect(splitDataset(data, { documents: { a: 3 }, ...options })).rejects.toThrow(
      /at most 2 documents, found 3/,
    );
    await expect(splitDataset(data, { ...options })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    const plan = { dtype: "uint16" as const, sequences: 1, documents: 1, length: () => 1, documentEnd: () => 1 };
    const folder = await scratchFolder({
      "u.idx": Buffer.concat([...encodeMegatronIndex(plan)]),
      "u.bin": new Uint8Array(2),
    });
    await expect(mergeDatasets([data, join(folder, "u")], options.output)).rejects.toMatchObject({
      code: "DATASET_MISMATCH",
      message: expect.stringContaining("expected tokens of type int32"),
    });
  });

  it("note what they were made of: checksums for verify, and the tokenizer if all sources have the same", async () => {
    const folder = await scratchFolder({
      "a.txt": "One paragraph.\n\nAnother paragraph.",
      "b.txt": "Yet another one.",
      "tokenizer.json": tinyTokenizer(),
      "other.json": tinyTokenizer({ decoder: null }),
    });
    const prepare = (name: string, tokenizer = "tokenizer.json") =>
      prepareData({
        ...{
          input: join(folder, `${name}.txt`),
          tokenizer: join(folder, tokenizer),
          output: join(folder, `of ${tokenizer}`, name),
        },
        ...{ inputFormat: "text", mode: "documents", workers: 1 },
      });
    const [a, b] = [await prepare("a"), await prepare("b")];
    const both = await mergeDatasets([a, b], join(folder, "both"));
    expect(both.derived).toMatchObject({
      made: "merged",
      sources: [
        { prefix: a.prefix, first: 0, end: 2, sha256: a.manifest?.files.bin?.sha256, bytes: a.tokens * 4 },
        { prefix: b.prefix, first: 0, end: 1, sha256: b.manifest?.files.bin?.sha256, bytes: b.tokens * 4 },
      ],
      tokenizer: { sha256: a.manifest?.tokenizer.sha256 },
      options: { mode: "documents" },
    });
    expect([both.manifest, both.vocabSize]).toEqual([undefined, 99]);
    expect((await both.peek(2)).text).toBe("Yet another one.");
    const shown = both[displayKey]()["text/plain"];
    expect(shown).toContain(`merged from         ${a.prefix}, documents 0 to 1`);
    expect(await check(both, "checksums")).toMatchObject({
      verdict: "ok",
      found: "2 files are as they were written",
    });
    expect(await check(both, "token ids")).toMatchObject({ verdict: "ok" });

    const { last } = await splitDataset(both, { documents: { first: 1, last: 2 }, output: join(folder, "part") });
    expect(last?.derived).toMatchObject({ made: "split", sources: [{ prefix: both.prefix, first: 1, end: 3 }] });
    await writeFile(`${last?.prefix}.bin`, (await readFile(`${last?.prefix}.bin`)).fill(0, 0, 4));
    expect(await check(last as Dataset, "checksums")).toMatchObject({
      verdict: "damaged",
      found: expect.stringMatching(/^changed: part_last\.bin \(\w{12}, manifest \w{12}\)$/),
      hint: "make it again: mergeDatasets(…) or splitDataset(…)",
    });
    await expect(last?.repair()).rejects.toMatchObject({
      code: "REPAIR_IMPOSSIBLE",
      hint: `run splitDataset again with ["${both.prefix}"]`,
    });
    await expect(mergeDatasets([a, await prepare("b", "other.json")], join(folder, "x"))).rejects.toMatchObject({
      code: "DATASET_MISMATCH",
    });
    const unknown = await mergeDatasets([a, await written([[[3]]])], join(folder, "unknown"));
    expect([unknown.derived?.tokenizer, unknown.vocabSize]).toEqual([undefined, undefined]);
    expect(await check(unknown, "checksums")).toMatchObject({ verdict: "ok" });
  });

  it("a dataset that prepareData makes under the name of a merged one is made", async () => {
    const folder = await scratchFolder({ "a.txt": "One paragraph.", "tokenizer.json": tinyTokenizer() });
    const paths = { input: join(folder, "a.txt"), tokenizer: folder, output: join(folder, "x") };
    const make = () => prepareData({ ...paths, inputFormat: "text", mode: "documents", workers: 1 });
    const first = await make();
    const merged = await mergeDatasets([first, first], join(folder, "twice"));
    for (const ending of [".bin", ".idx", ".manifest.json"])
      await rename(merged.prefix + ending, first.prefix + ending);
    const again = await make();
    expect([again.documents, again.derived, again.manifest?.counts.pieces]).toEqual([1, undefined, 1]);
  });
});

it("a dataset of no documents was merged, and sample expected a sequence from 0 to -1", async () => {
  const data = await written([]);
  const { prefix } = data;
  const refused = { code: "ARGUMENT_INVALID", message: expect.stringContaining(`found 0 documents in ${prefix}`) };
  await expect(data.sample()).rejects.toMatchObject(refused);
  await expect(data.peek(0)).rejects.toMatchObject(refused);
  await expect(mergeDatasets([data], `${prefix}-2`)).rejects.toMatchObject(refused);
  await expect(splitDataset(data, { shares: { a: 1 }, output: `${prefix}-3` })).rejects.toMatchObject(refused);
});
