import { DocumentPeek } from "../inspect/document-peek.js";
import type { PeekOptions } from "../inspect/megatron.js";
import { requirePeekRange } from "../inspect/peek-range.js";
import { openKnownTokenizer } from "../tokenize/known-tokenizer.js";
import type { MindRecordFacts } from "./facts.js";

/** Reads one row through the index: its tokens, and their text if the tokenizer is known. */
export async function peekRow(
  data: MindRecordFacts,
  row: number,
  { from = 0, count = 2048, column }: PeekOptions & { readonly column: string },
): Promise<DocumentPeek> {
  requirePeekRange({ call: "mindRecord.peek", what: "row", at: row, total: data.rows, from, count });
  const all = Array.from((await data.row(row, [column]))[column] as Int32Array | BigInt64Array, Number);
  const ids = all.slice(from, from + count);
  const { tokenizer, note } = await openKnownTokenizer(data.manifest?.tokenizer);
  const [text, pieces] = [await tokenizer?.decode(ids), await tokenizer?.decodeEach(ids)];
  const found = { document: row, sequence: row, sequences: 1, ids, from, tokens: all.length, text, pieces };
  return new DocumentPeek(found, { documents: data.rows, note, what: "row" });
}
