import { spaceBefore } from "./byte-space.js";
import { PlainLineEnds, plainSeparator } from "./separators.js";
import { closes, opens, type PairState, PairWalker, startOfText } from "./wikitext-pairs.js";

/** Where a text may be cut so that both parts can be worked on by themselves. */
export interface TextCut {
  /** In bytes of the text (of the decompressed text). */
  readonly offset: number;
  /** Only for WikiText. */
  readonly state?: PairState;
}

/**
 * Looks for cuts while a text is read for the first time; can go on from its last cut, since at a cut nothing before
 * it matters. The stretches between them are `stretchBytes` long or a little more.
 */
export interface CutFinder {
  push(block: Buffer): void;
  /** The beginnings of all stretches after the first. */
  readonly cuts: readonly TextCut[];
  /** Closing brackets of each kind; only for WikiText. */
  readonly totals?: readonly number[];
}

/** Cuts after newlines: for formats where every line stands by itself. */
export class LineCuts implements CutFinder {
  readonly cuts: TextCut[];
  readonly #stretchBytes: number;
  #base: number;
  #next: number;

  /** `known`: cuts that have been found; the text that comes begins at the last one. */
  constructor(stretchBytes: number, known: readonly TextCut[] = []) {
    this.cuts = [...known];
    this.#stretchBytes = stretchBytes;
    this.#base = known.at(-1)?.offset ?? 0;
    this.#next = this.#base + stretchBytes;
  }

  push(block: Buffer): void {
    for (let from = Math.max(0, this.#next - 1 - this.#base); from < block.length; ) {
      const found = block.indexOf(10, from);
      if (found < 0) break;
      this.cuts.push({ offset: this.#base + found + 1 });
      this.#next = this.#base + found + 1 + this.#stretchBytes;
      from = this.#next - 1 - this.#base;
    }
    this.#base += block.length;
  }
}

/** Cuts after separators that overlap no other occurrence of themselves; line ends in both may be of any kind. */
export class SeparatorCuts implements CutFinder {
  readonly cuts: TextCut[];
  readonly #separator: Buffer;
  readonly #lineEnds: PlainLineEnds;
  readonly #stretchBytes: number;
  #tail = Buffer.alloc(0);
  #base: number;
  #next: number;
  /** Where the occurrence before began; occurrences that overlap it can't be cut at. */
  #last: number;

  /** `known`: cuts that have been found; the text that comes begins at the last one. */
  constructor(separator: string, stretchBytes: number, known: readonly TextCut[] = []) {
    this.cuts = [...known];
    this.#separator = plainSeparator(separator);
    this.#lineEnds = new PlainLineEnds(known.at(-1)?.offset ?? 0);
    this.#stretchBytes = stretchBytes;
    this.#base = known.at(-1)?.offset ?? 0;
    this.#next = this.#base + stretchBytes;
    this.#last = this.#base - this.#separator.length;
  }

  push(source: Buffer): void {
    const size = this.#separator.length;
    const block = this.#separator.includes(10) ? this.#lineEnds.push(source) : source;
    const data = this.#tail.length === 0 ? block : Buffer.concat([this.#tail, block]);
    const limit = data.length - 2 * size; // what comes after an occurrence must be seen, too
    let at = Math.max(0, this.#next - 2 * size - this.#base);
    for (
      let found = data.indexOf(this.#separator, at);
      found >= 0 && found <= limit;
      found = data.indexOf(this.#separator, at)
    ) {
      const start = this.#base + found;
      const apart = this.#last < 0 || start - this.#last >= size;
      const after = data.indexOf(this.#separator, found + 1);
      if (apart && (after < 0 || after - found >= size) && start + size >= this.#next) {
        this.cuts.push({ offset: this.#lineEnds.sourceOf(start + size) });
        this.#next = start + size + this.#stretchBytes;
      }
      this.#last = start;
      at = found + 1;
    }
    const keep = Math.min(data.length, 3 * size);
    this.#base += data.length - keep;
    this.#tail = Buffer.from(data.subarray(data.length - keep));
  }
}

const special = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) special[byte] = opens[byte] || closes[byte] || byte === 0x2f ? 1 : 0;
const safeBefore = new Uint8Array(256).fill(1, 0x80);
const safeAfter = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789=") {
  safeBefore[character.charCodeAt(0)] = 1;
  safeAfter[character.charCodeAt(0)] = character === "N" ? 0 : 1; // " N " is a number to the cleaning rules
}
for (const character of ".!?;:,>*-") safeBefore[character.charCodeAt(0)] = 1;
// First bytes of letters that no rule looks at: Latin-1, Cyrillic, Han, Hangul, characters above U+FFFF.
for (const byte of [0xc3, 0xd0, 0xd1, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xf0]) safeAfter[byte] = 1;
const everything = [0, 0, 0, 0, 0].map(() => Number.POSITIVE_INFINITY);

/**
 * Cuts WikiText where a new piece begins and no cleaning rule reaches across: between a letter or full stop and a
 * letter, with newlines between them that leave an even number of newlines and no space. Counts brackets on the way,
 * so that each part knows its `PairState`.
 */
export class WikitextCuts implements CutFinder {
  readonly cuts: TextCut[];
  readonly #stretchBytes: number;
  readonly #walker: PairWalker;
  readonly #seen: number[];
  #inside: number;
  /** Offset of the next block. */
  #base: number;
  #next: number;
  /** How much of `/' 0/` the last bytes spelled. */
  #odd = 0;
  /** The last three bytes before the whitespace. */
  readonly #before = new Uint8Array(3);
  #newlines = 0;
  #spaces = 0;
  #tooWide = true;
  #afterReturn = false;

  /** `known`: cuts that have been found; the text that comes begins at the last one. */
  constructor(stretchBytes: number, known: readonly TextCut[] = []) {
    const { offset, state = startOfText } = known.at(-1) ?? { offset: 0 };
    this.cuts = [...known];
    this.#stretchBytes = stretchBytes;
    this.#walker = new PairWalker(state, everything);
    this.#seen = [...state.seen];
    this.#inside = state.inside;
    this.#base = offset;
    this.#next = offset + stretchBytes;
  }

  get totals(): readonly number[] {
    return this.#seen;
  }

  push(block: Buffer): void {
    for (let i = 0; i < block.length; i++) {
      const plainUntil = Math.min(block.length, this.#next - this.#base);
      for (; i < plainUntil; i++) {
        const byte = block[i] as number;
        if (special[byte] !== 0 || this.#odd !== 0) this.#count(byte);
      }
      if (i >= block.length) break;
      if (this.#base + i === this.#next) this.#forget();
      const byte = block[i] as number;
      this.#seek(byte, this.#base + i);
      if (special[byte] !== 0 || this.#odd !== 0) this.#count(byte);
    }
    this.#base += block.length;
  }

  #count(byte: number): void {
    if (opens[byte] !== 0 || closes[byte] !== 0) this.#pair(byte);
    if (byte === 0x2f && this.#odd === 4) {
      for (const written of [0x5b, 0x5d]) this.#pair(written); // rule 2 writes "[0-9]"
      this.#odd = 0;
    } else if (byte === 0x2f) this.#odd = 1;
    else if (this.#odd === 1 && byte === 0x27) this.#odd = 2;
    else if (this.#odd === 2 && byte === 0x20) this.#odd = 3;
    else if (this.#odd === 3 && byte >= 0x30 && byte <= 0x39) this.#odd = 4;
    else this.#odd = 0;
  }

  #pair(byte: number): void {
    const kind = ((closes[byte] || opens[byte]) as number) - 1;
    const step = this.#walker.step(byte);
    if (step === "open") this.#inside |= 1 << kind;
    if (step === "close") this.#inside &= ~(1 << kind);
    if (closes[byte] !== 0) this.#seen[kind] = (this.#seen[kind] as number) + 1;
  }

  /** Until now the bytes were not followed, so that whitespace met first has an unknown beginning. */
  #forget(): void {
    this.#newlines = 0;
    this.#spaces = 0;
    this.#tooWide = true;
    this.#afterReturn = false;
    this.#before.fill(0);
  }

  /** Follows newlines and spaces; cuts in front of the first byte after them if that is a good place. */
  #seek(byte: number, offset: number): void {
    if (byte === 0x20) {
      this.#spaces++;
      this.#afterReturn = false;
    } else if (byte === 10 || byte === 13) {
      if (!(byte === 10 && this.#afterReturn)) this.#line();
      this.#afterReturn = byte === 13;
    } else this.#letter(byte, offset);
  }

  #line(): void {
    if (this.#spaces > (this.#newlines === 0 ? 1 : 2)) this.#tooWide = true;
    this.#newlines++;
    this.#spaces = 0;
  }

  #letter(byte: number, offset: number): void {
    const lines = this.#newlines;
    if (lines >= 2 && lines % 2 === 0 && this.#spaces <= 1 && !this.#tooWide && safeAfter[byte] !== 0)
      this.#cut(offset);
    this.#before.copyWithin(0, 1);
    this.#before[2] = byte;
    this.#newlines = 0;
    this.#spaces = 0;
    this.#tooWide = false;
    this.#afterReturn = false;
  }

  #cut(offset: number): void {
    const [first = 0, , last = 0] = this.#before;
    // A character of several bytes may be whitespace to Python; one whose beginning was not followed can't be known.
    if (safeBefore[last] === 0 || (last >= 0x80 && first === 0) || spaceBefore(this.#before, 3, 0) > 0) return;
    this.cuts.push({ offset, state: { inside: this.#inside, seen: [...this.#seen] } });
    this.#next = offset + this.#stretchBytes;
  }
}
