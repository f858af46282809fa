import { LabError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import { DocumentPeek } from "../inspect/document-peek.js";
import type { PeekOptions } from "../inspect/megatron.js";
import { openKnownTokenizer } from "../tokenize/known-tokenizer.js";
import type { MindRecordFacts } from "./facts.js";

/** Reads one row through the index: its tokens, and their text if the tokenizer is known. */
export async function peekRow(
  data: MindRecordFacts,
  row: number,
  { from = 0, count = 2048, column }: PeekOptions & { readonly column: string },
): Promise<DocumentPeek> {
  const good = [row, from, count].every((value) => Number.isInteger(value) && value >= 0);
  if (!good || row >= data.rows)
    throw new LabError(
      "ARGUMENT_INVALID",
      `mindRecord.peek(${row}): expected a row from 0 to ${formatCount(data.rows - 1)}`,
      {
        hint: "write for example data.peek(0, { from: 0, count: 2048 })",
      },
    );
  const all = Array.from((await data.row(row, [column]))[column] as Int32Array | BigInt64Array, Number);
  const ids = all.slice(from, from + count);
  const { tokenizer, note } = await openKnownTokenizer(data.manifest?.tokenizer);
  const [text, pieces] = [await tokenizer?.decode(ids), await tokenizer?.decodeEach(ids)];
  const found = { document: row, sequence: row, sequences: 1, ids, from, tokens: all.length, text, pieces };
  return new DocumentPeek(found, { documents: data.rows, note, what: "row" });
}
