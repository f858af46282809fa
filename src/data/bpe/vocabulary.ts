import { type JsonWalk, NotPlain } from "./json-walk.js";

/** Numbers per place of the table: hash, start and length of the key, id + 1 (0: the place is free). */
const place = 4;
const placeShift = 2;

/** Tokens (as UTF-8) and their ids in flat arrays: made in a fraction of the time that an object with as many keys takes. */
export class Vocabulary {
  #places: Int32Array;
  /** All tokens back to back, in the order in which they were added; where each begins; its id. */
  #keys: Uint8Array;
  #starts: Int32Array;
  #ids: Int32Array;
  #tokens = 0;
  #size = 0;
  #next = 0;

  /** `expected`: how many tokens there may be; it grows as need be. */
  constructor(expected = 2048) {
    const room = 2 ** Math.ceil(Math.log2(Math.max(2, expected)));
    this.#places = new Int32Array(2 * place * room);
    this.#keys = new Uint8Array(8 * room);
    this.#starts = new Int32Array(room);
    this.#ids = new Int32Array(room);
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
    return (this.#places[this.#placeOf(bytes, { from, to, hash: hashOf(bytes, from, to) }) + 3] as number) - 1;
  }

  /**
   * The same for somebody who asks for the tokens about in the order in which they were added: the one after the last one that was found so
   * is looked at first.
   */
  findInOrder(bytes: Uint8Array, from: number, to: number): number {
    const next = this.#next;
    if (next < this.#tokens && this.#isKey(next, bytes, { from, to })) return this.#ids[this.#next++] as number;
    const at = this.#placeOf(bytes, { from, to, hash: hashOf(bytes, from, to) });
    if (this.#places[at + 3] === 0) return -1;
    this.#next = this.#numberAt(this.#places[at + 1] as number) + 1;
    return (this.#places[at + 3] as number) - 1;
  }

  /** False if the token is there already. */
  add(bytes: Uint8Array, { from, to }: { readonly from: number; readonly to: number }, id: number): boolean {
    const length = to - from;
    const start = this.#starts[this.#tokens] as number;
    if (this.#tokens + 1 >= this.#starts.length) this.#growTokens();
    if (start + length > this.#keys.length) this.#growKeys(start + length);
    const hash = hashOf(bytes, from, to);
    const at = this.#placeOf(bytes, { from, to, hash });
    if (this.#places[at + 3] !== 0) return false;
    this.#places[at] = hash;
    this.#places[at + 1] = start;
    this.#places[at + 2] = length;
    this.#places[at + 3] = id + 1;
    for (let i = 0; i < length; i++) this.#keys[start + i] = bytes[from + i] as number;
    this.#ids[this.#tokens++] = id;
    this.#starts[this.#tokens] = start + length;
    if (id >= this.#size) this.#size = id + 1;
    return true;
  }

  /** All tokens in the order in which they were added. */
  *entries(): Generator<readonly [token: string, id: number]> {
    const keys = Buffer.from(this.#keys.buffer);
    for (let i = 0; i < this.#tokens; i++)
      yield [keys.toString("utf8", this.#starts[i], this.#starts[i + 1]), this.#ids[i] as number];
  }

  #placeOf(bytes: Uint8Array, key: { readonly from: number; readonly to: number; readonly hash: number }): number {
    const { from, to, hash } = key;
    const places = this.#places;
    const keys = this.#keys;
    const length = to - from;
    const mask = places.length - 1;
    // Steps before it looks, so that no part of the loop is new to V8 when two tokens first want the same place: it would compile it again.
    for (let before = (hash << placeShift) - place; ; ) {
      const at = (before + place) & mask;
      before = at;
      if (places[at + 3] === 0) return at;
      if (places[at] !== hash || places[at + 2] !== length) continue;
      const start = places[at + 1] as number;
      let same = 0;
      while (same < length && keys[start + same] === bytes[from + same]) same++;
      if (same === length) return at;
    }
  }

  #isKey(number: number, bytes: Uint8Array, { from, to }: { readonly from: number; readonly to: number }): boolean {
    const start = this.#starts[number] as number;
    const length = to - from;
    if ((this.#starts[number + 1] as number) - start !== length) return false;
    let same = 0;
    while (same < length && this.#keys[start + same] === bytes[from + same]) same++;
    return same === length;
  }

  /** The number of the token that begins at `start` (a token of no bytes begins where the next one does: then any of both). */
  #numberAt(start: number): number {
    let [low, high] = [0, this.#tokens - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= start) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Twice the room for tokens, and places: at most half of them are taken. */
  #growTokens(): void {
    const [starts, ids] = [this.#starts, this.#ids];
    this.#starts = new Int32Array(2 * starts.length);
    this.#starts.set(starts);
    this.#ids = new Int32Array(2 * ids.length);
    this.#ids.set(ids);
    const old = this.#places;
    this.#places = new Int32Array(2 * old.length);
    const mask = this.#places.length - 1;
    for (let from = 0; from < old.length; from += place) {
      if (old[from + 3] === 0) continue;
      let to = ((old[from] as number) << placeShift) & mask;
      while (this.#places[to + 3] !== 0) to = (to + place) & mask;
      for (let i = 0; i < place; i++) this.#places[to + i] = old[from + i] as number;
    }
  }

  #growKeys(needed: number): void {
    const larger = new Uint8Array(2 * needed);
    larger.set(this.#keys);
    this.#keys = larger;
  }
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** Of a tokenizer.json, merges included: about 30 if it is compact, 60 if it is indented. */
const bytesPerToken = 64;

/** Reads the object token → id where `walk` stands. Throws NotPlain for anything unusual, such as a token that comes twice. */
export function readVocabulary(walk: JsonWalk): Vocabulary {
  const vocabulary = new Vocabulary(walk.bytes.length / bytesPerToken);
  walk.members(() => {
    if (!vocabulary.add(walk.held, { from: walk.from, to: walk.to }, walk.number()))
      throw new NotPlain("a token that comes twice");
  });
  return vocabulary;
}

/** The same of an object; undefined if an id is no whole number below 2^31 − 1 or a token no Unicode text. */
export function vocabularyOf(object: Readonly<Record<string, unknown>>): Vocabulary | undefined {
  const vocabulary = new Vocabulary();
  for (const [token, id] of Object.entries(object)) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= 0x7fffffff) return undefined;
    const key = new TextEncoder().encode(token);
    if (!vocabulary.add(key, { from: 0, to: key.length }, id)) return undefined;
  }
  return vocabulary;
}
