import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteEncoder } from "../../src/data/bpe/byte-encoder.js";
import { IdSink } from "../../src/data/bpe/id-sink.js";
import { planBytes } from "../../src/data/bpe/plan.js";
import type { TokenizerFile } from "../../src/data/bpe/tables/tokenizer-file.js";
import { nativeTokenizer } from "../../src/data/tokenize/native-tokenizer.js";
import { byteBpe, preTokenizers } from "../support/byte-bpe.js";

const learned =
  "the of and to in the a is " +
  "that for it was on are as with his they at be this from I have or by one had not but what all were " +
  "when we there can an your which their said if do will each about how up out them then she many some " +
  "so these would other into has more her two like him see time could no make " +
  "than first been its who now people my made over did down only way find use may water long little very " +
  "after words called just where most know 中文 字 日本 語 é 😀 123 000 don't we're!!! ... \n\n\n    \t";
const pieces = fc.constantFrom(
  ...[
    "the",
    " the",
    "The",
    " water",
    "'s",
    "'S",
    "'ſ",
    "'RE",
    "'ll",
    "don't",
    "123",
    "12345",
    "½",
    "²",
    "४",
    "Ⅷ",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
  ],
  ...[
    "\u0085",
    "\u00a0",
    "\u2028",
    "\u3000",
    "\ufeff",
    "\u200b",
    "é",
    "e\u0301",
    "ñ",
    "ǅ",
    "中文",
    "日本語",
    "カタカナ",
    "한국어",
    "العربية",
    "हिन्दी",
  ],
  ...[
    "😀",
    "👩‍👩‍👧",
    "🇨🇭",
    "\u0000",
    "\u007f",
    "!",
    "!!!",
    "#tag",
    "a_b",
    "/path",
    "…",
    "“",
    "$1.50",
    "K",
    "ſ",
    "ﬁ",
    "aaaaaaaaaaaaaaaaaaaaaaaa",
    "<s>",
  ],
);
const unit = fc.oneof(
  { weight: 6, arbitrary: pieces },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
);
const texts = fc.array(unit, { maxLength: 24 }).map((parts) => parts.join(""));

const cases: readonly { name: string; more: object; whole?: boolean }[] = [
  ...Object.entries(preTokenizers).map(([name, pre_tokenizer]) => ({ name, more: { pre_tokenizer } })),
  { name: "GPT-2 with NFC", more: { normalizer: { type: "NFC" } } },
  { name: "Llama 3 with whole words first", more: { pre_tokenizer: preTokenizers["Llama 3"] }, whole: true },
];

describe.each(cases)("the fast way for $name", ({ more, whole }) => {
  it("gives the ids of the native library for any text", async () => {
    const file = JSON.parse(byteBpe(learned, 250, more)) as TokenizerFile & { model: { ignore_merges?: boolean } };
    if (whole) file.model.ignore_merges = true;
    const json = JSON.stringify(file);
    const plan = planBytes(file);
    if ("reason" in plan) throw new Error(plan.reason);
    const encoder = new ByteEncoder(plan);
    const native = nativeTokenizer(json, "tokenizer.json");
    let refused = 0;
    const runs = 1500;
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const sink = new IdSink();
        const bytes = Buffer.from(`.${text}`);
        if (!encoder.encode(bytes, { start: 1, end: bytes.length }, sink)) {
          refused++;
          expect(sink.length).toBe(0);
          return;
        }
        const ids = (await native.encode(bytes.toString("utf8", 1), null, { addSpecialTokens: false })).getIds();
        expect([...sink.slice()]).toEqual(ids);
      }),
      { numRuns: runs },
    );
    expect(refused).toBeLessThan(runs * 0.7); // unassigned code points go to the native library
  });
});

it("merges long words with a queue as the native library does", async () => {
  const json = byteBpe(`${learned} ${"abab".repeat(20)}`, 250);
  const plan = planBytes(JSON.parse(json) as TokenizerFile);
  if ("reason" in plan) throw new Error(plan.reason);
  const encoder = new ByteEncoder(plan);
  const native = nativeTokenizer(json, "tokenizer.json");
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "t", "h", "e", "w"), minLength: 30, maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(letters, async (word) => {
      const sink = new IdSink();
      encoder.encode(Buffer.from(word), { start: 0, end: word.length }, sink);
      expect([...sink.slice()]).toEqual((await native.encode(word, null, { addSpecialTokens: false })).getIds());
    }),
    { numRuns: 400 },
  );
});
