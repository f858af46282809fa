import type { BpeTables } from "./bpe-tables.js";
import { JsonBytes } from "./json-bytes.js";
import type { MergeList } from "./merge-list.js";
import type { BytePlan } from "./plan.js";
import { TextGrams } from "./text-grams.js";
import type { TokenizerFile } from "./tokenizer-file.js";
import type { FlatTokens, Vocabulary } from "./vocabulary.js";

/** A tokenizer.json with a small vocabulary. */
export interface CutTokenizer {
  readonly json: string;
  /** Its id → the id in the whole file. An id beyond is that of an added token which the vocabulary lacks. */
  readonly ids: Int32Array;
}

/**
 * Cuts a tokenizer.json down to what some texts can need: the native library opens the small one in a hundredth of the time, and gives the same ids for
 * these texts. Why: byte-level BPE merges neighbours, so every token that it looks up while it works on a word stands, letter for letter, in
 * that word, and a word (all normalizers and pre-tokenizers of a `BytePlan` leave pieces) stands in the text or in its Unicode form. Kept are all tokens that may stand in a text
 * (more are harmless), in the file's order, and all merges between them, in the order of their ranks; whole words that `ignore_merges` looks up
 * are among them. Everything else of the file stays to the byte. Should the native library know another Unicode form of a text than this process, the bytes that its ids
 * stand for are others, too, with the whole vocabulary as with the small one.
 *
 * `plan`: the proof that nothing else is in the model. Undefined if it has an unknown token or a fall back to bytes, if the file was not
 * plain, or if two tokens have one id.
 */
export function cutTokenizer(
  { file, tables, plan }: { readonly file: TokenizerFile; readonly tables: BpeTables; readonly plan: BytePlan },
  texts: readonly string[],
): CutTokenizer | undefined {
  const { unk_token: unknown, byte_fallback: fallback } = file.model;
  if (unknown || fallback || !tables.frame) return undefined;
  const grams = new TextGrams();
  for (const text of texts) {
    grams.add(text);
    if (plan.form !== undefined) grams.add(text.normalize(plan.form));
  }
  for (const { content } of file.added_tokens ?? []) grams.addToken(content);
  const [before, between, after] = tables.frame;
  const json = new JsonBytes();
  json.text(`${before}{`);
  const kept = putTokens(json, tables.vocabulary, grams);
  if (!kept) return undefined;
  json.text(`}${between}[`);
  kept.putMerges(tables.merges);
  json.text(`]${after}`);
  return { json: json.toString(), ids: kept.ids };
}

/** The tokens that may stand in the texts, as members of an object. */
function putTokens(json: JsonBytes, vocabulary: Vocabulary, grams: TextGrams): KeptTokens | undefined {
  const tokens = vocabulary.flat;
  if (vocabulary.size > 4 * tokens.count + 0x10000) return undefined; // ids far apart: a list by ids would be out of proportion
  const kept = new KeptTokens(json, tokens, vocabulary.size);
  const isSeen = new Uint8Array(vocabulary.size);
  for (let number = 0; number < tokens.count; number++) {
    const id = tokens.ids[number] as number;
    if (isSeen[id] !== 0) return undefined;
    isSeen[id] = 1;
    if (grams.mayHold(tokens.keys, tokens.starts[number] as number, tokens.starts[number + 1] as number))
      kept.put(number, id);
  }
  return kept;
}

const [comma, colon, open, close] = [0x2c, 0x3a, 0x5b, 0x5d];

/** What is done for each token and each merge are functions of their own: V8 compiles them sooner, and only once. */
class KeptTokens {
  readonly #json: JsonBytes;
  readonly #tokens: FlatTokens;
  /** New id → id in the whole file. */
  readonly #ids: Int32Array;
  #count = 0;
  /** Id in the whole file → 1 + new id; 0 if it is not there. */
  readonly #newIds: Int32Array;
  /** Where the token stands in the JSON: from and to, by new id. */
  readonly #places: Int32Array;

  constructor(json: JsonBytes, tokens: FlatTokens, size: number) {
    this.#json = json;
    this.#tokens = tokens;
    this.#ids = new Int32Array(tokens.count);
    this.#newIds = new Int32Array(size);
    this.#places = new Int32Array(2 * tokens.count);
  }

  get ids(): Int32Array {
    return this.#ids.slice(0, this.#count);
  }

  put(number: number, id: number): void {
    const [json, count] = [this.#json, this.#count];
    if (count > 0) json.byte(comma);
    this.#places[2 * count] = json.length;
    json.quoted(this.#tokens.keys, this.#tokens.starts[number] as number, this.#tokens.starts[number + 1] as number);
    this.#places[2 * count + 1] = json.length;
    json.byte(colon);
    json.number(count);
    this.#ids[count] = id;
    this.#count = count + 1;
    this.#newIds[id] = count + 1;
  }

  putMerges(merges: MergeList): void {
    let isFirst = true;
    for (let at = 0; at < merges.length; at += 3) {
      if (!this.#has(merges, at)) continue;
      if (!isFirst) this.#json.byte(comma);
      isFirst = false;
      this.#putMerge(merges[at] as number, merges[at + 1] as number);
    }
  }

  #has(merges: MergeList, at: number): boolean {
    const ids = this.#newIds;
    return (
      ids[merges[at + 2] as number] !== 0 && ids[merges[at] as number] !== 0 && ids[merges[at + 1] as number] !== 0
    );
  }

  #putMerge(left: number, right: number): void {
    const [json, places] = [this.#json, this.#places];
    const [one, other] = [2 * (this.#newIds[left] as number) - 2, 2 * (this.#newIds[right] as number) - 2];
    json.byte(open);
    json.again(places[one] as number, places[one + 1] as number);
    json.byte(comma);
    json.again(places[other] as number, places[other + 1] as number);
    json.byte(close);
  }
}
