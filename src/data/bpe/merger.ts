import { type MergeTable, placeOf } from "./merge-table.js";

/** Larger than every rank: the pair can't be merged. */
const never = 2 ** 31 - 1;
/** Up to this many bytes a plain search for the best pair is faster than a queue. */
const shortWord = 48;

/** Merges the bytes of one word: always the pair of lowest rank, of several the leftmost, until no pair has a merge. */
export class Merger {
  readonly #pairs: Int32Array;
  readonly #byteIds: Int32Array;
  #ids = new Int32Array(shortWord);
  #ranks = new Int32Array(shortWord);

  constructor({ pairs }: MergeTable, byteIds: Int32Array) {
    this.#pairs = pairs;
    this.#byteIds = byteIds;
  }

  /** The ids; valid until the next call. */
  merge(bytes: Uint8Array, start: number, end: number): Int32Array {
    const count = end - start;
    if (count > this.#ids.length) {
      this.#ids = new Int32Array(count * 2);
      this.#ranks = new Int32Array(count * 2);
    }
    for (let i = 0; i < count; i++) this.#ids[i] = this.#byteIds[bytes[start + i] as number] as number;
    return this.#ids.subarray(0, count <= shortWord ? this.#search(count) : this.#queue(count));
  }

  #rank(left: number, right: number): number {
    const at = placeOf(this.#pairs, left, right);
    return this.#pairs[at] === 0 ? never : (this.#pairs[at + 2] as number);
  }

  #merged(left: number, right: number): number {
    return this.#pairs[placeOf(this.#pairs, left, right) + 3] as number;
  }

  #search(size: number): number {
    const ids = this.#ids;
    const ranks = this.#ranks;
    let count = size;
    for (let i = 0; i + 1 < count; i++) ranks[i] = this.#rank(ids[i] as number, ids[i + 1] as number);
    for (;;) {
      let best = -1;
      let lowest = never;
      for (let i = 0; i + 1 < count; i++) {
        const rank = ranks[i] as number;
        if (rank >= lowest) continue;
        lowest = rank;
        best = i;
      }
      if (best < 0) return count;
      ids[best] = this.#merged(ids[best] as number, ids[best + 1] as number);
      count--;
      for (let i = best + 1; i < count; i++) {
        ids[i] = ids[i + 1] as number;
        ranks[i] = ranks[i + 1] as number;
      }
      if (best > 0) ranks[best - 1] = this.#rank(ids[best - 1] as number, ids[best] as number);
      if (best + 1 < count) ranks[best] = this.#rank(ids[best] as number, ids[best + 1] as number);
    }
  }

  /** The same with a queue and a linked list, for words of any length. */
  #queue(count: number): number {
    const ids = this.#ids;
    const next = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : -1));
    const before = Int32Array.from({ length: count }, (_, i) => i - 1);
    const queue = new PairQueue(count);
    const offer = (at: number) => {
      const right = next[at] as number;
      if (right < 0) return;
      const rank = this.#rank(ids[at] as number, ids[right] as number);
      if (rank !== never) queue.push(rank, at);
    };
    for (let i = 0; i + 1 < count; i++) offer(i);
    while (queue.pop()) {
      const at = queue.at;
      const right = next[at] as number;
      // An entry is out of date if one of its two was merged meanwhile: then the pair has another rank, or none.
      if (ids[at] === -1 || right < 0 || this.#rank(ids[at] as number, ids[right] as number) !== queue.rank) continue;
      ids[at] = this.#merged(ids[at] as number, ids[right] as number);
      ids[right] = -1;
      next[at] = next[right] as number;
      if ((next[at] as number) >= 0) before[next[at] as number] = at;
      if ((before[at] as number) >= 0) offer(before[at] as number);
      offer(at);
    }
    let kept = 0;
    for (let i = 0; i < count; i++) if (ids[i] !== -1) ids[kept++] = ids[i] as number;
    return kept;
  }
}

/** Positions by rank, then by position: a binary heap. */
class PairQueue {
  rank = 0;
  at = 0;
  #ranks: Int32Array;
  #places: Int32Array;
  #size = 0;

  constructor(pairs: number) {
    this.#ranks = new Int32Array(3 * pairs + 1);
    this.#places = new Int32Array(3 * pairs + 1);
  }

  push(rank: number, at: number): void {
    let i = this.#size++;
    for (; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#before(rank, at, parent)) break;
      this.#copy(parent, i);
      i = parent;
    }
    this.#ranks[i] = rank;
    this.#places[i] = at;
  }

  /** Takes the first entry off into `rank` and `at`; false if there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    this.rank = this.#ranks[0] as number;
    this.at = this.#places[0] as number;
    const last = --this.#size;
    const [rank, at] = [this.#ranks[last] as number, this.#places[last] as number];
    let i = 0;
    for (let child = 1; child < last; child = 2 * i + 1) {
      if (child + 1 < last && this.#before(this.#ranks[child + 1] as number, this.#places[child + 1] as number, child))
        child++;
      if (this.#before(rank, at, child)) break;
      this.#copy(child, i);
      i = child;
    }
    this.#ranks[i] = rank;
    this.#places[i] = at;
    return true;
  }

  #before(rank: number, at: number, other: number): boolean {
    const found = this.#ranks[other] as number;
    return rank < found || (rank === found && at < (this.#places[other] as number));
  }

  #copy(from: number, to: number): void {
    this.#ranks[to] = this.#ranks[from] as number;
    this.#places[to] = this.#places[from] as number;
  }
}
