import type { ClassReader } from "../../src/data/bpe/pattern/class-reader.js";
import { choice, end, look, repeat, type Step } from "../../src/data/bpe/pattern/steps.js";

/**
 * Matches patterns against UTF-8 bytes as regular expressions are usually matched: alternatives in their order,
 * repetitions as long as possible, going back where need be. What `Automaton` is held against.
 */
export class BacktrackingMatcher {
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

  #choose({ options }: Step, at: number): number {
    for (const option of options) {
      const found = this.match(option, at);
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
