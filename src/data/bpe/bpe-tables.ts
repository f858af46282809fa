import { JsonWalk, NotPlain } from "./json-walk.js";
import { type MergeList, mergesOf, readMerges } from "./merge-list.js";
import type { TokenizerFile } from "./tokenizer-file.js";
import { readVocabulary, type Vocabulary, vocabularyOf } from "./vocabulary.js";

/** The two large parts of a BPE tokenizer. */
export interface BpeTables {
  readonly vocabulary: Vocabulary;
  readonly merges: MergeList;
}

/**
 * Reads a tokenizer.json that is valid UTF-8 without parsing its two large parts into objects, which takes most of the time: `contents` is
 * everything else, with an empty vocabulary and no merges. Undefined for anything but a plain BPE file: then `JSON.parse` has to do it.
 */
export function readBpeFile(
  bytes: Uint8Array,
): { readonly contents: TokenizerFile; readonly tables: BpeTables } | undefined {
  try {
    const { tables, spans } = readTables(bytes);
    return { contents: JSON.parse(withoutSpans(bytes, spans)) as TokenizerFile, tables };
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

/** Where an object or a list stands. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** Reads `model.vocab` (an object) and then `model.merges` (a list), each exactly once, and passes over everything else. */
function readTables(bytes: Uint8Array): { readonly tables: BpeTables; readonly spans: readonly Span[] } {
  const walk = new JsonWalk(bytes);
  const spans: Span[] = [];
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
    spans.push({ start, end: walk.at });
  };
  let models = 0;
  walk.members(() => {
    if (keyOf(walk) !== "model") walk.skip();
    else if (models++ === 0) walk.members(ofModel);
    else throw new NotPlain("model twice");
  });
  if (!vocabulary || !merges || walk.next() !== -1) throw new NotPlain("no vocabulary or no merges");
  return { tables: { vocabulary, merges }, spans };
}

/** The key that has just been read. */
function keyOf({ held, from, to }: JsonWalk): string {
  return Buffer.from(held.buffer, held.byteOffset + from, to - from).toString("utf8");
}

/** The file's text with `{}` and `[]` in place of the spans. */
function withoutSpans(bytes: Uint8Array, spans: readonly Span[]): string {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    parts.push(bytes.subarray(from, start + 1), bytes.subarray(end - 1, end));
    from = end;
  }
  return Buffer.concat([...parts, bytes.subarray(from)]).toString("utf8");
}
