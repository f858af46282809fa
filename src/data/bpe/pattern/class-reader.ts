/** Bit 0 of every table: characters that must go to the native library. */
export const unknownBit = 1;
/** More classes than a 32-bit number has room for can't be told apart. */
export const mostClasses = 31;

const blockBits = 8;
const blockSize = 1 << blockBits;

/**
 * Looks up the classes of characters in UTF-8 text that is known to be valid: a set of bits, bit i for class i.
 * Classes are sources of regular expressions with the flag `v`. What they say about the code points below 65,536 is
 * found out for 256 at a time, when the first of them comes.
 */
export class ClassReader {
  /** Bits of the code points below 65,536; those of ASCII are there from the start. */
  readonly masks = new Int32Array(0x10000);
  /** Bytes of the character that was looked at last. */
  width = 1;
  readonly #known = new Uint8Array(0x10000 / blockSize);
  readonly #patterns: readonly RegExp[];
  readonly #runs: readonly RegExp[];
  readonly #astral = new Map<number, number>();

  constructor(classes: readonly string[]) {
    this.#patterns = classes.map((source) => new RegExp(`^${source}$`, "v"));
    this.#runs = classes.map((source) => new RegExp(`${source}+`, "gv"));
    this.#fill(0);
  }

  /** The bits of the character that begins at `at`; sets `width`. */
  at(bytes: Uint8Array, at: number): number {
    const first = bytes[at] as number;
    if (first < 0x80) {
      this.width = 1;
      return this.masks[first] as number;
    }
    const second = (bytes[at + 1] as number) & 63;
    if (first < 0xe0) {
      this.width = 2;
      return this.#below(((first & 31) << 6) | second);
    }
    const third = (bytes[at + 2] as number) & 63;
    if (first < 0xf0) {
      this.width = 3;
      return this.#below(((first & 15) << 12) | (second << 6) | third);
    }
    this.width = 4;
    return this.#above(((first & 7) << 18) | (second << 12) | (third << 6) | ((bytes[at + 3] as number) & 63));
  }

  #below(code: number): number {
    if (this.#known[code >> blockBits] === 0) this.#fill(code >> blockBits);
    return this.masks[code] as number;
  }

  /** Valid text has no surrogates: a block of them is never asked for. */
  #fill(block: number): void {
    this.#known[block] = 1;
    const start = block * blockSize;
    const text = String.fromCharCode(...Array.from({ length: blockSize }, (_, i) => start + i));
    for (const [index, runs] of this.#runs.entries())
      for (const { index: at, 0: run } of text.matchAll(runs))
        for (let i = start + at; i < start + at + run.length; i++)
          this.masks[i] = (this.masks[i] as number) | (1 << index);
  }

  #above(code: number): number {
    const known = this.#astral.get(code);
    if (known !== undefined) return known;
    const character = String.fromCodePoint(code);
    let mask = 0;
    for (const [index, pattern] of this.#patterns.entries()) if (pattern.test(character)) mask |= 1 << index;
    if (this.#astral.size >= 0x10000) this.#astral.clear();
    this.#astral.set(code, mask);
    return mask;
  }
}
