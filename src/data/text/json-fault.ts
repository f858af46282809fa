/** Where a line stops being JSON. */
export interface JsonFault {
  /** Position in the line, from 0, in UTF-16 units. */
  readonly at: number;
  readonly expected: string;
  readonly found: string;
}

export const endOfLine = "the end of the line";
/** Expected behind a whole value. */
export const afterValue = "the end of the line behind the value";

/** Nesting beyond which nobody looks for the fault by hand. */
const deepest = 500;

class Fault extends Error {
  readonly at: number;
  readonly expected: string;

  constructor(at: number, expected: string) {
    super(expected);
    this.at = at;
    this.expected = expected;
  }
}

/**
 * The first fault of a text that is no JSON value; undefined for one that is (NaN and Infinity included, as in
 * Python), or that is nested deeper than 500 levels. V8's own messages name no position in every version.
 */
export function jsonFault(text: string): JsonFault | undefined {
  try {
    new Reader(text).whole();
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    if (!(error instanceof Fault)) throw error;
    const { at, expected } = error;
    return {
      at,
      expected,
      found: at >= text.length ? endOfLine : shownCharacter(text.codePointAt(at) ?? 0),
    };
  }
}

/** A character in quotes; one that nobody sees, such as a byte-order mark, by its number. */
function shownCharacter(code: number): string {
  const character = String.fromCodePoint(code);
  if (!/[\p{Cf}\p{Zs}\p{Zl}\p{Zp}\x7f-\x9f]/u.test(character) || character === " ") return JSON.stringify(character);
  return `the invisible character U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): void {
    this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw new Fault(this.#at, afterValue);
  }

  #value(depth: number): void {
    if (depth > deepest) throw new RangeError("nested too deeply");
    this.#space();
    const first = this.#text[this.#at];
    if (first === "{") this.#list("}", "a key in quotes", () => this.#pair(depth));
    else if (first === "[") this.#list("]", "a value", () => this.#value(depth + 1));
    else if (first === '"') this.#string();
    else this.#match(/(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)/y, "a value");
  }

  #list(close: string, what: string, item: () => void): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] === close) throw new Fault(this.#at, what);
      item();
      this.#space();
      const next = this.#text[this.#at];
      if (next !== "," && next !== close) throw new Fault(this.#at, `"," or "${close}"`);
      this.#at++;
      if (next === close) return;
    }
  }

  #pair(depth: number): void {
    if (this.#text[this.#at] !== '"') throw new Fault(this.#at, "a key in quotes");
    this.#string();
    this.#space();
    if (this.#text[this.#at] !== ":") throw new Fault(this.#at, '":"');
    this.#at++;
    this.#value(depth + 1);
  }

  #string(): void {
    this.#at++;
    for (;;) {
      this.#match(/(?:[^"\\\p{Cc}]|[\x7f-\x9f])*/uy, "");
      const next = this.#text[this.#at];
      if (next === '"') break;
      if (next !== "\\") throw new Fault(this.#at, next === undefined ? "a closing quote" : "an escape such as \\n");
      this.#match(/\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y, 'an escape such as \\n, \\" or \\u00e9');
    }
    this.#at++;
  }

  #space(): void {
    this.#match(/[ \t\r\n]*/y, "");
  }

  #match(pattern: RegExp, expected: string): void {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw new Fault(this.#at, expected);
    this.#at += found[0].length;
  }
}
