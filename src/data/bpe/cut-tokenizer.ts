import type { BytePlan } from "./plan.js";
import type { MergeList } from "./tables/merge-list.js";
import type { BpeTables } from "./tables/read-tables.js";
import type { TokenizerFile } from "./tables/tokenizer-file.js";
import type { Vocabulary } from "./tables/vocabulary.js";
import { TextGrams } from "./text-grams.js";

/** A tokenizer.json with a small vocabulary. */
export interface CutTokenizer {
  readonly json: string;
  /** Its id → the id in the whole file. An id beyond is that of an added token which the vocabulary lacks. */
  readonly ids: Int32Array;
}

/**
 * Cuts a tokenizer.json down to what some texts can need: the native library opens the small one in a fraction of the
 * time, and gives the same ids for these texts. Why: byte-level BPE merges neighbors, so every token that it looks
 * up while it works on a word stands, letter for letter, in that word; whole words that `ignore_merges` looks up do
 * so, too. A word stands in the text or in its Unicode form: the pre-tokenizers of a `BytePlan` only cut. Kept are
 * all tokens that may stand in one of the two (more are harmless), in the file's order, and all merges between them,
 * in the order of their ranks. Everything else of the file stays to the byte. Should the native library know another
 * Unicode form of a text than this process, its ids stand for other bytes than ours, with the whole vocabulary as
 * with the small one.
 *
 * `plan`: the proof that nothing else is in the model. Undefined if the model has an unknown token or a fall back to
 * bytes, if the file was not plain, or if two tokens have one id.
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
  const kept = keptTokens(tables.vocabulary, grams);
  if (!kept) return undefined;
  const [before, between, after] = tables.frame;
  const vocab = JSON.stringify(Object.fromEntries(kept.tokens.map((token, id) => [token, id])));
  return {
    json: `${before}${vocab}${between}${JSON.stringify(keptMerges(tables.merges, kept))}${after}`,
    ids: kept.ids,
  };
}

interface KeptTokens {
  /** By new id. */
  readonly tokens: readonly string[];
  /** New id → id in the whole file. */
  readonly ids: Int32Array;
  /** Id in the whole file → 1 + new id; 0 if it is not there. */
  readonly newIds: Int32Array;
}

/** The tokens that may stand in the texts. */
function keptTokens(vocabulary: Vocabulary, grams: TextGrams): KeptTokens | undefined {
  const { keys, starts, ids, count } = vocabulary.flat;
  // ids far apart: a list by ids would be out of proportion
  if (vocabulary.size > 4 * count + 0x10000) return undefined;
  const [isSeen, newIds] = [new Uint8Array(vocabulary.size), new Int32Array(vocabulary.size)];
  const text = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  const tokens: string[] = [];
  const oldIds: number[] = [];
  for (let number = 0; number < count; number++) {
    const id = ids[number] as number;
    if (isSeen[id] !== 0) return undefined;
    isSeen[id] = 1;
    if (!grams.mayHold(keys, starts[number] as number, starts[number + 1] as number)) continue;
    tokens.push(text.toString("utf8", starts[number], starts[number + 1]));
    oldIds.push(id);
    newIds[id] = tokens.length;
  }
  return { tokens, ids: Int32Array.from(oldIds), newIds };
}

/** The merges between tokens that are kept, in their order. */
function keptMerges(merges: MergeList, { tokens, newIds }: KeptTokens): (readonly [left: string, right: string])[] {
  const kept: (readonly [string, string])[] = [];
  for (let at = 0; at < merges.length; at += 3) {
    if (newIds[merges[at + 2] as number] === 0) continue;
    const [left, right] = [newIds[merges[at] as number] as number, newIds[merges[at + 1] as number] as number];
    if (left > 0 && right > 0) kept.push([tokens[left - 1] as string, tokens[right - 1] as string]);
  }
  return kept;
}
