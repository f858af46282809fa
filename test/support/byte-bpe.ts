import { byteCharacters } from "../../src/data/bpe/tables/tokenizer-file.js";

/** Pre-tokenizers of well-known models, as their tokenizer.json files hold them. */
const split = (regex: string, more: object = {}) => ({
  type: "Split",
  pattern: { Regex: regex },
  behavior: "Isolated",
  invert: false,
  ...more,
});
const byteLevel = (more: object = {}) => ({
  type: "ByteLevel",
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: false,
  ...more,
});
const sequence = (...pretokenizers: object[]) => ({ type: "Sequence", pretokenizers });
const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const punctuation = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]";
const spaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const others = " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";

export const preTokenizers = {
  "GPT-2": byteLevel({ use_regex: true }),
  "Llama 3": sequence(
    split(`${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|${others}|${spaces}`),
    byteLevel(),
  ),
  Qwen2: sequence(split(`${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|${others}|${spaces}`), byteLevel()),
  "DeepSeek V3": sequence(
    split("\\p{N}{1,3}"),
    split("[一-龥\u3040-ゟ゠-ヿ]+"),
    split(
      [
        `${punctuation}[A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+`,
        ` ?[\\p{P}\\p{S}]+[\\r\\n]*|${spaces}`,
      ].join("|"),
    ),
    byteLevel(),
  ),
  o200k: sequence(
    split(
      [
        `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+${contractions}?`,
        `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*${contractions}?`,
        "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
      ].join("|"),
      { behavior: "Removed", invert: true },
    ),
    byteLevel(),
  ),
  StarCoder: sequence({ type: "Digits", individual_digits: true }, byteLevel({ use_regex: true })),
};

/** A byte-level BPE tokenizer.json: the 256 bytes and the `merges` most frequent pairs of `text`, learned here. */
export function byteBpe(text: string, merges: number, more: object = {}): string {
  const alphabet = byteCharacters();
  const vocab: Record<string, number> = Object.fromEntries(alphabet.map((character, id) => [character, id]));
  const learned: string[] = [];
  let words = (text.match(/ ?\S+|\s/g) ?? []).map((word) =>
    [...Buffer.from(word)].map((byte) => alphabet[byte] as string),
  );
  while (learned.length < merges) {
    const counts = new Map<string, number>();
    for (const word of words)
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    const [best] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0] ?? [];
    if (!best) break;
    const [left, right] = best.split(" ") as [string, string];
    learned.push(best);
    vocab[left + right] ??= Object.keys(vocab).length;
    words = words.map((word) => mergePair(word, left, right));
  }
  const added = (more as { added_tokens?: readonly { content: string }[] }).added_tokens ?? [];
  const size = Object.keys(vocab).length;
  return JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    normalizer: null,
    pre_tokenizer: preTokenizers["GPT-2"],
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab,
      merges: learned,
    },
    ...more,
    added_tokens: added.map((token, i) => ({
      ...{ id: size + i, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
      ...token,
    })),
  });
}

function mergePair(word: readonly string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < word.length; i++) {
    const both = word[i] === left && word[i + 1] === right;
    merged.push(both ? left + right : (word[i] as string));
    if (both) i++;
  }
  return merged;
}
