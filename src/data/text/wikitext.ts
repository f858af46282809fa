import { skipSpace, spaceBefore } from "./byte-space.js";
import { closes, opens, type PairState, PairWalker } from "./wikitext-pairs.js";

/** What a part of a text must know of the rest. */
export interface WikitextPlace {
  readonly state: PairState;
  /** Closing brackets of each kind in the whole text. */
  readonly totals: readonly number[];
}

const [newline, space, quote, at, equals, letterN, letterS] = [10, 32, 39, 64, 61, 78, 115];
const punctuation = new Uint8Array(256);
for (const character of ":;.!?,") punctuation[character.charCodeAt(0)] = 1;
const bracket = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) bracket[byte] = (opens[byte] || closes[byte] ? 1 : 0) as number;

/**
 * The 24 rules that turn WikiText's raw tokens back into prose, in their order, as MindFormers' `wikitext_clean`
 * applies them to a whole file (mindformers/dataset/dataloader/datareaders.py). `text` is valid UTF-8, a whole text
 * or a part that `WikitextCuts` cut out; it is overwritten. Every rule is one pass over the bytes.
 */
export function cleanWikitext(text: Buffer, place: WikitextPlace): Buffer {
  let result = text;
  for (const pass of [universalNewlines, possessives, oddPattern]) result = pass(result);
  for (const mark of "-,.") result = numberMark(result, mark.charCodeAt(0));
  result = spacedPunctuation(result);
  result = insidePairs(result, new PairWalker(place.state, place.totals));
  for (const pass of [headings, degrees, lineEnds, lettersN, genitives]) result = pass(result);
  return result;
}

/** `\r\n` and `\r` become `\n`, as in files that Python opens in text mode. */
export function universalNewlines(text: Buffer): Buffer {
  if (text.indexOf(13) < 0) return text;
  let out = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    if (byte === newline && text[i - 1] === 13) continue;
    text[out++] = byte;
  }
  // A "\r" at out - 1 may already have overwritten what stood there, so that they are turned only now.
  const result = text.subarray(0, out);
  for (let i = result.indexOf(13); i >= 0; i = result.indexOf(13, i + 1)) result[i] = newline;
  return result;
}

/** Leaves out the bytes at the given positions (ascending). */
function without(text: Buffer, positions: readonly number[]): Buffer {
  if (positions.length === 0) return text;
  let out = positions[0] as number;
  for (const [i, position] of positions.entries()) {
    const end = positions[i + 1] ?? text.length;
    text.copyWithin(out, position + 1, end);
    out += end - position - 1;
  }
  return text.subarray(0, out);
}

/** `s '` → `s'`. */
function possessives(text: Buffer): Buffer {
  const drop: number[] = [];
  for (let i = text.indexOf(quote); i >= 0; i = text.indexOf(quote, i + 1))
    if (text[i - 1] === space && text[i - 2] === letterS) drop.push(i - 1);
  return without(text, drop);
}

/** The reference writes a regular expression as the replacement of `/' [0-9]/`; so do we, to the letter. */
function oddPattern(text: Buffer): Buffer {
  if (text.indexOf("/' ") < 0) return text;
  return Buffer.from(text.toString("latin1").replace(/\/' [0-9]\//g, "/'[0-9]/"), "latin1");
}

/** ` @-@ ` → `-`. */
function numberMark(text: Buffer, mark: number): Buffer {
  const drop: number[] = [];
  let free = 0;
  for (let i = text.indexOf(at); i >= 0; i = text.indexOf(at, i + 1)) {
    const matches = text[i + 1] === mark && text[i + 2] === at && text[i + 3] === space && text[i - 1] === space;
    if (!matches || i - 1 < free) continue;
    drop.push(i - 1, i, i + 2, i + 3);
    free = i + 4;
  }
  return without(text, drop);
}

/** ` : ` → `: ` and so on, one character after the other. */
function spacedPunctuation(text: Buffer): Buffer {
  let out = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    if (
      punctuation[byte] === 0 ||
      text[i + 1] !== space ||
      out === 0 ||
      text[out - 1] !== space ||
      text[i - 1] !== space
    ) {
      text[out++] = byte;
      continue;
    }
    let end = i + 2;
    while (punctuation[text[end] ?? 0] === 1 && text[end + 1] === space) end += 2;
    out--;
    if (end === i + 2) {
      text[out++] = byte;
      text[out++] = space;
    } else {
      let run = ` ${text.toString("latin1", i, end)}`;
      for (const mark of ":;.!?,") run = run.replaceAll(` ${mark} `, `${mark} `);
      out += text.write(run, out, "latin1");
    }
    i = end - 1;
  }
  return text.subarray(0, out);
}

/** Rules 12 to 16: whitespace just inside a pair goes away. */
function insidePairs(text: Buffer, walker: PairWalker): Buffer {
  let out = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] as number;
    if (bracket[byte] === 0) {
      text[out++] = byte;
      continue;
    }
    const part = walker.step(byte);
    if (part === "close") for (let width = 1; width > 0; out -= width) width = spaceBefore(text, out, 0);
    text[out++] = byte;
    if (part === "open") i = skipSpace(text, i + 1, text.length) - 1;
  }
  return text.subarray(0, out);
}

/** `= = = =` → `====`, then three, then two. */
function headings(text: Buffer): Buffer {
  let out = 0;
  let from = 0;
  for (let i = spacedEquals(text, 0); i >= 0; i = spacedEquals(text, from)) {
    let start = i;
    while (text[start - 1] === equals || (text[start - 1] === space && start > from)) start--;
    start = Math.max(start, from);
    let end = i + 3;
    while (text[end] === equals || text[end] === space) end++;
    text.copyWithin(out, from, start);
    out += start - from;
    let run = text.toString("latin1", start, end);
    for (const count of [4, 3, 2]) run = run.replaceAll(Array(count).fill("=").join(" "), "=".repeat(count));
    out += text.write(run, out, "latin1");
    from = end;
  }
  text.copyWithin(out, from);
  return text.subarray(0, out + text.length - from);
}

/** Where the next `= =` is. Looking for its first byte alone is what processors are fast at. */
function spacedEquals(text: Buffer, from: number): number {
  let i = text.indexOf(equals, from);
  while (i >= 0 && (text[i + 1] !== space || text[i + 2] !== equals)) i = text.indexOf(equals, i + 1);
  return i;
}

/** ` ° ` → `°`. */
function degrees(text: Buffer): Buffer {
  const drop: number[] = [];
  let free = 0;
  for (let i = text.indexOf(0xc2); i >= 0; i = text.indexOf(0xc2, i + 1)) {
    const matches = text[i + 1] === 0xb0 && text[i + 2] === space && text[i - 1] === space;
    if (!matches || i - 1 < free) continue;
    drop.push(i - 1, i + 2);
    free = i + 3;
  }
  return without(text, drop);
}

/** ` \n` → `\n`, then `\n ` → `\n`: one space before and one after every newline goes away. */
function lineEnds(text: Buffer): Buffer {
  const drop: number[] = [];
  let free = 0;
  for (let i = text.indexOf(newline); i >= 0; i = text.indexOf(newline, i + 1)) {
    if (i - 1 >= free && text[i - 1] === space) drop.push(i - 1);
    free = i + 1;
    if (text[i + 1] !== space) continue;
    drop.push(i + 1);
    free = i + 2;
  }
  return without(text, drop);
}

/** ` N ` → ` 1 `. */
function lettersN(text: Buffer): Buffer {
  let free = 0;
  for (let i = text.indexOf(letterN); i >= 0; i = text.indexOf(letterN, i + 1)) {
    if (text[i - 1] !== space || text[i + 1] !== space || i - 1 < free) continue;
    text[i] = 0x31;
    free = i + 2;
  }
  return text;
}

/** ` 's` → `'s`. */
function genitives(text: Buffer): Buffer {
  const drop: number[] = [];
  for (let i = text.indexOf(quote); i >= 0; i = text.indexOf(quote, i + 1))
    if (text[i - 1] === space && text[i + 1] === letterS) drop.push(i - 1);
  return without(text, drop);
}

/**
 * Where the pieces of a cleaned text begin and end: it is cut at every `"\n\n"`, like Python's `split`; start, end,
 * start, end …
 */
export function pieceBounds(text: Buffer): number[] {
  const bounds: number[] = [];
  let start = 0;
  for (let i = text.indexOf(newline); i >= 0; ) {
    if (i + 1 === text.length || text[i + 1] !== newline) {
      i = text.indexOf(newline, i + 1);
      continue;
    }
    if (isKept(text, start, i)) bounds.push(start, i);
    start = i + 2;
    i = text.indexOf(newline, start);
  }
  if (isKept(text, start, text.length)) bounds.push(start, text.length);
  return bounds;
}

/** Pieces that become training text: not empty, and not a heading (first visible character `=`). */
function isKept(text: Buffer, start: number, end: number): boolean {
  if (end <= start) return false;
  const first = skipSpace(text, start, end);
  return first === end || text[first] !== equals;
}
