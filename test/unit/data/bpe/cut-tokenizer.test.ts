import { describe, expect, it } from "vitest";
import { ByteEncoder } from "../../../../src/data/bpe/byte-encoder.js";
import { cutTokenizer } from "../../../../src/data/bpe/cut-tokenizer.js";
import { type BytePlan, planBytes } from "../../../../src/data/bpe/plan.js";
import { readBpeFile, tablesOf } from "../../../../src/data/bpe/tables/read-tables.js";
import type { TokenizerFile } from "../../../../src/data/bpe/tables/tokenizer-file.js";
import { proveFastWay } from "../../../../src/data/tokenize/fast-proof.js";
import { cutTruth } from "../../../../src/data/tokenize/native-truth.js";
import { openTokenizer } from "../../../../src/data/tokenize/tokenizer.js";
import { byteBpe, preTokenizers } from "../../../support/byte-bpe.js";
import { scratchFolder } from "../../../support/tiny-tokenizer.js";

const learned =
  "the quick brown fox jumps over the lazy dog and the other quick dogs, 1st 22 333 then there xy xy xy yz yz";
const samples = ["the quick fox jumps over the lazy dogs, then 333 brown ones xyz"];

function planOf(json: string): { readonly file: TokenizerFile; readonly plan: BytePlan } {
  const file = JSON.parse(json) as TokenizerFile;
  const plan = planBytes(file);
  if ("reason" in plan) throw new Error(plan.reason);
  return { file, plan };
}

function cutOf(json: string, texts = samples) {
  const read = readBpeFile(Buffer.from(json));
  if (!read) throw new Error("not read");
  return cutTokenizer({ file: read.contents, tables: read.tables, plan: planOf(json).plan }, texts);
}

const withModel = (json: string, more: object): string => {
  const parsed = JSON.parse(json) as { model: object };
  return JSON.stringify({ ...parsed, model: { ...parsed.model, ...more } });
};

describe("a tokenizer cut down to some texts", () => {
  const json = byteBpe(learned, 80, { added_tokens: [{ content: "<s>" }] });

  it("keeps every byte of the file but vocabulary and merges", () => {
    const indented = JSON.stringify(JSON.parse(json), undefined, 1).replace('"version": "1.0"', '"version" :  "1.0"');
    const cut = cutOf(indented);
    const [before] = indented.split('"vocab"');
    expect(cut?.json.startsWith(`${before}"vocab": {`)).toBe(true);
    const [mine, others] = [cut?.json ?? "", indented].map((text) => JSON.parse(text) as { model: object });
    expect({ ...mine, model: { ...mine?.model, vocab: 0, merges: 0 } }).toEqual({
      ...others,
      model: { ...others?.model, vocab: 0, merges: 0 },
    });
  });

  it("keeps the merges in the order of their ranks, and only those whose tokens it keeps", () => {
    const { model } = JSON.parse(cutOf(json, ["the then"])?.json ?? "") as TokenizerFile;
    const all = (JSON.parse(json) as TokenizerFile).model.merges as string[];
    const kept = (model.merges as string[][]).map((pair) => pair.join(" "));
    expect(kept).toEqual(all.filter((merge) => kept.includes(merge)));
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.length).toBeLessThan(all.length / 2);
    for (const pair of model.merges as string[][])
      for (const token of [...pair, pair.join("")]) expect(Object.keys(model.vocab ?? {})).toContain(token);
  });

  it.each([
    ["an unknown token", withModel(json, { unk_token: "the" })],
    ["a fall back to bytes", withModel(json, { byte_fallback: true })],
    ["two tokens with one id", json.replace(/"the":\d+/, '"the":0')],
    ["ids far apart", json.replace(/"the":\d+/, '"the":2000000000')],
  ])("is not made of a model with %s", (_, text) => {
    expect(text).not.toBe(json);
    expect(cutOf(text)).toBeUndefined();
  });

  it("is not made of a file that was parsed as a whole", () => {
    const { file, plan } = planOf(json);
    const tables = tablesOf(file);
    expect(tables && cutTokenizer({ file, tables, plan }, samples)).toBeUndefined();
  });
});

describe("a proof with a tokenizer that is cut down to its texts", () => {
  const json = byteBpe(learned, 80, { pre_tokenizer: preTokenizers["DeepSeek V3"] });

  async function prove(encoder: ByteEncoder) {
    const tokenizer = await openTokenizer(await scratchFolder({ "tokenizer.json": json }));
    return proveFastWay(encoder, cutTruth(tokenizer, planOf(json).plan), samples);
  }

  it("passes the right encoder and counts the tokens of the samples", async () => {
    const tokenizer = await openTokenizer(await scratchFolder({ "tokenizer.json": json }));
    expect(await prove(new ByteEncoder(planOf(json).plan))).toBe((await tokenizer.encode(samples[0] ?? "")).length);
  });

  const other = (more: object) => planOf(byteBpe(learned, 80, more)).plan;
  it.each([
    ["splits words at other places", () => other({ pre_tokenizer: preTokenizers.Qwen2 })],
    ["joins words that belong apart", () => ({ ...planOf(json).plan, levels: [] })],
    ["brings texts to another Unicode form", () => ({ ...planOf(json).plan, form: "NFKC" as const })],
    ["lacks the last merges", () => planOf(byteBpe(learned, 40, { pre_tokenizer: preTokenizers["DeepSeek V3"] })).plan],
    ["merges in another order", () => swappedRanks(planOf(json).plan)],
    ["mistakes a byte for another", () => ({ ...planOf(json).plan, byteIds: planOf(json).plan.byteIds.toReversed() })],
  ])("finds an encoder out that %s", async (_, plan) => {
    await expect(prove(new ByteEncoder(plan()))).rejects.toThrow(/other ids than the native library for/);
  });
});

function swappedRanks(plan: BytePlan): BytePlan {
  const pairs = plan.merges.pairs.slice();
  for (let at = 0; at < pairs.length; at += 4)
    if (pairs[at] !== 0) pairs[at + 2] = 1_000_000 - (pairs[at + 2] as number);
  return { ...plan, merges: { pairs } };
}
