import type { MergeList } from "./tables/merge-list.js";

/**
 * The merges of a BPE model: pair of ids → rank and new id; open addressing, four numbers per place (left + 1, right,
 * rank, new id).
 */
export interface MergeTable {
  readonly pairs: Int32Array;
}

/** `merges` in the order of their ranks; shared between threads. */
export function buildMergeTable(merges: MergeList): MergeTable {
  const count = merges.length / 3;
  const places = 2 ** Math.ceil(Math.log2(Math.max(16, count * 2)));
  const pairs = new Int32Array(new SharedArrayBuffer(16 * places));
  for (let rank = 0; rank < count; rank++) {
    const left = merges[3 * rank] as number;
    const right = merges[3 * rank + 1] as number;
    const at = placeOf(pairs, left, right);
    pairs[at] = left + 1;
    pairs[at + 1] = right;
    pairs[at + 2] = rank;
    pairs[at + 3] = merges[3 * rank + 2] as number;
  }
  return { pairs };
}

/** Where the pair stands, or the free place where it would stand. */
export function placeOf(pairs: Int32Array, left: number, right: number): number {
  const mask = pairs.length - 1;
  // Steps before it looks, so that no part of the loop is new to V8 when two pairs first want the same place: it
  // would compile it again.
  for (let before = (mixed(left, right) << 2) - 4; ; ) {
    const at = (before + 4) & mask;
    before = at;
    const found = pairs[at] as number;
    if (found === 0 || (found === left + 1 && pairs[at + 1] === right)) return at;
  }
}

function mixed(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
