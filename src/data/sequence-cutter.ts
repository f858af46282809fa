import type { TokenBatch } from "./tokenize-protocol.js";

/** Cuts token streams into sequences of one length. Everything counts tokens. */
export interface SequenceCutter {
  /** Whole sequences, back to back. */
  push(batch: TokenBatch): Int32Array;
  /** Tokens of the input that are in no sequence. */
  readonly dropped: number;
  /** Fill tokens that were added. */
  readonly padded: number;
}

/** All pieces one after the other, cut every `length` tokens; the short rest at the end is dropped. */
export function stitchCutter(length: number): SequenceCutter {
  let carry = new Int32Array(0);
  return {
    push({ ids }) {
      const available = carry.length + ids.length;
      const whole = available - (available % length);
      const all = new Int32Array(available);
      all.set(carry);
      all.set(ids, carry.length);
      carry = all.slice(whole);
      return all.subarray(0, whole);
    },
    get dropped() {
      return carry.length;
    },
    padded: 0,
  };
}

/** Every piece is one sequence: filled up with `padId` on the right, or cut off. */
export function padCutter(length: number, padId: number): SequenceCutter {
  let dropped = 0;
  let padded = 0;
  return {
    push({ ids, lengths }) {
      const rows = new Int32Array(lengths.length * length).fill(padId);
      let at = 0;
      for (const [row, count] of lengths.entries()) {
        rows.set(ids.subarray(at, at + Math.min(count, length)), row * length);
        at += count;
        dropped += Math.max(0, count - length);
        padded += Math.max(0, length - count);
      }
      return rows;
    },
    get dropped() {
      return dropped;
    },
    get padded() {
      return padded;
    },
  };
}
