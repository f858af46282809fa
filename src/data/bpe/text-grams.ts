import { byteCharacters } from "./tables/tokenizer-file.js";

/** Longest group of bytes that is remembered; longer tokens are judged by all their groups of this length. */
const longest = 5;
/** 2^20 bits for the groups: 64 KiB of text take a twentieth of them. */
const tableBits = 20;

/** Of each byte the UTF-8 of its letter: first byte, and 256 times the second if there are two. */
const letters = Uint16Array.from(byteCharacters(), (character) => {
  const [first = 0, second = 0] = new TextEncoder().encode(character);
  return first | (second << 8);
});

/**
 * Which tokens may stand in some texts: remembers every group of 2 to 5 neighboring bytes of the texts, written in
 * the letters of a byte-level vocabulary. A token that stands in a text has only such groups; the reverse is likely,
 * not sure.
 */
export class TextGrams {
  readonly #bits = new Uint8Array(1 << (tableBits - 3));
  /** The last four bytes, and the one before them. */
  #last = 0;
  #before = 0;

  add(text: string): void {
    const bytes = Buffer.from(text);
    for (let i = 0; i < bytes.length; i++) {
      const letter = letters[bytes[i] as number] as number;
      this.#push(letter & 0xff);
      if (letter > 0xff) this.#push(letter >> 8);
    }
  }

  /** Adds a token as the vocabulary has it, not in letters for its bytes. */
  addToken(token: string): void {
    const bytes = Buffer.from(token);
    for (let i = 0; i < bytes.length; i++) this.#push(bytes[i] as number);
  }

  #push(byte: number): void {
    this.#before = this.#last >>> 24;
    this.#last = (this.#last << 8) | byte;
    this.#mark(placeOf(this.#last & 0xffff, 2));
    this.#mark(placeOf(this.#last & 0xffffff, 3));
    this.#mark(placeOf(this.#last, 4));
    this.#mark(placeOf(this.#last, this.#before + longest));
  }

  #mark(place: number): void {
    this.#bits[place >> 3] = (this.#bits[place >> 3] as number) | (1 << (place & 7));
  }

  /** Whether the token `bytes[from, to)` may stand in one of the texts; true for a single byte. */
  mayHold(bytes: Uint8Array, from: number, to: number): boolean {
    let last = 0;
    let before = 0;
    for (let at = from; at < to; at++) {
      before = last >>> 24;
      last = (last << 8) | (bytes[at] as number);
      if (at - from + 1 >= longest && !this.#has(placeOf(last, before + longest))) return false;
    }
    const length = to - from;
    return length < 2 || length >= longest || this.#has(placeOf(last, length));
  }

  #has(place: number): boolean {
    return ((this.#bits[place >> 3] as number) & (1 << (place & 7))) !== 0;
  }
}

/** The place of the bit of up to four bytes and one number more. */
function placeOf(bytes: number, more: number): number {
  const mixed = Math.imul(bytes, 0x9e3779b1) ^ Math.imul(more, 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> (32 - tableBits);
}
