import { mostClasses } from "./class-reader.js";
import { unbounded } from "./steps.js";

/** A pattern as it is written. Every character position is a class; `bit` names it. */
export type PatternAtom =
  | { readonly kind: "class"; readonly bit: number }
  | { readonly kind: "look"; readonly bit: number; readonly negative: boolean }
  | { readonly kind: "group"; readonly options: Alternatives };
export interface PatternItem {
  readonly atom: PatternAtom;
  readonly min: number;
  readonly max: number;
}
export type Alternatives = readonly (readonly PatternItem[])[];

/** The pattern uses something that can't be proved to mean the same here as in the native library. */
export class UnsupportedPattern extends Error {}

// `\s` of the native library: Unicode's White_Space. JavaScript's has U+FEFF and lacks U+0085.
const space =
  "\\u{9}-\\u{d}\\u{20}\\u{85}\\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}";
const escapedClasses: Readonly<Record<string, string>> = {
  s: `[${space}]`,
  S: `[^${space}]`,
  d: "[\\p{Nd}]",
  D: "[\\P{Nd}]",
};
const escapedCharacters: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };
const property = /^\{(\^?)(?:(Han)|([LMNPSZ][a-z]?))\}/;
// Sequences that are the full case folding of one other character (ß, ﬁ, ﬆ …).
const multipleFolds = /ss|ff|fi|fl|st/i;

/** Gives every distinct class of the patterns a bit. */
export class ClassRegister {
  readonly classes: string[];

  constructor(first: string) {
    this.classes = [first];
  }

  bit(source: string): number {
    const found = this.classes.indexOf(source);
    if (found < 0 && this.classes.length >= mostClasses) throw new UnsupportedPattern("too many character classes");
    return 1 << (found < 0 ? this.classes.push(source) - 1 : found);
  }
}

/**
 * Reads the regular expressions that tokenizers split text with (Oniguruma's syntax, as far as JavaScript gives it
 * the same meaning): alternatives of characters, classes, Unicode categories, groups, `(?i:…)`, greedy repetition,
 * look-ahead for one class.
 * @throws UnsupportedPattern for everything else.
 */
export function parsePattern(text: string, register: ClassRegister): Alternatives {
  const parser = new PatternParser([...text], register);
  const result = parser.alternatives(false);
  if (!parser.atEnd) throw new UnsupportedPattern(`unexpected ${parser.rest}`);
  return result;
}

/** A literal text as a pattern. */
export function literalPattern(text: string, register: ClassRegister): Alternatives {
  const item = (character: string): PatternItem => ({
    atom: { kind: "class", bit: register.bit(`[${codeText(character.codePointAt(0) as number)}]`) },
    min: 1,
    max: 1,
  });
  return [[...text].map(item)];
}

function codeText(code: number): string {
  return `\\u{${code.toString(16)}}`;
}

class PatternParser {
  readonly #text: readonly string[];
  readonly #register: ClassRegister;
  #at = 0;

  constructor(text: readonly string[], register: ClassRegister) {
    this.#text = text;
    this.#register = register;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get rest(): string {
    return this.#text.slice(this.#at).join("");
  }

  alternatives(fold: boolean): Alternatives {
    const options: (readonly PatternItem[])[] = [];
    do {
      const items: PatternItem[] = [];
      const start = this.#at;
      while (!this.atEnd && !"|)".includes(this.#peek())) items.push(this.#item(fold));
      if (fold && multipleFolds.test(this.#text.slice(start, this.#at).join("")))
        throw new UnsupportedPattern("case folding of several characters");
      options.push(items);
    } while (this.#take("|"));
    return options;
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #take(wanted: string): boolean {
    if (!this.rest.startsWith(wanted)) return false;
    this.#at += [...wanted].length;
    return true;
  }

  #next(): string {
    if (this.atEnd) throw new UnsupportedPattern("the pattern ends too early");
    return this.#text[this.#at++] as string;
  }

  #item(fold: boolean): PatternItem {
    const atom = this.#atom(fold);
    const { min, max } = this.#repetition();
    return { atom, min, max };
  }

  #atom(fold: boolean): PatternAtom {
    if (this.#take("(?!") || this.#take("(?=")) {
      const negative = this.#text[this.#at - 1] === "!";
      const bit = this.#classBit(this.#next(), false);
      this.#close();
      return { kind: "look", bit, negative };
    }
    if (this.#take("(?i:")) return this.#group(true);
    if (this.#take("(?:")) return this.#group(fold);
    if (this.#take("(?")) throw new UnsupportedPattern("this kind of group");
    if (this.#take("(")) return this.#group(fold);
    return { kind: "class", bit: this.#classBit(this.#next(), fold) };
  }

  #group(fold: boolean): PatternAtom {
    const options = this.alternatives(fold);
    this.#close();
    return { kind: "group", options };
  }

  #close(): void {
    if (!this.#take(")")) throw new UnsupportedPattern(`expected ), found ${this.rest}`);
  }

  #repetition(): { min: number; max: number } {
    let found = { min: 1, max: 1 };
    const braces = /^\{(\d+)(,?)(\d*)\}/.exec(this.rest);
    if (this.#take("?")) found = { min: 0, max: 1 };
    else if (this.#take("*")) found = { min: 0, max: unbounded };
    else if (this.#take("+")) found = { min: 1, max: unbounded };
    else if (braces) {
      const min = Number(braces[1]);
      found = { min, max: braces[3] ? Number(braces[3]) : braces[2] ? unbounded : min };
      this.#at += braces[0].length;
    } else return found;
    if ("?+*{".includes(this.#peek()) && !this.atEnd) throw new UnsupportedPattern("lazy or possessive repetition");
    return found;
  }

  #classBit(character: string, fold: boolean): number {
    if (fold && /[[\\]/.test(character)) throw new UnsupportedPattern("a class without regard to case");
    if (character === "[") return this.#register.bit(this.#set());
    if (character === "\\") return this.#register.bit(this.#escape().set);
    if (".^$*+?{".includes(character)) throw new UnsupportedPattern(`the character ${character}`);
    return this.#register.bit(`[${fold ? folded(character) : codeText(character.codePointAt(0) as number)}]`);
  }

  /** After a backslash. `code` if it is one character. */
  #escape(): { readonly set: string; readonly code?: number } {
    const character = this.#next();
    const known = escapedClasses[character];
    if (known) return { set: known };
    if (character === "p" || character === "P") return { set: this.#property(character) };
    const hex = character === "u" ? /^[0-9a-fA-F]{4}/.exec(this.rest)?.[0] : undefined;
    if (hex) this.#at += 4;
    else if (/\w/.test(character) && escapedCharacters[character] === undefined)
      throw new UnsupportedPattern(`\\${character}`);
    const code = hex
      ? Number.parseInt(hex, 16)
      : (escapedCharacters[character] ?? (character.codePointAt(0) as number));
    return { set: `[${codeText(code)}]`, code };
  }

  #property(letter: string): string {
    const [whole, caret, script, category] = property.exec(this.rest) ?? [];
    if (!whole) throw new UnsupportedPattern(`\\${letter}${this.rest.slice(0, 12)}`);
    this.#at += whole.length;
    const negative = (letter === "P") !== (caret === "^");
    return `[\\${negative ? "P" : "p"}{${script ? `Script=${script}` : category}}]`;
  }

  /** After `[`: the class in JavaScript's notation. */
  #set(): string {
    const negative = this.#take("^");
    let body = "";
    for (let first = true; first || this.#peek() !== "]"; first = false) {
      const { set, code } = this.#member();
      if (code !== undefined && this.#peek() === "-" && this.#text[this.#at + 1] !== "]") {
        this.#at++;
        const last = this.#member().code;
        if (last === undefined || last < code) throw new UnsupportedPattern("a range without end");
        body += `${codeText(code)}-${codeText(last)}`;
      } else body += code === undefined ? set : codeText(code);
    }
    this.#at++;
    return `[${negative ? "^" : ""}${body}]`;
  }

  #member(): { readonly set: string; readonly code?: number } {
    const character = this.#next();
    if (character === "\\") return this.#escape();
    if (character === "[" || (character === "&" && this.#peek() === "&"))
      throw new UnsupportedPattern("a nested class");
    return { set: "", code: character.codePointAt(0) as number };
  }
}

/** The characters that equal `character` without regard to case. */
function folded(character: string): string {
  if (!/[\x20-\x7e]/.test(character)) throw new UnsupportedPattern("case folding outside of ASCII");
  const others: Readonly<Record<string, number>> = { s: 0x17f, k: 0x212a };
  const lower = character.toLowerCase();
  const codes = new Set([lower, character.toUpperCase()].map((one) => one.codePointAt(0) as number));
  if (others[lower]) codes.add(others[lower]);
  return [...codes].map(codeText).join("");
}
