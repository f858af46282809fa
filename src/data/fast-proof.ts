import { ByteEncoder } from "./bpe/byte-encoder.js";
import { type BytePlan, planBytes } from "./bpe/plan.js";
import { IdSink } from "./id-sink.js";
import type { OpenTokenizer } from "./tokenizer.js";

/** Text that tokenizers could disagree about: numbers, scripts, spaces, line ends, contractions, controls, emoji. */
const awkward = [
  "The quick brown fox's 1st 22 333 4444 55555 words, don't I'LL we've CAN'T o'clock 'tis  two   spaces \t tab\n\nlines\r\n \r end ",
  "中文字 日本語カタカナ ひらがな 한국어 العربية עברית हिन्दी ไทย Ελληνικά Русский é e\u0301 ñ ß ﬁ ŉ ǰ ſ's K \u0085 \u00a0 \u2028 \u3000 \ufeff \u200b x",
  "½ ² ३ 四 Ⅷ $1,234.56 a_b-c#d@e.f /path\\to {json: [1, 2]} <html> && || !== ¿qué? «guillemets» “quotes” — … 😀👩‍👩‍👧 🇨🇭 \u0000 \u007f ~",
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa        \n   \n",
];

export interface FastWay {
  /** Undefined: everything goes to the native library. */
  readonly plan: BytePlan | undefined;
  /** Why there is no plan. */
  readonly reason: string;
  /** Tokens of all samples, if the native library gave the ids of each. */
  readonly sampleTokens: number | undefined;
}

export const nativeOnly: FastWay = { plan: undefined, reason: "", sampleTokens: undefined };

/** The fast way for a tokenizer, if there is one and it gives what the native library gives for awkward texts and for `samples`. */
export async function proveFastWay(
  tokenizer: Pick<OpenTokenizer, "contents" | "tables" | "encode">,
  samples: readonly string[],
): Promise<FastWay> {
  const plan = planBytes(tokenizer.contents, tokenizer.tables);
  if ("reason" in plan) return { ...nativeOnly, reason: plan.reason };
  const encoder = new ByteEncoder(plan);
  let sampleTokens = 0;
  for (const [i, text] of [...samples, ...awkward].entries()) {
    const truth = await tokenizer.encode(text);
    if (i < samples.length) sampleTokens += truth.length;
    const ids = encodeFast(encoder, text);
    if (ids && !sameIds(ids, truth))
      return { ...nativeOnly, reason: `other ids for ${JSON.stringify(text.slice(0, 60))}` };
  }
  return { plan, reason: "", sampleTokens };
}

function encodeFast(encoder: ByteEncoder, text: string): Int32Array | undefined {
  const bytes = Buffer.from(text);
  const sink = new IdSink();
  return encoder.encode(bytes, { start: 0, end: bytes.length }, sink) ? sink.slice() : undefined;
}

export function sameIds(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}
