import { buildMergeTable, type MergeTable } from "./merge-table.js";
import { unknownCharacters } from "./pattern/known-characters.js";
import { linkPattern } from "./pattern/link.js";
import { ClassRegister, UnsupportedPattern } from "./pattern/parser.js";
import type { Step } from "./pattern/steps.js";
import { readSplits } from "./split-rules.js";
import { idOf } from "./tables/merge-list.js";
import { type BpeTables, tablesOf } from "./tables/read-tables.js";
import { byteCharacters, bytesOfToken, type TokenizerFile } from "./tables/tokenizer-file.js";
import type { Vocabulary } from "./tables/vocabulary.js";
import { newWordTable, WordTable, type WordTableData } from "./word-table.js";

/** One round of splitting. */
export interface SplitLevel {
  readonly root: Step;
  readonly keepMatches: boolean;
  readonly keepGaps: boolean;
}

/**
 * Everything that it takes to give the ids of the native library without calling it; made once, large parts shared
 * between threads. Only for tokenizers where this can be guaranteed: byte-level BPE without dropout, prefixes,
 * suffixes or unknown tokens.
 */
export interface BytePlan {
  /** Classes of characters, as sources of regular expressions with the flag `v`. */
  readonly classes: readonly string[];
  readonly levels: readonly SplitLevel[];
  readonly merges: MergeTable;
  /** Id of each byte on its own. */
  readonly byteIds: Int32Array;
  /** Words that get their id without merging (`ignore_merges`). */
  readonly wholeWords: WordTableData | undefined;
  /** Text that holds one of these goes to the native library. */
  readonly addedTokens: readonly Uint8Array[];
  /** Unicode form that texts are brought to first. */
  readonly form: "NFC" | "NFKC" | "NFD" | "NFKD" | undefined;
}

/**
 * The plan, or the reason why this tokenizer has to use the native library for everything. `tables`: if they have
 * been read already.
 */
export function planBytes(file: TokenizerFile, tables?: BpeTables): BytePlan | { readonly reason: string } {
  try {
    requirePlainModel(file);
    const found = tables ?? tablesOf(file);
    return found ? makePlan(file, found) : { reason: "a vocabulary with other values than ids" };
  } catch (error) {
    if (error instanceof UnsupportedPattern) return { reason: error.message };
    throw error;
  }
}

function makePlan(file: TokenizerFile, { vocabulary, merges }: BpeTables): BytePlan {
  const { model, normalizer } = file;
  const form = formOf(normalizer);
  const register = new ClassRegister(unknownCharacters({ form: form !== undefined }));
  const levels = readSplits(file.pre_tokenizer, register).map(({ pattern, keepMatches, keepGaps }) => ({
    root: linkPattern(pattern),
    keepMatches,
    keepGaps,
  }));
  const characters = byteCharacters();
  const byteIds = new Int32Array(new SharedArrayBuffer(4 * 256));
  for (const [byte, character] of characters.entries()) byteIds[byte] = idOf(vocabulary, character);
  return {
    classes: register.classes,
    levels,
    merges: buildMergeTable(merges),
    byteIds,
    wholeWords: model.ignore_merges ? wholeWords(vocabulary) : undefined,
    addedTokens: addedTexts(file, form).map((text) => new TextEncoder().encode(text)),
    form,
  };
}

/**
 * Added tokens; the native library also looks for the Unicode form of one that is `normalized` in the form of the
 * text.
 */
function addedTexts({ added_tokens: added = [] }: TokenizerFile, form: BytePlan["form"]): string[] {
  const contents = added.map(({ content }) => content);
  return form === undefined ? contents : [...new Set([...contents, ...contents.map((text) => text.normalize(form))])];
}

function requirePlainModel({ model }: TokenizerFile): void {
  if (model.type !== undefined && model.type !== "BPE") throw new UnsupportedPattern(`a model of type ${model.type}`);
  if (!model.merges || !model.vocab || Array.isArray(model.vocab))
    throw new UnsupportedPattern("a model without merges");
  if (model.dropout) throw new UnsupportedPattern("a model with dropout");
  if (model.continuing_subword_prefix || model.end_of_word_suffix) throw new UnsupportedPattern("a prefix or suffix");
}

function formOf(normalizer: TokenizerFile["normalizer"]): BytePlan["form"] {
  if (!normalizer) return undefined;
  if (normalizer.type === "Sequence" && normalizer.normalizers?.length === 0) return undefined;
  if (normalizer.type === "Sequence" && normalizer.normalizers?.length === 1) return formOf(normalizer.normalizers[0]);
  const { type } = normalizer;
  if (type === "NFC" || type === "NFKC" || type === "NFD" || type === "NFKD") return type;
  throw new UnsupportedPattern(`a normalizer of type ${type}`);
}

function wholeWords(vocabulary: Vocabulary): WordTableData {
  const words = [...vocabulary.entries()].map(([token, id]) => ({ key: bytesOfToken(token), id }));
  const keyBytes = words.reduce((sum, { key }) => sum + (key?.length ?? 0), 0);
  const data = newWordTable({ words: words.length, keyBytes, ids: words.length }, true);
  const table = new WordTable(data);
  for (const { key, id } of words) {
    if (!key) continue;
    const word = { start: 0, end: key.length, hash: table.hashOf(key, 0, key.length) };
    if (table.find(key, word) < 0) table.add(key, word.hash, Int32Array.of(id));
  }
  return data;
}
