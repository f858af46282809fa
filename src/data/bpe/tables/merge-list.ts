import { UnsupportedPattern } from "../pattern/parser.js";
import { comma, type JsonWalk, NotPlain, quote } from "./json-walk.js";
import type { Vocabulary } from "./vocabulary.js";

/** The merges in the order of their ranks, as ids: left, right, and what becomes of them, three numbers each. */
export type MergeList = Int32Array;

const space = 0x20;

/**
 * Reads the list of merges where `walk` stands: "left right" or ["left", "right"]. Throws NotPlain for anything
 * unusual, such as an unknown token.
 */
export function readMerges(walk: JsonWalk, vocabulary: Vocabulary): MergeList {
  const merges = new GrowingList();
  const joined = new Joined(vocabulary);
  walk.elements(
    () => {
      if (walk.next() === quote) {
        walk.text();
        joined.split(walk.held, walk.from, walk.to);
      } else {
        joined.clear();
        walk.elements(() => {
          walk.text();
          joined.append(walk);
        });
      }
      joined.putIds(merges);
    },
    () => {
      while (readPlainMerge(walk, joined, merges));
    },
  );
  return merges.numbers.subarray(0, merges.length);
}

class GrowingList {
  numbers = new Int32Array(3 * 16);
  length = 0;

  push(one: number, two: number, three: number): void {
    if (this.length === this.numbers.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.length++] = one;
    this.numbers[this.length++] = two;
    this.numbers[this.length++] = three;
  }
}

/**
 * Reads one merge that is written in the plainest way: "left right" without escapes and with a comma after it. False
 * for any other: then `walk` stands before it.
 */
function readPlainMerge(walk: JsonWalk, joined: Joined, merges: GrowingList): boolean {
  const { bytes } = walk;
  const from = walk.skipSpace(walk.at) + 1;
  const to = walk.plainEnd(from - 1);
  if (to < 0) return false;
  const at = walk.skipSpace(to + 1);
  if (bytes[at] !== comma) return false;
  joined.split(bytes, from, to);
  joined.putIds(merges);
  walk.at = at + 1;
  return true;
}

/** Both sides of a merge, back to back. */
class Joined {
  readonly #vocabulary: Vocabulary;
  #bytes = new Uint8Array(256);
  #middle = 0;
  #length = 0;
  #parts = 0;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  clear(): void {
    this.#parts = 0;
    this.#length = 0;
  }

  append({ held, from, to }: JsonWalk): void {
    this.#parts++;
    this.#middle = this.#length;
    this.#put(held, from, to);
  }

  /** Takes "left right" from `bytes[from, to)`. */
  split(bytes: Uint8Array, from: number, to: number): void {
    let middle = from;
    while (middle < to && bytes[middle] !== space) middle++;
    this.clear();
    if (middle === to) throw new NotPlain("a merge without space");
    this.#parts = 2;
    this.#put(bytes, from, middle);
    this.#middle = this.#length;
    this.#put(bytes, middle + 1, to);
  }

  #put(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#length + to - from;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    for (let i = from; i < to; i++) this.#bytes[this.#length + i - from] = bytes[i] as number;
    this.#length = length;
  }

  putIds(merges: GrowingList): void {
    if (this.#parts !== 2) throw new NotPlain("a merge that is no pair");
    const vocabulary = this.#vocabulary;
    const left = vocabulary.find(this.#bytes, 0, this.#middle);
    const right = vocabulary.find(this.#bytes, this.#middle, this.#length);
    const merged = vocabulary.findInOrder(this.#bytes, 0, this.#length);
    if (left < 0 || right < 0 || merged < 0) throw new NotPlain("a merge of tokens that the vocabulary does not have");
    merges.push(left, right, merged);
  }
}

/** The same of a parsed list. Throws UnsupportedPattern if the vocabulary lacks a token. */
export function mergesOf(list: readonly (string | readonly string[])[], vocabulary: Vocabulary): MergeList {
  const merges = new Int32Array(3 * list.length);
  for (const [i, merge] of list.entries()) {
    const middle = typeof merge === "string" ? merge.indexOf(" ") : 0;
    const left = typeof merge === "string" ? merge.slice(0, middle) : (merge[0] ?? "");
    const right = typeof merge === "string" ? merge.slice(middle + 1) : (merge[1] ?? "");
    merges.set(
      [left, right, left + right].map((token) => idOf(vocabulary, token)),
      3 * i,
    );
  }
  return merges;
}

export function idOf(vocabulary: Vocabulary, token: string): number {
  const id = vocabulary.idOf(token);
  if (id === undefined) throw new UnsupportedPattern(`a vocabulary without ${JSON.stringify(token)}`);
  return id;
}
