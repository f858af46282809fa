import type { ByteEncoder } from "../bpe/byte-encoder.js";
import { IdSink } from "../bpe/id-sink.js";
import type { NativeTruth } from "./native-truth.js";

/** Text that tokenizers could disagree about: numbers, scripts, spaces, line ends, contractions, controls, emoji. */
const awkward = [
  "The quick brown fox's 1st 22 333 4444 55555 words, don't I'LL we've CAN'T o'clock 'tis  two   spaces \t " +
    "tab\n\nlines\r\n \r end ",
  "中文字 日本語カタカナ ひらがな 한국어 العربية עברית हिन्दी ไทย Ελληνικά Русский é e\u0301 ñ ß ﬁ ŉ ǰ ſ's K \u0085 \u00a0 \u2028 " +
    "\u3000 \ufeff \u200b x",
  "½ ² ३ 四 Ⅷ $1,234.56 a_b-c#d@e.f /path\\to {json: [1, 2]} <html> && || !== ¿qué? «guillemets» “quotes” — … " +
    "😀👩‍👩‍👧 🇨🇭 \u0000 \u007f ~",
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa        " +
    "\n   \n",
];

/** A text whose ids by the fast way are not those of the native library: everything has to be made again without it. */
export class FastWayWrong extends Error {
  constructor(text: string) {
    super(`other ids than the native library for ${JSON.stringify(text.slice(0, 60))}`);
  }
}

/**
 * Makes sure that the fast way gives what the native library gives for awkward texts and for `samples`; gives the
 * tokens of the samples together. Throws FastWayWrong.
 */
export async function proveFastWay(
  encoder: ByteEncoder,
  truth: NativeTruth,
  samples: readonly string[],
): Promise<number> {
  // The awkward texts first: code that has seen all kinds of text before it is compiled need not be compiled again.
  const texts = [...awkward, ...samples];
  const ids = texts.map((text) => encodeFast(encoder, text));
  const right = await truth(texts);
  let tokens = 0;
  for (const [i, text] of texts.entries()) {
    const [mine, others] = [ids[i], right[i] ?? []];
    if (mine && !sameIds(mine, others)) throw new FastWayWrong(text);
    if (i >= awkward.length) tokens += others.length;
  }
  return tokens;
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
