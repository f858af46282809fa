/** For every character a set of bits: bit i is set if the character belongs to class i. */
export interface ClassTable {
  /** The classes, as sources of regular expressions with the flag `v`. */
  readonly classes: readonly string[];
  /** Bits of the code points below 65,536; shared between threads. */
  readonly masks: Int32Array;
}

/** Bit 0 of every table: characters that must go to the native library. */
export const unknownBit = 1;
/** More classes than a 32-bit number has room for can't be told apart. */
export const mostClasses = 31;

const surrogates = { first: 0xd800, last: 0xdfff };

/** Finds out for every code point below 65,536 to which classes it belongs; about 10 ms. */
export function buildClassTable(classes: readonly string[]): ClassTable {
  const masks = new Int32Array(new SharedArrayBuffer(4 * 0x10000));
  const codes = Array.from({ length: 0x10000 }, (_, code) => code);
  const below = String.fromCharCode(...codes.slice(0, 0x8000), ...codes.slice(0x8000, surrogates.first));
  const above = String.fromCharCode(...codes.slice(surrogates.last + 1));
  for (const [index, source] of classes.entries()) {
    for (const [text, offset] of [
      [below, 0],
      [above, surrogates.last + 1],
    ] as const) {
      for (const { index: at, 0: run } of text.matchAll(new RegExp(`${source}+`, "gv")))
        mark(masks, { from: at + offset, to: at + offset + run.length }, 1 << index);
    }
  }
  return { classes, masks };
}

function mark(masks: Int32Array, { from, to }: { readonly from: number; readonly to: number }, bit: number): void {
  for (let i = from; i < to; i++) masks[i] = (masks[i] as number) | bit;
}

/** Looks up the classes of characters in UTF-8 text that is known to be valid. */
export class ClassReader {
  readonly masks: Int32Array;
  /** Bytes of the character that was looked at last. */
  width = 1;
  readonly #patterns: readonly RegExp[];
  readonly #astral = new Map<number, number>();

  constructor({ classes, masks }: ClassTable) {
    this.masks = masks;
    this.#patterns = classes.map((source) => new RegExp(`^${source}$`, "v"));
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
      return this.masks[((first & 31) << 6) | second] as number;
    }
    const third = (bytes[at + 2] as number) & 63;
    if (first < 0xf0) {
      this.width = 3;
      return this.masks[((first & 15) << 12) | (second << 6) | third] as number;
    }
    this.width = 4;
    return this.#above(((first & 7) << 18) | (second << 12) | (third << 6) | ((bytes[at + 3] as number) & 63));
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
