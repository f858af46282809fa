/** Byte strings → token ids, in flat arrays: no object and no string per word. Bounded: what does not fit is refused. */
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

export class WordTable {
  readonly #data: WordTableData;
  readonly #mask: number;
  #hash = 0;

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

  /** Position of the word's entry, or -1; remembers the hash for `add`. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const { slots, entries, keys } = this.#data;
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    hash ^= hash >>> 15;
    this.#hash = hash;
    const length = end - start;
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
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

  /** Adds the word that `find` has just not found; false if there is no room. */
  add(key: Uint8Array, ids: Int32Array): boolean {
    const { ids: allIds, used } = this.#data;
    const count = used[2] as number;
    if (count + ids.length > allIds.length || !this.#enter(key, { from: 0, to: key.length }, ids.length)) return false;
    allIds.set(ids, count);
    return true;
  }

  #enter(bytes: Uint8Array, { from, to }: { readonly from: number; readonly to: number }, idCount: number): boolean {
    const { slots, entries, keys, used } = this.#data;
    const words = used[0] as number;
    const keyStart = used[1] as number;
    const at = 5 * words;
    if (at + 5 > entries.length || keyStart + to - from > keys.length) return false;
    for (let i = from; i < to; i++) keys[keyStart + i - from] = bytes[i] as number;
    entries[at] = this.#hash;
    entries[at + 1] = keyStart;
    entries[at + 2] = to - from;
    entries[at + 3] = used[2] as number;
    entries[at + 4] = idCount;
    let slot = this.#hash & this.#mask;
    while (slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    slots[slot] = words + 1;
    used[0] = words + 1;
    used[1] = keyStart + to - from;
    used[2] = (used[2] as number) + idCount;
    return true;
  }

  clear(): void {
    this.#data.slots.fill(0);
    this.#data.used.fill(0);
  }
}
