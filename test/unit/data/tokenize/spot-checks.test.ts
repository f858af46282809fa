import { join } from "node:path";
import { Tokenizer as NativeTokenizer } from "tokenizers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DatasetWriter } from "../../../../src/data/prepare/dataset-writer.js";
import { prepareData } from "../../../../src/data/prepare.js";
import type { NativeTruth } from "../../../../src/data/tokenize/native-truth.js";
import { SpotChecks } from "../../../../src/data/tokenize/spot-checks.js";
import { byteBpe } from "../../../support/byte-bpe.js";
import { scratchFolder } from "../../../support/tiny-tokenizer.js";

afterEach(() => void vi.restoreAllMocks());

describe("texts that are compared with the native library", () => {
  const truth = () => vi.fn<NativeTruth>((texts) => Promise.resolve(texts.map((text) => [text.length])));
  const wrong = { text: "abc", ids: [4] };

  it("are compared one by one if nothing is kept for later", async () => {
    const native = truth();
    const checks = new SpotChecks(native, undefined);
    expect(await checks.add({ text: "ab", ids: [2] })).toBeUndefined();
    await expect(checks.add(wrong)).rejects.toThrow('other ids than the native library for "abc"');
    await checks.finish();
    expect(native).toHaveBeenCalledTimes(2);
  });

  it("are compared all together at the end, those of an interrupted call included", async () => {
    const native = truth();
    const checks = new SpotChecks(native, [{ text: "a", ids: [1] }]);
    expect(await checks.add({ text: "ab", ids: [2] })).toEqual({ text: "ab", ids: [2] });
    await checks.finish();
    expect(native.mock.calls).toEqual([[["a", "ab"]]]);
    await expect(new SpotChecks(native, [wrong]).finish()).rejects.toThrow("other ids");
  });
});

it("Texts that wait are compared as soon as there are 128, so that they take little memory", async () => {
  const native = vi.fn<NativeTruth>((texts) => Promise.resolve(texts.map((text) => [text.length])));
  const before = Array.from({ length: 200 }, () => ({ text: "abc", ids: [3] }));
  const checks = new SpotChecks(native, before);
  await checks.add({ text: "abcd", ids: [4] });
  expect(native.mock.calls.map(([texts]) => texts.length)).toEqual([128, 73]);
  for (let i = 0; i < 130; i++) await checks.add({ text: "a", ids: [1] });
  await checks.finish();
  expect(native.mock.calls.map(([texts]) => texts.length)).toEqual([128, 73, 128, 2]);
});

it("A wrong text of a part that an interrupted call wrote is found by the call that continues: everything is made again natively", async () => {
  const section = (i: number, word: string) => ` = Part ${i} = \n \n The ${word} number ${i} of many . \n \n`;
  const text = Array.from({ length: 4000 }, (_, i) => section(i, i > 800 && i < 1200 ? "zebra" : "lamp")).join("");
  const folder = await scratchFolder({
    "in.txt": text,
    "tokenizer.json": byteBpe("The lamp number of many zebra .", 40),
  });
  const options = {
    ...{ input: join(folder, "in.txt"), tokenizer: folder, output: join(folder, "x") },
    ...{ seqLength: 15, workers: 1, chunkBytes: 64 * 1024 },
  };
  const write = DatasetWriter.prototype.write;
  let parts = 0;
  vi.spyOn(DatasetWriter.prototype, "write").mockImplementation(function (this: DatasetWriter, ...given) {
    return (given[0].part.offset ?? 0) > 80_000 && ++parts > 1
      ? Promise.reject(new Error("the machine stops here"))
      : write.apply(this, given);
  });
  await expect(prepareData(options)).rejects.toThrow("the machine stops here");
  vi.restoreAllMocks();
  const encode = NativeTokenizer.prototype.encode;
  vi.spyOn(NativeTokenizer.prototype, "encode").mockImplementation(async function (this: NativeTokenizer, ...given) {
    const found = await encode.apply(this, given);
    const ids = found.getIds();
    return given[0].includes("zebra") ? Object.assign(Object.create(found), { getIds: () => [...ids, 0] }) : found;
  });
  const data = await prepareData(options);
  expect(data.notes.join("\n")).toMatch(/the native library tokenized everything: .*"The zebra number/);
  expect(data.manifest?.reading?.native).toBe(data.manifest?.counts.pieces);
});
