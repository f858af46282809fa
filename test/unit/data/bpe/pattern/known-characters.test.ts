import { describe, expect, it } from "vitest";
import { ByteEncoder } from "../../../../../src/data/bpe/byte-encoder.js";
import { IdSink } from "../../../../../src/data/bpe/id-sink.js";
import { unknownCharacters } from "../../../../../src/data/bpe/pattern/known-characters.js";
import { planBytes } from "../../../../../src/data/bpe/plan.js";
import { byteCharacters, type TokenizerFile } from "../../../../../src/data/bpe/tables/tokenizer-file.js";
import { nativeTokenizer } from "../../../../../src/data/tokenize/native-tokenizer.js";

// Every code point that the fast way takes on itself, in every class that patterns of tokenizers can name, here and
// in the native library.

// The categories are numbered in binary, so that few patterns tell each from all others.
const categories = "Lu Ll Lt Lm Lo M Nd Nl No P S Z".split(" ");
const unions = [1, 2, 4, 8].map(
  (bit) =>
    `[${categories
      .filter((_, i) => ((i + 1) & bit) !== 0)
      .map((name) => `\\p{${name}}`)
      .join("")}]`,
);
/** All code points but halves of characters and those that go to the native library in any case. */
function knownCharacters(form: boolean): string[] {
  const unknown = new RegExp(unknownCharacters({ form }), "v");
  const known: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code === 0xd800) code = 0xe000;
    const character = String.fromCodePoint(code);
    if (!unknown.test(character)) known.push(character);
  }
  return known;
}

const level = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };
const bytes = byteCharacters();

/** A byte-level tokenizer: the bytes, and tokens of two bytes as `merges` name them. */
function tokenizerFile(more: { normalizer?: object; split?: object; merges?: readonly string[] }): TokenizerFile {
  const { normalizer = null, split, merges = [] } = more;
  const tokens = [...bytes, ...merges.map((merge) => merge.replace(" ", ""))];
  const model = { type: "BPE", dropout: null, unk_token: null, fuse_unk: false, byte_fallback: false };
  const file = {
    ...{
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      post_processor: null,
      decoder: level,
      normalizer,
    },
    pre_tokenizer: { type: "Sequence", pretokenizers: split ? [split, level] : [level] },
    model: { ...model, vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges },
  };
  return file as unknown as TokenizerFile;
}

async function nativeIds(native: ReturnType<typeof nativeTokenizer>, text: string): Promise<Int32Array> {
  return Int32Array.from((await native.encode(text, null, { addSpecialTokens: false })).getIds());
}

/** The characters for which texts of them are not the same on both sides, as U+ numbers. */
async function differing(
  characters: readonly string[],
  same: (some: readonly string[]) => Promise<boolean>,
): Promise<string[]> {
  if (characters.length <= 1024 && (await same(characters))) return [];
  if (characters.length === 1) return characters.map((one) => `U+${one.codePointAt(0)?.toString(16)}`);
  const half = characters.length >> 1;
  return [...(await differing(characters.slice(0, half), same)), ...(await differing(characters.slice(half), same))];
}

/** Whether both sides put all of these characters into the same ones of the classes. */
function compareClasses(classes: readonly string[]): (some: readonly string[]) => Promise<boolean> {
  // A letter for each class: the piece `<letter><character>` is a match if the character is in the class. The ids
  // tell where pieces end: any byte and a newline after it become one token, unless a piece ends between them.
  const letters = classes.map((_, i) => String.fromCharCode(97 + i));
  const pattern = classes.map((name, i) => `${letters[i]}${name}`).join("|");
  const split = { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
  const file = tokenizerFile({ split, merges: bytes.map((byte) => `${byte} ${bytes[10]}`) });
  const plan = planBytes(file);
  if ("reason" in plan) throw new Error(plan.reason);
  const fast = new ByteEncoder(plan);
  const native = nativeTokenizer(JSON.stringify(file), "test");
  return async (some) => {
    const text = some.map((character) => letters.map((letter) => `${letter}${character}\n`).join("")).join("");
    const sink = new IdSink();
    const utf8 = Buffer.from(text);
    expect(fast.encode(utf8, { start: 0, end: utf8.length }, sink), "taken by the fast way").toBe(true);
    return Buffer.from(sink.slice().buffer).equals(Buffer.from((await nativeIds(native, text)).buffer));
  };
}

describe("every code point that the fast way takes", () => {
  it.each([
    ["that is assigned", false, [...unions, "\\p{Han}", "\\s"]],
    ["for private use", true, ["[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Z}\\p{Han}\\s]"]],
  ])(
    "%s is in the same classes as in the native library",
    async (_, privateUse, classes) => {
      const characters = knownCharacters(false).filter((character) => /\p{Co}/u.test(character) === privateUse);
      expect(characters.length).toBeGreaterThan(100_000);
      const same = compareClasses(classes);
      expect(await differing(characters, same)).toEqual([]);
    },
    120_000,
  );

  it.each(["NFC", "NFD", "NFKC", "NFKD"])(
    "becomes the same in %s here and there",
    async (form) => {
      const native = nativeTokenizer(JSON.stringify(tokenizerFile({ normalizer: { type: form } })), "test");
      const same = async (some: readonly string[]) => {
        // Between marks of the highest and the lowest class: where it goes tells whether both sides take it for a mark.
        const text = some.map((character) => `${character}\na\u0345${character}\u0334\n`).join("");
        return Buffer.from(await nativeIds(native, text)).equals(Buffer.from(text.normalize(form)));
      };
      expect(await differing(knownCharacters(true), same)).toEqual([]);
    },
    60_000,
  );
});
