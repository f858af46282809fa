import type { TokenBatch } from "../tokenize/threads/protocol.js";

export interface PaddedRows {
  /** Whole sequences, back to back. */
  readonly ids: Int32Array;
  /** Tokens of the texts that are in no sequence. */
  readonly dropped: number;
  /** Fill tokens that were added. */
  readonly padded: number;
}

/** Every text is one sequence of `length` tokens: filled up with `padId` on the right, or cut off. */
export function padRows(
  { ids, lengths }: Pick<TokenBatch, "ids" | "lengths">,
  length: number,
  padId: number,
): PaddedRows {
  const rows = new Int32Array(lengths.length * length).fill(padId);
  let at = 0;
  let dropped = 0;
  let padded = 0;
  for (const [row, count] of lengths.entries()) {
    rows.set(ids.subarray(at, at + Math.min(count, length)), row * length);
    at += count;
    dropped += Math.max(0, count - length);
    padded += Math.max(0, length - count);
  }
  return { ids: rows, dropped, padded };
}
