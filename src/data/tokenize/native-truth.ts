import { cutTokenizer } from "../bpe/cut-tokenizer.js";
import type { BytePlan } from "../bpe/plan.js";
import { nativeTokenizer } from "./native-tokenizer.js";
import type { OpenTokenizer } from "./tokenizer.js";

/**
 * Ids of each text by the native library, to be compared with those of the fast way. Ids that the fast way never
 * gives, those of added tokens that the vocabulary lacks, may be -1.
 */
export type NativeTruth = (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>;

/** By the whole tokenizer, which is opened once. */
export function wholeTruth({ encode }: Pick<OpenTokenizer, "encode">): NativeTruth {
  return async (texts) => {
    const all: (readonly number[])[] = [];
    for (const text of texts) all.push(await encode(text));
    return all;
  };
}

/**
 * By a tokenizer that is cut down to what the texts can need, anew for each call; by the whole one if that can't be
 * done.
 */
export function cutTruth(tokenizer: OpenTokenizer, plan: BytePlan): NativeTruth {
  const { contents: file, tables, path } = tokenizer;
  return async (texts) => {
    const cut = tables && cutTokenizer({ file, tables, plan }, texts);
    if (!cut) return wholeTruth(tokenizer)(texts);
    const { json, ids } = cut;
    const native = nativeTokenizer(json, path);
    const all: Int32Array[] = [];
    for (const text of texts) {
      const found = (await native.encode(text, null, { addSpecialTokens: false })).getIds();
      all.push(Int32Array.from(found, (id) => ids[id] ?? -1));
    }
    return all;
  };
}
