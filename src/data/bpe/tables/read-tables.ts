import { JsonWalk, NotPlain } from "./json-walk.js";
import { type MergeList, mergesOf, readMerges } from "./merge-list.js";
import type { TokenizerFile } from "./tokenizer-file.js";
import type { Vocabulary } from "./vocabulary.js";
import { readVocabulary, vocabularyOf } from "./vocabulary-reader.js";

/** The two large parts of a BPE tokenizer. */
export interface BpeTables {
  readonly vocabulary: Vocabulary;
  readonly merges: MergeList;
  /**
   * Text of the file before the vocabulary, between it and the merges, and after them; undefined if it was not read
   * here.
   */
  readonly frame?: readonly [before: string, between: string, after: string];
}

/**
 * Reads a tokenizer.json that is valid UTF-8 without parsing its two large parts into objects, which takes most of
 * the time: `contents` is everything else, with an empty vocabulary and no merges. Undefined for anything but a plain
 * BPE file: then `JSON.parse` has to do it.
 */
export function readBpeFile(
  bytes: Uint8Array,
): { readonly contents: TokenizerFile; readonly tables: BpeTables } | undefined {
  try {
    const tables = readTables(bytes);
    const [before, between, after] = tables.frame;
    return { contents: JSON.parse(`${before}{}${between}[]${after}`) as TokenizerFile, tables };
  } catch (error) {
    if (error instanceof NotPlain || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The same tables of a parsed file. Throws UnsupportedPattern if a merge is of tokens that the vocabulary lacks. */
export function tablesOf({ model }: TokenizerFile): BpeTables | undefined {
  const vocabulary = Array.isArray(model.vocab)
    ? undefined
    : vocabularyOf((model.vocab ?? {}) as Record<string, unknown>);
  return vocabulary && { vocabulary, merges: mergesOf(model.merges ?? [], vocabulary) };
}

/**
 * Reads `model.vocab` (an object) and then `model.merges` (a list), each exactly once, and passes over everything
 * else.
 */
function readTables(bytes: Uint8Array): Required<BpeTables> {
  const walk = new JsonWalk(bytes);
  const spans: number[] = [];
  let vocabulary: Vocabulary | undefined;
  let merges: MergeList | undefined;
  const ofModel = () => {
    const key = keyOf(walk);
    walk.next();
    const start = walk.at;
    if (key === "vocab" && !vocabulary) vocabulary = readVocabulary(walk);
    else if (key === "merges" && vocabulary && !merges) merges = readMerges(walk, vocabulary);
    else if (key === "vocab" || key === "merges") throw new NotPlain(`${key} twice, or the merges first`);
    else {
      walk.skip();
      return;
    }
    spans.push(start, walk.at);
  };
  let models = 0;
  walk.members(() => {
    if (keyOf(walk) !== "model") walk.skip();
    else if (models++ === 0) walk.members(ofModel);
    else throw new NotPlain("model twice");
  });
  if (!vocabulary || !merges || walk.next() !== -1) throw new NotPlain("no vocabulary or no merges");
  const [vocabStart, vocabEnd, mergesStart, mergesEnd] = spans;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const part = (from?: number, to?: number) => text.toString("utf8", from, to);
  const frame = [part(0, vocabStart), part(vocabEnd, mergesStart), part(mergesEnd)] as const;
  return { vocabulary, merges, frame };
}

/** The key that has just been read. */
function keyOf({ held, from, to }: JsonWalk): string {
  return Buffer.from(held.buffer, held.byteOffset + from, to - from).toString("utf8");
}
