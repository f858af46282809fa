import { type JsonWalk, NotPlain } from "./json-walk.js";
import { UnsupportedPattern } from "./pattern-parser.js";
import type { Vocabulary } from "./vocabulary.js";

/** The merges in the order of their ranks, as ids: left, right and what becomes of them, three numbers each. */
export type MergeList = Int32Array;

const space = 0x20;
const quote = 0x22;

/** Reads the list of merges where `walk` stands: "left right" or ["left", "right"]. Throws NotPlain for anything unusual, such as an unknown token. */
export function readMerges(walk: JsonWalk, vocabulary: Vocabulary): MergeList {
  let merges = new Int32Array(3 * 4096);
  const joined = new Joined();
  let at = 0;
  walk.elements(() => {
    if (walk.next() === quote) {
      walk.text();
      joined.split(walk);
    } else {
      joined.clear();
      walk.elements(() => {
        walk.text();
        joined.append(walk);
      });
    }
    if (at === merges.length) {
      const larger = new Int32Array(2 * at);
      larger.set(merges);
      merges = larger;
    }
    joined.putIds(vocabulary, merges, at);
    at += 3;
  });
  return merges.subarray(0, at);
}

/** Both sides of a merge, back to back. */
class Joined {
  #bytes = new Uint8Array(256);
  #middle = 0;
  #length = 0;
  #parts = 0;

  clear(): void {
    this.#parts = 0;
    this.#length = 0;
  }

  append({ held, from, to }: JsonWalk): void {
    this.#parts++;
    this.#middle = this.#length;
    this.#put(held, from, to);
  }

  split({ held, from, to }: JsonWalk): void {
    let middle = from;
    while (middle < to && held[middle] !== space) middle++;
    this.clear();
    if (middle === to) throw new NotPlain("a merge without space");
    this.#parts = 2;
    this.#put(held, from, middle);
    this.#middle = this.#length;
    this.#put(held, middle + 1, to);
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

  putIds(vocabulary: Vocabulary, merges: Int32Array, at: number): void {
    if (this.#parts !== 2) throw new NotPlain("a merge that is no pair");
    const left = vocabulary.find(this.#bytes, 0, this.#middle);
    const right = vocabulary.find(this.#bytes, this.#middle, this.#length);
    const merged = vocabulary.findInOrder(this.#bytes, 0, this.#length);
    if (left < 0 || right < 0 || merged < 0) throw new NotPlain("a merge of tokens that the vocabulary does not have");
    merges[at] = left;
    merges[at + 1] = right;
    merges[at + 2] = merged;
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
