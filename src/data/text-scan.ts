import { isUtf8 } from "node:buffer";
import { createHash, type Hash } from "node:crypto";
import type { ClosingCounts } from "./wikitext.js";

export interface TextScan {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly closing: ClosingCounts;
}

// Bytes that matter: 1 to 5 are the closing characters, 6 is "/" (it may begin the odd pattern of rule 2, which adds a "]").
const kind = new Uint8Array(256);
for (const [index, character] of [...")]}\"'/"].entries()) kind[character.charCodeAt(0)] = index + 1;

/**
 * The first look at a UTF-8 text: its length, its fingerprint, whether it is UTF-8 at all, and how many closing characters it holds.
 * Feed it chunk by chunk.
 */
export class TextScanner {
  readonly #hash: Hash = createHash("sha256");
  readonly #counts = new Float64Array(8);
  #tail = new Uint8Array(0);
  #bytes = 0;
  /** How much of `/' 0/` the last bytes spelt. */
  #odd = 0;

  /** Takes the next chunk; gives the offset of the first byte that is not UTF-8, or undefined. */
  push(chunk: Uint8Array): number | undefined {
    this.#hash.update(chunk);
    const bad = this.#checkUtf8(chunk);
    this.#bytes += chunk.byteLength;
    for (const byte of chunk) if (kind[byte] !== 0 || this.#odd !== 0) this.#count(byte);
    return bad;
  }

  /** The result, or the offset of a character that the end of the text cuts. */
  finish(): TextScan | number {
    if (this.#tail.byteLength > 0) return this.#bytes - this.#tail.byteLength;
    const [, parenthesis = 0, bracket = 0, brace = 0, doubleQuote = 0, singleQuote = 0] = this.#counts;
    return {
      bytes: this.#bytes,
      sha256: this.#hash.digest("hex"),
      closing: { parenthesis, bracket, brace, doubleQuote, singleQuote },
    };
  }

  #count(byte: number): void {
    const index = kind[byte] as number;
    this.#counts[index] = (this.#counts[index] as number) + 1;
    if (this.#odd === 4 && byte === 0x2f) {
      this.#counts[2] = (this.#counts[2] as number) + 1;
      this.#odd = 0;
    } else if (byte === 0x2f) this.#odd = 1;
    else if (this.#odd === 1 && byte === 0x27) this.#odd = 2;
    else if (this.#odd === 2 && byte === 0x20) this.#odd = 3;
    else if (this.#odd === 3 && byte >= 0x30 && byte <= 0x39) this.#odd = 4;
    else this.#odd = 0;
  }

  #checkUtf8(chunk: Uint8Array): number | undefined {
    const data = this.#tail.byteLength === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    const start = this.#bytes - this.#tail.byteLength;
    const cut = data.byteLength - openCharacter(data);
    this.#tail = data.slice(cut);
    const whole = data.subarray(0, cut);
    return isUtf8(whole) ? undefined : start + firstBadByte(whole);
  }
}

/** Length of a character at the end of `data` that has begun but is not complete: 0 to 3. */
function openCharacter(data: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, data.byteLength); back++) {
    const byte = data[data.byteLength - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

/** Offset of the first byte that begins no valid character, by bisection with the fast check. */
function firstBadByte(data: Uint8Array): number {
  let good = 0;
  let bad = data.byteLength;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const end = middle - openCharacter(data.subarray(0, middle));
    if (isUtf8(data.subarray(0, end))) good = middle;
    else bad = middle;
  }
  return Math.max(0, good - openCharacter(data.subarray(0, good)));
}
