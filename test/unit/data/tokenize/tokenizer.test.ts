import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseTokenizerConfig } from "../../../../src/data/tokenize/special-tokens.js";
import { openTokenizer } from "../../../../src/data/tokenize/tokenizer.js";
import { scratchFolder, templateProcessor, tinyId, tinyTokenizer } from "../../../support/tiny-tokenizer.js";

const llama = { tokenizer_class: "LlamaTokenizerFast", bos_token: "<s>", eos_token: { content: "</s>" } };

async function special(config: unknown, tokenizer = tinyTokenizer(), options = {}) {
  const files = config === undefined ? {} : { "tokenizer_config.json": JSON.stringify(config) };
  const folder = await scratchFolder({ "tokenizer.json": tokenizer, ...files });
  const { before, after } = (await openTokenizer(folder, options)).special;
  return [before, after];
}

describe("the tokens around each piece", () => {
  it("are what the tokenizer's own post-processor adds, if nothing else is said", async () => {
    expect(await special(undefined)).toEqual([[], []]);
    expect(await special(undefined, tinyTokenizer({ post_processor: templateProcessor(0, 1) }))).toEqual([[0], [1]]);
    expect(await special(undefined, tinyTokenizer({ post_processor: templateProcessor(undefined, 2) }))).toEqual([
      [],
      [2],
    ]);
  });

  it("are BOS first and no EOS for the Llama classes, as in MindFormers", async () => {
    expect(await special(llama)).toEqual([[0], []]);
  });

  it("follow add_bos_token and add_eos_token of tokenizer_config.json", async () => {
    expect(await special({ ...llama, add_bos_token: false, add_eos_token: true })).toEqual([[], [1]]);
  });

  it("follow the caller before anything else", async () => {
    expect(await special(llama, tinyTokenizer(), { addBos: false, addEos: true })).toEqual([[], [1]]);
    const template = tinyTokenizer({ post_processor: templateProcessor(0, 1) });
    expect(await special({ bos_token: "<s>" }, template, { addEos: false })).toEqual([[0], []]);
  });

  it("are BOS first for a bare tokenizer.json with DeepSeek's token names", async () => {
    const names = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"];
    const vocab = { [names[0] as string]: 0, [names[1] as string]: 1, a: 2 };
    const model = { type: "WordLevel", vocab, unk_token: "a" };
    expect(await special(undefined, tinyTokenizer({ model, added_tokens: [] }))).toEqual([[0], []]);
  });

  it("fail with the option to type when the vocabulary has no such token", async () => {
    await expect(special(undefined, tinyTokenizer(), { appendEod: true })).rejects.toMatchObject({
      code: "TOKENIZER_TOKEN_MISSING",
      hint: expect.stringContaining("appendEod: false"),
    });
  });

  it("stay as they are with appendEod: that token comes after the document, once more if need be", async () => {
    const folder = await scratchFolder({
      "tokenizer.json": tinyTokenizer({ post_processor: templateProcessor(0, 1) }),
      "tokenizer_config.json": JSON.stringify({ eos_token: "</s>" }),
    });
    const { after, eodId } = (await openTokenizer(folder, { appendEod: true })).special;
    expect([after, eodId]).toEqual([[1], 1]);
  });
});

describe("a tokenizer", () => {
  it("knows its size, its padding token, and the text of ids", async () => {
    const config = JSON.stringify({ ...llama, pad_token: "<pad>" });
    const folder = await scratchFolder({ "tokenizer.json": tinyTokenizer(), "tokenizer_config.json": config });
    const tokenizer = await openTokenizer(join(folder, "tokenizer.json"));
    expect(tokenizer.vocabSize).toBe(99);
    expect(tokenizer.special).toMatchObject({ bosId: 0, eosId: 1, padId: 2 });
    expect(await tokenizer.decode([0, tinyId("h"), tinyId("i")])).toBe("<s>hi");
    expect(await tokenizer.decodeEach([tinyId("h"), 1])).toEqual(["h", "</s>"]);
  });

  it("takes its padding token by name or by number", async () => {
    const folder = await scratchFolder({ "tokenizer.json": tinyTokenizer() });
    expect((await openTokenizer(folder, { padToken: "<pad>" })).special.padId).toBe(2);
    expect((await openTokenizer(folder, { padToken: 7 })).special.padId).toBe(7);
    await expect(openTokenizer(folder, { padToken: "<none>" })).rejects.toMatchObject({
      code: "TOKENIZER_TOKEN_MISSING",
    });
  });

  it("ignores the truncation and padding that its file asks for, as MindFormers does", async () => {
    const truncation = { direction: "Right", max_length: 1, strategy: "LongestFirst", stride: 0 };
    const tokenizer = tinyTokenizer({ truncation, post_processor: templateProcessor(0, 1) });
    expect(await special(undefined, tokenizer)).toEqual([[0], [1]]);
  });

  it.each([
    ["text that is not JSON", "hello", /expected JSON, found "hello"/],
    ["JSON that is not an object", "3", /expected an object with a "model", found number/],
    ["an empty object", "{}", /found an empty object/],
    ["another JSON file", '{"architectures": [], "vocab_size": 3}', /found architectures, vocab_size/],
    ["an unknown kind of model", '{"model": {"type": "Abacus"}}', /expected a Hugging Face tokenizer, found /],
  ])("that is %s is refused with what was found", async (_, content, message) => {
    const folder = await scratchFolder({ "tokenizer.json": content });
    const error = await openTokenizer(folder).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "TOKENIZER_INVALID", message: expect.stringMatching(message) });
  });

  it("whose settings are not JSON is refused, not used without them", async () => {
    expect(() => parseTokenizerConfig("{", "tokenizer_config.json")).toThrow(
      /tokenizer settings tokenizer_config.json/,
    );
  });
});
