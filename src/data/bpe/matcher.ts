import type { ClassReader } from "./class-table.js";
import { type Alternatives, type PatternItem, UnsupportedPattern } from "./pattern-parser.js";

/** A pattern made ready for matching: each step knows what follows it. One shape for all kinds, which keeps the loops fast. */
export interface Step {
  readonly kind: number;
  /** The class of a repetition or a look-ahead. */
  readonly bit: number;
  readonly min: number;
  readonly max: number;
  readonly next: Step | undefined;
  /** Alternatives in their order; `firsts` holds for each the bits of the classes that it can begin with. */
  readonly options: readonly Step[];
  readonly firsts: readonly number[];
}

export const end = 0;
export const repeat = 1;
export const choice = 2;
export const look = 3;
export const lookNot = 4;

const endStep: Step = { kind: end, bit: 0, min: 0, max: 0, next: undefined, options: [], firsts: [] };

/** Links the parts of a pattern. Throws UnsupportedPattern for repeated groups and for patterns that match the empty text. */
export function linkPattern(pattern: Alternatives): Step {
  const root = linkOptions(pattern, endStep);
  if (shortest(root) === 0) throw new UnsupportedPattern("a pattern that matches nothing");
  return root;
}

function linkOptions(pattern: Alternatives, next: Step, more: readonly Step[] = []): Step {
  const options = [
    ...pattern.map((items) => items.reduceRight<Step>((after, item) => linkItem(item, after), next)),
    ...more,
  ];
  return { ...endStep, kind: choice, options, firsts: options.map(firstBits) };
}

function linkItem({ atom, min, max }: PatternItem, next: Step): Step {
  if (atom.kind === "class") return { ...endStep, kind: repeat, bit: atom.bit, min, max, next };
  if (max !== 1) throw new UnsupportedPattern("a repeated group");
  if (atom.kind === "group") return linkOptions(atom.options, next, min === 0 ? [next] : []);
  if (min !== 1) throw new UnsupportedPattern("an optional look-ahead");
  return { ...endStep, kind: atom.negative ? lookNot : look, bit: atom.bit, next };
}

/** The bits of the classes of which the next character must have one; all bits if anything may come. */
export function firstBits(step: Step): number {
  if (step.kind === choice) return step.options.reduce((bits, option) => bits | firstBits(option), 0);
  if (step.kind !== repeat) return -1;
  return step.min > 0 ? step.bit : step.bit | firstBits(step.next as Step);
}

function shortest(step: Step): number {
  if (step.kind === end) return 0;
  if (step.kind === choice) return Math.min(...step.options.map(shortest));
  return (step.kind === repeat ? step.min : 0) + shortest(step.next as Step);
}

/** Matches patterns against UTF-8 bytes: alternatives in their order, repetitions as long as possible, going back where need be. */
export class Matcher {
  readonly #reader: ClassReader;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;

  constructor(reader: ClassReader) {
    this.#reader = reader;
  }

  /** What lies outside of `end` does not exist for the patterns. */
  setText(bytes: Uint8Array, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
  }

  /** End of the match that begins at `at`, or -1. */
  match(step: Step, at: number): number {
    switch (step.kind) {
      case end:
        return at;
      case repeat:
        return this.#repeat(step, at);
      case choice:
        return this.#choose(step, at);
      default: {
        const found = at < this.#end && (this.#reader.at(this.#bytes, at) & step.bit) !== 0;
        return found === (step.kind === look) ? this.match(step.next as Step, at) : -1;
      }
    }
  }

  #choose({ options, firsts }: Step, at: number): number {
    const bits = at < this.#end ? this.#reader.at(this.#bytes, at) : 0;
    for (let i = 0; i < options.length; i++) {
      const first = firsts[i] as number;
      if (first !== -1 && (first & bits) === 0) continue;
      const found = this.match(options[i] as Step, at);
      if (found >= 0) return found;
    }
    return -1;
  }

  #repeat({ bit, min, max, next }: Step, start: number): number {
    const reader = this.#reader;
    const masks = reader.masks;
    const bytes = this.#bytes;
    const limit = this.#end;
    let at = start;
    let count = 0;
    while (count < max && at < limit) {
      const byte = bytes[at] as number;
      if (byte < 0x80) {
        if (((masks[byte] as number) & bit) === 0) break;
        at++;
      } else {
        if ((reader.at(bytes, at) & bit) === 0) break;
        at += reader.width;
      }
      count++;
    }
    if (count < min) return -1;
    if ((next as Step).kind === end) return at;
    for (; ; count--) {
      const found = this.match(next as Step, at);
      if (found >= 0) return found;
      if (count === min) return -1;
      do at--;
      while (((bytes[at] as number) & 0xc0) === 0x80);
    }
  }
}
