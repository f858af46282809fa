export interface FlatTokens {
  readonly keys: Uint8Array;
  readonly starts: Int32Array;
  readonly ids: Int32Array;
  readonly count: number;
}

/**
 * Tokens (as UTF-8) and their ids in flat arrays: made in a fraction of the time that an object with as many keys
 * takes.
 */
export class Vocabulary {
  /** 1 + number of a token, at most half full; 0: free. */
  #slots: Int32Array;
  /** All tokens back to back, in the order in which they were added; where each begins; its id; its hash. */
  #keys: Uint8Array;
  #starts: Int32Array;
  #ids: Int32Array;
  #hashes: Int32Array;
  #tokens = 0;
  #size = 0;
  #next = 0;
  #hash = 0;

  /** `expected`: how many tokens there may be; it grows as need be. */
  constructor(expected = 2048) {
    const room = 2 ** Math.ceil(Math.log2(Math.max(2, expected)));
    this.#slots = new Int32Array(2 * room);
    this.#keys = new Uint8Array(room);
    this.#starts = new Int32Array(room);
    this.#ids = new Int32Array(room);
    this.#hashes = new Int32Array(room);
  }

  /** The largest id + 1. */
  get size(): number {
    return this.#size;
  }

  get tokens(): number {
    return this.#tokens;
  }

  idOf(token: string): number | undefined {
    const bytes = new TextEncoder().encode(token);
    const id = this.find(bytes, 0, bytes.length);
    return id < 0 ? undefined : id;
  }

  /** The id of the token `bytes[from, to)`, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const number = (this.#slots[this.#slotOf(bytes, from, to)] as number) - 1;
    return number < 0 ? -1 : (this.#ids[number] as number);
  }

  /**
   * The same for somebody who asks for the tokens about in the order in which they were added: the one after the last
   * one that was found so is looked at first.
   */
  findInOrder(bytes: Uint8Array, from: number, to: number): number {
    if (!this.#isNext(bytes, from, to)) {
      const number = (this.#slots[this.#slotOf(bytes, from, to)] as number) - 1;
      if (number < 0) return -1;
      this.#next = number;
    }
    return this.#ids[this.#next++] as number;
  }

  /** False if the token is there already. */
  add(bytes: Uint8Array, { from, to }: { readonly from: number; readonly to: number }, id: number): boolean {
    const number = this.#tokens;
    if (number + 1 >= this.#starts.length) this.#growTokens();
    const slot = this.#slotOf(bytes, from, to);
    if (this.#slots[slot] !== 0) return false;
    const start = this.#starts[number] as number;
    const end = start + to - from;
    if (end > this.#keys.length) this.#growKeys(end);
    const keys = this.#keys;
    for (let i = from; i < to; i++) keys[start + i - from] = bytes[i] as number;
    this.#slots[slot] = number + 1;
    this.#ids[number] = id;
    this.#hashes[number] = this.#hash;
    this.#starts[number + 1] = end;
    this.#tokens = number + 1;
    if (id >= this.#size) this.#size = id + 1;
    return true;
  }

  /**
   * All tokens in the order in which they were added: number `i` is `keys[starts[i], starts[i + 1])` with the id
   * `ids[i]`.
   */
  get flat(): FlatTokens {
    return { keys: this.#keys, starts: this.#starts, ids: this.#ids, count: this.#tokens };
  }

  /** The same as texts. */
  *entries(): Generator<readonly [token: string, id: number]> {
    const keys = Buffer.from(this.#keys.buffer);
    for (let i = 0; i < this.#tokens; i++)
      yield [keys.toString("utf8", this.#starts[i], this.#starts[i + 1]), this.#ids[i] as number];
  }

  /** Where the token's number stands, or the free place where it would stand; leaves its hash in `#hash`. */
  #slotOf(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0x811c9dc5 | 0; // FNV-1a
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    this.#hash = hash;
    const slots = this.#slots;
    const hashes = this.#hashes;
    const starts = this.#starts;
    const keys = this.#keys;
    const mask = slots.length - 1;
    // Steps before it looks, so that no part of the loop is new to V8 when two tokens first want the same place: it
    // would compile it again.
    for (let before = mixed(hash) - 1; ; ) {
      const slot = (before + 1) & mask;
      before = slot;
      const number = (slots[slot] as number) - 1;
      if (number < 0) return slot;
      if (hashes[number] !== hash) continue;
      const start = starts[number] as number;
      if ((starts[number + 1] as number) - start !== to - from) continue;
      let same = from;
      while (same < to && keys[start + same - from] === bytes[same]) same++;
      if (same === to) return slot;
    }
  }

  #isNext(bytes: Uint8Array, from: number, to: number): boolean {
    const next = this.#next;
    if (next >= this.#tokens) return false;
    const start = this.#starts[next] as number;
    if ((this.#starts[next + 1] as number) - start !== to - from) return false;
    const keys = this.#keys;
    let same = from;
    while (same < to && keys[start + same - from] === bytes[same]) same++;
    return same === to;
  }

  /** Twice the room for tokens, and places. */
  #growTokens(): void {
    this.#starts = twice(this.#starts);
    this.#ids = twice(this.#ids);
    this.#hashes = twice(this.#hashes);
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#tokens; number++) {
      let slot = mixed(this.#hashes[number] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }

  #growKeys(needed: number): void {
    const larger = new Uint8Array(2 * needed);
    larger.set(this.#keys);
    this.#keys = larger;
  }
}

function twice(numbers: Int32Array): Int32Array {
  const larger = new Int32Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}

function mixed(hash: number): number {
  return hash ^ (hash >>> 15);
}
