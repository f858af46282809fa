import { describe, expect, it } from "vitest";
import { ByteEncoder } from "../../../../src/data/bpe/byte-encoder.js";
import { IdSink } from "../../../../src/data/bpe/id-sink.js";
import { planBytes } from "../../../../src/data/bpe/plan.js";
import type { TokenizerFile } from "../../../../src/data/bpe/tables/tokenizer-file.js";
import { nativeTokenizer } from "../../../../src/data/tokenize/native-tokenizer.js";
import { byteBpe } from "../../../support/byte-bpe.js";

describe("added tokens and Unicode forms", () => {
  it.each([
    ["NFKC", "<ﬁ>", "a<fi>b"],
    ["NFD", "が", "か\u3099x"],
    ["NFC", "\u212b", "x Å"],
    ["NFKD", "①", "a1b"],
  ] as const)("are found in text that holds their %s form alone: %s in %s", async (form, content, text) => {
    const json = byteBpe("some text", 8, {
      normalizer: { type: form },
      added_tokens: [{ content, normalized: true }],
    });
    const plan = planBytes(JSON.parse(json) as TokenizerFile);
    if ("reason" in plan) throw new Error(plan.reason);
    const bytes = Buffer.from(text);
    const added = Object.keys((JSON.parse(json) as TokenizerFile).model.vocab ?? {}).length;
    const native = await nativeTokenizer(json, "tokenizer.json").encode(text, null, { addSpecialTokens: false });
    expect(native.getIds()).toContain(added); // what the native library does
    expect(new ByteEncoder(plan).encode(bytes, { start: 0, end: bytes.length }, new IdSink())).toBe(false);
  });
});
