/**
 * Byte strings → token ids, in flat arrays: no object and no string per word. Bounded: what does not fit is refused.
 */
export interface WordTableData {
  /** Position in `entries` divided by 5, plus 1; 0 is free. Length a power of two. */
  readonly slots: Int32Array;
  /** Per word: hash, start and length in `keys`, start and length in `ids`. */
  readonly entries: Int32Array;
  readonly keys: Uint8Array;
  readonly ids: Int32Array;
  /** Used: words, bytes of keys, ids. */
  readonly used: Int32Array;
}

export interface WordTableSize {
  readonly words: number;
  readonly keyBytes: number;
  readonly ids: number;
}

/** Memory for a table, shared between threads if `shared`. */
export function newWordTable({ words, keyBytes, ids }: WordTableSize, shared = false): WordTableData {
  const memory = (bytes: number) => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  const slots = 2 ** Math.ceil(Math.log2(Math.max(16, words * 2)));
  return {
    slots: new Int32Array(memory(4 * slots)),
    entries: new Int32Array(memory(20 * words)),
    keys: new Uint8Array(memory(keyBytes)),
    ids: new Int32Array(memory(4 * ids)),
    used: new Int32Array(memory(12)),
  };
}

export interface HashedWord {
  readonly start: number;
  readonly end: number;
  /** What `hashOf` gives for it. */
  readonly hash: number;
}

export class WordTable {
  readonly #data: WordTableData;
  readonly #mask: number;

  constructor(data: WordTableData) {
    this.#data = data;
    this.#mask = data.slots.length - 1;
  }

  get words(): number {
    return this.#data.used[0] as number;
  }

  get ids(): Int32Array {
    return this.#data.ids;
  }

  /** FNV-1a of the bytes. */
  hashOf(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5 | 0;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    return hash;
  }

  /** Position of the entry of the word `bytes[start, end)`, or -1. */
  find(bytes: Uint8Array, { start, end, hash }: HashedWord): number {
    const { slots, entries, keys } = this.#data;
    const length = end - start;
    // Steps before it looks, so that no part of the loop is new to V8 when two words first want the same place: it
    // would compile it again.
    for (let before = mixed(hash) - 1; ; ) {
      const slot = (before + 1) & this.#mask;
      before = slot;
      const entry = ((slots[slot] as number) - 1) * 5;
      if (entry < 0) return -1;
      if (entries[entry] !== hash || entries[entry + 2] !== length) continue;
      const key = entries[entry + 1] as number;
      let same = 0;
      while (same < length && keys[key + same] === bytes[start + same]) same++;
      if (same === length) return entry;
    }
  }

  idStart(entry: number): number {
    return this.#data.entries[entry + 3] as number;
  }

  idCount(entry: number): number {
    return this.#data.entries[entry + 4] as number;
  }

  /** Adds a word that is not there; false if there is no room. */
  add(key: Uint8Array, hash: number, ids: Int32Array): boolean {
    const { slots, entries, keys, ids: allIds, used } = this.#data;
    const words = used[0] as number;
    const keyStart = used[1] as number;
    const idStart = used[2] as number;
    if ((words + 1) * 5 > entries.length || keyStart + key.length > keys.length) return false;
    if (idStart + ids.length > allIds.length) return false;
    keys.set(key, keyStart);
    allIds.set(ids, idStart);
    const entry = words * 5;
    entries[entry] = hash;
    entries[entry + 1] = keyStart;
    entries[entry + 2] = key.length;
    entries[entry + 3] = idStart;
    entries[entry + 4] = ids.length;
    slots[this.#freeSlot(hash)] = words + 1;
    used[0] = words + 1;
    used[1] = keyStart + key.length;
    used[2] = idStart + ids.length;
    return true;
  }

  #freeSlot(hash: number): number {
    const { slots } = this.#data;
    for (let before = mixed(hash) - 1; ; ) {
      const slot = (before + 1) & this.#mask; // steps before it looks, as in `find`
      if (slots[slot] === 0) return slot;
      before = slot;
    }
  }

  clear(): void {
    this.#data.slots.fill(0);
    this.#data.used.fill(0);
  }
}

function mixed(hash: number): number {
  return hash ^ (hash >>> 15);
}
