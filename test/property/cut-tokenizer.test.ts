import { readFile } from "node:fs/promises";
import fc from "fast-check";
import type { Tokenizer as NativeTokenizer } from "tokenizers";
import { describe, expect, it } from "vitest";
import { cutTokenizer } from "../../src/data/bpe/cut-tokenizer.js";
import { planBytes } from "../../src/data/bpe/plan.js";
import { readBpeFile } from "../../src/data/bpe/tables/read-tables.js";
import { nativeTokenizer } from "../../src/data/tokenize/native-tokenizer.js";
import { deepseekTokenizer, sampleCorpus } from "../../src/index.js";
import { byteBpe, preTokenizers } from "../support/byte-bpe.js";

const learned =
  "the of and to in the a is " +
  "that for it was on are as with his they at be this from I have or by one had not but what all were " +
  "when we there can an your which their said if do will each about how up out them then she many some " +
  "so these would other into has more her two like him see time could no make " +
  "than first been its who now people 中文 字 日本 語 é 😀 123 000 don't we're!!! ... \n\n\n" +
  "    \t the water the water aaaa aaaaaaaa";
const words = [
  ...[
    "the",
    " the",
    "The",
    " water",
    "'s",
    "don't",
    "123",
    "12345",
    "½",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\u0085",
    "\u3000",
  ],
  ...[
    "é",
    "e\u0301",
    "ﬁ",
    "①",
    "中文",
    "日本語",
    "한국어",
    "العربية",
    "😀",
    "👩‍👩‍👧",
    "\u0000",
    '"',
    "\\",
    "a_b",
    "…",
    "“",
  ],
  ...["aaaaaaaaaaaaaaaa", " people", " their", "<s>", " <mask> ", "</s>", "\ud83d", " other", "into has"],
];
const unit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
);
const someTexts = fc.array(
  fc.array(unit, { maxLength: 12 }).map((parts) => parts.join("")),
  { minLength: 1, maxLength: 3 },
);

function whole(json: string) {
  const bytes = Buffer.from(json);
  const found = readBpeFile(bytes);
  if (!found) throw new Error("not read");
  const plan = planBytes(found.contents, found.tables);
  if ("reason" in plan) throw new Error(plan.reason);
  return { file: found.contents, tables: found.tables, plan };
}

const idsOf = async (native: NativeTokenizer, text: string): Promise<readonly number[]> =>
  (await native.encode(text, null, { addSpecialTokens: false })).getIds();

/** Ids of the texts by the tokenizer cut down to them; of added tokens that the vocabulary lacks `unknown(id)`. */
async function cutIds(of: ReturnType<typeof whole>, texts: readonly string[]) {
  const cut = cutTokenizer(of, texts);
  if (!cut) throw new Error("not cut");
  const native = nativeTokenizer(cut.json, "tokenizer.json");
  const ids: number[][] = [];
  for (const text of texts) ids.push((await idsOf(native, text)).map((id) => cut.ids[id] ?? -1));
  return { ids, tokens: cut.ids.length };
}

const added = [
  { content: "<s>" },
  { content: " <mask> ", lstrip: true, normalized: true, special: false },
  { content: "①", normalized: true, special: false },
  { content: " people" }, // the vocabulary may have it, too
];
const cases: readonly { name: string; more: object }[] = [
  ...Object.entries(preTokenizers).map(([name, pre_tokenizer]) => ({ name, more: { pre_tokenizer } })),
  ...["NFC", "NFD", "NFKC", "NFKD"].map((type) => ({ name: `GPT-2 with ${type}`, more: { normalizer: { type } } })),
  { name: "Llama 3 with whole words first", more: { pre_tokenizer: preTokenizers["Llama 3"], whole: true } },
  { name: "added tokens", more: { added_tokens: added } },
  { name: "added tokens with NFKC", more: { added_tokens: added, normalizer: { type: "NFKC" } } },
];

describe.each(cases)(
  "a tokenizer cut down to some texts: $name",
  ({ more: { whole: ignoreMerges, ...more } }: { more: { whole?: boolean } }) => {
    it("gives the ids of the whole one for these texts", async () => {
      const parsed = JSON.parse(byteBpe(learned, 250, more)) as { model: object };
      const json = JSON.stringify({ ...parsed, model: { ...parsed.model, ignore_merges: ignoreMerges ?? false } });
      const all = whole(json);
      const native = nativeTokenizer(json, "tokenizer.json");
      const count = all.tables.vocabulary.tokens;
      let tokens = 0;
      const runs = 250;
      await fc.assert(
        fc.asyncProperty(someTexts, async (texts) => {
          const cut = await cutIds(all, texts);
          tokens += cut.tokens;
          for (const [i, text] of texts.entries())
            expect(cut.ids[i]).toEqual((await idsOf(native, text)).map((id) => (id < count ? id : -1)));
        }),
        { numRuns: runs },
      );
      expect(tokens / runs).toBeLessThan(0.85 * count);
    });
  },
);

it("DeepSeek-V3's tokenizer cut down to some texts gives the ids of the whole one, with a small part of its tokens", async () => {
  const json = await readFile(deepseekTokenizer(), "utf8");
  const all = whole(json);
  const native = nativeTokenizer(json, "tokenizer.json");
  const corpus = await readFile(sampleCorpus(), "utf8");
  const texts = fc.array(
    fc.oneof(
      fc.tuple(fc.nat(corpus.length), fc.nat(2000)).map(([at, length]) => corpus.slice(at, at + length)),
      fc.array(unit, { maxLength: 40 }).map((parts) => parts.join("")),
    ),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(texts, async (some) => {
      const cut = await cutIds(all, some);
      expect(cut.tokens).toBeLessThan(12_800);
      for (const [i, text] of some.entries())
        expect(cut.ids[i]).toEqual((await idsOf(native, text)).map((id) => (id < 128_000 ? id : -1)));
    }),
    { numRuns: 60 },
  );
});
