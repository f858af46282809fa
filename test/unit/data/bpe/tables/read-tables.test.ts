import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { planBytes } from "../../../../../src/data/bpe/plan.js";
import { readBpeFile, tablesOf } from "../../../../../src/data/bpe/tables/read-tables.js";
import type { TokenizerFile } from "../../../../../src/data/bpe/tables/tokenizer-file.js";
import { openTokenizer } from "../../../../../src/data/tokenize/tokenizer.js";
import { deepseekTokenizer } from "../../../../../src/index.js";
import { byteBpe, preTokenizers } from "../../../../support/byte-bpe.js";
import { scratchFolder, templateProcessor } from "../../../../support/tiny-tokenizer.js";

const learned = byteBpe('the there then "quoted" \\ back\\slash é 中文 中文 the the ththth <s>', 40);

function read(text: string) {
  return readBpeFile(Buffer.from(text));
}

function plain(text: string) {
  const file = JSON.parse(text) as TokenizerFile;
  const tables = tablesOf(file);
  if (!tables) throw new Error("no tables");
  return { vocabulary: [...tables.vocabulary.entries()], merges: [...tables.merges], size: tables.vocabulary.size };
}

function fast(text: string) {
  const found = read(text);
  if (!found) throw new Error("not read");
  const { vocabulary, merges } = found.tables;
  return { vocabulary: [...vocabulary.entries()], merges: [...merges], size: vocabulary.size };
}

/** A BPE file whose model is written by hand. */
const file = (model: string) => `{"version": "1.0", "added_tokens": [], "model": ${model}}`;

describe("a BPE tokenizer.json read without objects", () => {
  it.each([
    ["as it is", learned],
    ["indented", JSON.stringify(JSON.parse(learned), undefined, 2)],
    ["with everything beyond ASCII as escapes", learned.replace(/[^\x20-\x7e]/g, escaped)],
    ["with merges as pairs", JSON.stringify(withPairs(JSON.parse(learned)))],
  ])("%s gives what JSON.parse gives", (_, text) => {
    expect(fast(text)).toEqual(plain(text));
    const contents = read(text)?.contents;
    const { model, ...others } = JSON.parse(text) as TokenizerFile;
    expect(contents).toEqual({ ...others, model: { ...model, vocab: {}, merges: [] } });
  });

  it("gives the same plan as the parsed file", () => {
    const text = byteBpe("the the then", 6, { pre_tokenizer: preTokenizers["DeepSeek V3"] });
    const found = read(text);
    expect(found && planBytes(found.contents, found.tables)).toEqual(planBytes(JSON.parse(text) as TokenizerFile));
  });

  it("gives the same tables as the parsed file for DeepSeek-V3's", async () => {
    const bytes = await readFile(deepseekTokenizer());
    const found = readBpeFile(bytes)?.tables;
    const parsed = tablesOf(JSON.parse(bytes.toString("utf8")) as TokenizerFile);
    expect(found?.vocabulary.tokens).toBe(128_000);
    expect(found?.merges.length).toBe(3 * 127_741);
    expect(found?.merges.every((id, i) => id === parsed?.merges[i])).toBe(true);
  });

  it("knows a hundred thousand tokens, the empty one and ids with gaps", () => {
    const vocab = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`t${i * 7}`, i * 3]));
    const text = JSON.stringify({ model: { type: "BPE", vocab: { ...vocab, "": 5 }, merges: [] } });
    const vocabulary = read(text)?.tables.vocabulary;
    expect(vocabulary?.tokens).toBe(100_001);
    expect(vocabulary?.size).toBe(299_998);
    for (const i of [0, 1, 2047, 2048, 65_535, 99_999]) expect(vocabulary?.idOf(`t${i * 7}`)).toBe(i * 3);
    expect([vocabulary?.idOf(""), vocabulary?.idOf("t1")]).toEqual([5, undefined]);
  });
});

describe("a tokenizer.json is left to JSON.parse if", () => {
  const vocab = '{"a": 0, "b": 1, "ab": 2}';
  it.each([
    ["it is cut off", file(`{"vocab": ${vocab}, "merges": ["a b"]}`).slice(0, -3)],
    ["something comes after it", `${file(`{"vocab": ${vocab}, "merges": ["a b"]}`)} x`],
    ["a token comes twice", file('{"vocab": {"a": 0, "b": 1, "ab": 2, "a": 3}, "merges": ["a b"]}')],
    ["the vocabulary comes twice", file(`{"vocab": ${vocab}, "merges": ["a b"], "vocab": {}}`)],
    ["the merges come first", file(`{"merges": ["a b"], "vocab": ${vocab}}`)],
    ["the model comes twice", `{"model": {"vocab": ${vocab}, "merges": ["a b"]}, "model": 3}`],
    ["an id is negative", file('{"vocab": {"a": -1}, "merges": []}')],
    ["an id has a fraction", file('{"vocab": {"a": 1.5}, "merges": []}')],
    ["an id has an exponent", file('{"vocab": {"a": 1e2}, "merges": []}')],
    ["an id begins with 0", file('{"vocab": {"a": 01}, "merges": []}')],
    ["an id is too large", file('{"vocab": {"a": 2147483647}, "merges": []}')],
    ["an id is a string", file('{"vocab": {"a": "0"}, "merges": []}')],
    ["a merge is of an unknown token", file(`{"vocab": ${vocab}, "merges": ["a c"]}`)],
    ["a merge is of one token", file(`{"vocab": ${vocab}, "merges": ["ab"]}`)],
    ["a merge is of three tokens", file(`{"vocab": ${vocab}, "merges": [["a", "b", "ab"]]}`)],
    ["a string holds a control character", file('{"vocab": {"a\n": 0}, "merges": []}')],
    ["a string holds half a character", file('{"vocab": {"\\ud83d": 0}, "merges": []}')],
    ["a string holds a wrong escape", file('{"vocab": {"\\x41": 0}, "merges": []}')],
    ["a comma is missing", file('{"vocab": {"a": 0 "b": 1}, "merges": []}')],
    ["a comma is too many", file('{"vocab": {"a": 0,}, "merges": []}')],
    ["there are no merges", file(`{"vocab": ${vocab}}`)],
    ["the vocabulary is a list", file('{"vocab": [["a", 0]], "merges": []}')],
    ["the rest is not JSON", `{"version": 01, "model": {"vocab": ${vocab}, "merges": ["a b"]}}`],
  ])("%s", (_, text) => {
    expect(read(text)).toBeUndefined();
  });
});

describe("the native library", () => {
  it("has the last word on an added token that the vocabulary lacks, whatever id the file names", async () => {
    const text = byteBpe("the the", 2, { added_tokens: [{ content: "<s>" }, { content: "</s>", id: 7000 }] });
    const config = JSON.stringify({ bos_token: "<s>", eos_token: "</s>", add_bos_token: true, add_eos_token: true });
    const folder = await scratchFolder({ "tokenizer.json": text, "tokenizer_config.json": config });
    const { special, tables, encode } = await openTokenizer(folder);
    const size = tables?.vocabulary.size ?? 0;
    expect([special.before, special.after]).toEqual([[size], [size + 1]]);
    expect(await encode("<s></s>")).toEqual([size, size + 1]);
  });

  it("says what the post-processor puts around a text", async () => {
    const names = ["<s>", "</s>", "<pad>"].map((content) => ({ content }));
    const sequence = {
      type: "Sequence",
      processors: [
        { type: "ByteLevel", add_prefix_space: true, trim_offsets: false, use_regex: true },
        templateProcessor(0, 1),
      ],
    };
    const text = byteBpe("the the", 2, { added_tokens: names, post_processor: sequence });
    const { before, after } = (await openTokenizer(await folderWith(text))).special;
    expect([before, after]).toEqual([[0], [1]]);
  });

  it("refuses a file that it can't use when it is asked for the first time", async () => {
    const text = byteBpe("the the", 2, { decoder: { type: "Abacus" } });
    const tokenizer = await openTokenizer(await folderWith(text));
    await expect(tokenizer.encode("the")).rejects.toMatchObject({
      code: "TOKENIZER_INVALID",
      message: expect.stringContaining("expected a Hugging Face tokenizer, found "),
    });
  });
});

function folderWith(text: string): Promise<string> {
  return scratchFolder({ "tokenizer.json": text });
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function withPairs(parsed: { model: { merges: string[] } }): unknown {
  return { ...parsed, model: { ...parsed.model, merges: parsed.model.merges.map((merge) => merge.split(" ")) } };
}
