import type { IdSink } from "./id-sink.js";
import { Merger } from "./merger.js";
import { Automaton } from "./pattern/automaton.js";
import { ClassReader, unknownBit } from "./pattern/class-reader.js";
import { firstBits } from "./pattern/steps.js";
import type { BytePlan, SplitLevel } from "./plan.js";
import { newWordTable, WordTable, type WordTableSize } from "./word-table.js";

/** Room for the words of one thread: about 24 MB. */
const memoSize: WordTableSize = { words: 256 * 1024, keyBytes: 4 * 1024 * 1024, ids: 1024 * 1024 };
/** Longer words are rare and would only fill the memory. */
const longestWord = 64;
/** Longer words (bytes) would need too much memory for the queue. */
const longestMerge = 4 * 1024 * 1024;

interface Level extends SplitLevel {
  /** The classes with which a match can begin. */
  readonly first: number;
  readonly automaton: Automaton;
}

/**
 * Byte-level BPE without strings: splits UTF-8 text into words as the tokenizer's regular expressions say, and looks
 * each word up in a memo; a new word is merged here. Gives exactly the ids of the native library, or refuses the
 * text.
 */
export class ByteEncoder {
  readonly #levels: readonly Level[];
  readonly #reader: ClassReader;
  readonly #merger: Merger;
  readonly #memo = new WordTable(newWordTable(memoSize));
  readonly #whole: WordTable | undefined;
  readonly #added = new Map<number, readonly Uint8Array[]>();
  readonly #mayBegin = new Uint8Array(256);
  readonly #form: BytePlan["form"];
  /** The levels that can find something in the text at hand. */
  #needed: readonly Level[] = [];
  #bytes: Uint8Array = new Uint8Array(0);
  #sink: IdSink | undefined;
  #refused = false;

  constructor(plan: BytePlan) {
    const reader = new ClassReader(plan.classes);
    this.#reader = reader;
    this.#levels = plan.levels.map((level) => ({
      ...level,
      first: firstBits(level.root),
      automaton: new Automaton(level.root, reader),
    }));
    this.#merger = new Merger(plan.merges, plan.byteIds);
    this.#whole = plan.wholeWords && new WordTable(plan.wholeWords);
    this.#form = plan.form;
    for (const token of plan.addedTokens) {
      const key = beginning(token, 0);
      this.#added.set(key, [...(this.#added.get(key) ?? []), token]);
      this.#mayBegin[token[0] ?? 0] = 1;
    }
  }

  /**
   * Puts the ids of the valid UTF-8 text `bytes[start, end)` into `sink` and gives true; or false, with nothing put,
   * if the text holds an added token, a character that is too new, or an enormous word.
   */
  encode(bytes: Uint8Array, range: { readonly start: number; readonly end: number }, sink: IdSink): boolean {
    const { start, end } = range;
    const bits = this.#look(bytes, start, end);
    if (bits === undefined) return false;
    if (this.#form !== undefined && hasOther(bytes, start, end)) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
      const normal = text.normalize(this.#form);
      if (normal !== text) return this.#encodeNormal(Buffer.from(normal), sink);
    }
    return this.#encodePlain(bytes, { start, end, bits }, sink);
  }

  #encodeNormal(bytes: Uint8Array, sink: IdSink): boolean {
    const bits = this.#look(bytes, 0, bytes.length);
    return bits !== undefined && this.#encodePlain(bytes, { start: 0, end: bytes.length, bits }, sink);
  }

  #encodePlain(
    bytes: Uint8Array,
    { start, end, bits }: { readonly start: number; readonly end: number; readonly bits: number },
    sink: IdSink,
  ): boolean {
    const mark = sink.length;
    this.#bytes = bytes;
    this.#sink = sink;
    this.#refused = false;
    this.#needed = this.#levels.filter(({ first, keepGaps }) => (first & bits) !== 0 || !keepGaps);
    this.#split(0, start, end);
    if (this.#refused) sink.truncate(mark);
    return !this.#refused;
  }

  /** The classes of all characters together; undefined if the text is for the native library. */
  #look(bytes: Uint8Array, start: number, end: number): number | undefined {
    const reader = this.#reader;
    const { masks } = reader;
    const mayBegin = this.#mayBegin;
    let bits = 0;
    for (let at = start; at < end; ) {
      const byte = bytes[at] as number;
      if (mayBegin[byte] !== 0 && this.#isAdded(bytes, at, end)) return undefined;
      if (byte < 0x80) {
        bits |= masks[byte] as number;
        at++;
      } else {
        bits |= reader.at(bytes, at);
        at += reader.width;
      }
    }
    return (bits & unknownBit) === 0 ? bits : undefined;
  }

  #isAdded(bytes: Uint8Array, at: number, end: number): boolean {
    return (
      this.#hasAdded(beginning(bytes, at), bytes, { at, end }) ||
      this.#hasAdded((bytes[at] as number) << 8, bytes, { at, end })
    );
  }

  #hasAdded(key: number, bytes: Uint8Array, { at, end }: { readonly at: number; readonly end: number }): boolean {
    for (const token of this.#added.get(key) ?? []) {
      if (at + token.length > end) continue;
      let same = 1;
      while (same < token.length && token[same] === bytes[at + same]) same++;
      if (same >= token.length) return true;
    }
    return false;
  }

  /**
   * Cuts `[start, end)` at the matches of the level numbered `depth` and gives the parts to the next one; after the
   * last they are words.
   */
  #split(depth: number, start: number, end: number): void {
    const level = this.#needed[depth];
    if (!level) {
      this.#word(start, end, this.#memo.hashOf(this.#bytes, start, end));
      return;
    }
    const bytes = this.#bytes;
    const { automaton, keepGaps, keepMatches } = level;
    const isLast = depth + 1 === this.#needed.length;
    let gap = start;
    for (let at = this.#seek(level, start, end); at < end; at = this.#seek(level, at, end)) {
      const found = automaton.match(bytes, at, end);
      if (found < 0) {
        this.#reader.at(bytes, at);
        at += this.#reader.width;
        continue;
      }
      const { hash } = automaton;
      if (keepGaps && at > gap) this.#split(depth + 1, gap, at);
      if (keepMatches && isLast) this.#word(at, found, hash);
      else if (keepMatches) this.#split(depth + 1, at, found);
      at = found;
      gap = found;
    }
    if (keepGaps && end > gap) this.#split(depth + 1, gap, end);
  }

  /** The first place from `at` on where a match of the level may begin. */
  #seek({ first }: Level, at: number, end: number): number {
    const bytes = this.#bytes;
    const reader = this.#reader;
    const { masks } = reader;
    let place = at;
    while (place < end) {
      const byte = bytes[place] as number;
      if (byte < 0x80) {
        if (((masks[byte] as number) & first) !== 0) break;
        place++;
      } else {
        if ((reader.at(bytes, place) & first) !== 0) break;
        place += reader.width;
      }
    }
    return place;
  }

  /** `hash`: what the memo's `hashOf` gives for the word. */
  #word(start: number, end: number, hash: number): void {
    const sink = this.#sink as IdSink;
    const bytes = this.#bytes;
    const memo = this.#memo;
    const length = end - start;
    const known = length <= longestWord ? memo.find(bytes, { start, end, hash }) : -1;
    if (known >= 0) {
      sink.copy(memo.ids, memo.idStart(known), memo.idCount(known));
      return;
    }
    if (length > longestMerge) {
      this.#refused = true;
      return;
    }
    const whole = this.#whole?.find(bytes, { start, end, hash }) ?? -1;
    const ids =
      whole >= 0 && this.#whole
        ? this.#whole.ids.subarray(this.#whole.idStart(whole), this.#whole.idStart(whole) + 1)
        : this.#merger.merge(bytes, start, end);
    if (length <= longestWord && !memo.add(bytes.subarray(start, end), hash, ids)) {
      memo.clear();
      memo.add(bytes.subarray(start, end), hash, ids);
    }
    sink.copy(ids, 0, ids.length);
  }
}

/** Whether there is anything but ASCII, which is the same in every Unicode form. */
function hasOther(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) >= 0x80) return true;
  return false;
}

/** The first two bytes as one number, by which added tokens are looked up. */
function beginning(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
