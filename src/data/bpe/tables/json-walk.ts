/** JSON that is not as plain as the walker expects; the usual parser has to look at the whole file. */
export class NotPlain extends Error {}

export const [quote, comma] = [0x22, 0x2c];
const [backslash, colon] = [0x5c, 0x3a];
const [openObject, closeObject, openArray, closeArray] = [0x7b, 0x7d, 0x5b, 0x5d];
const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * Walks over the bytes of a JSON file (valid UTF-8) without making objects and strings of it: of a tokenizer's
 * hundred thousands of tokens and merges only the numbers are wanted. Whatever `members`, `elements`, `text` and
 * `number` read is checked to the letter; what is skipped is not.
 */
export class JsonWalk {
  readonly bytes: Uint8Array;
  at: number;
  /** The string that `text` has read: bytes `from` to `to` of `held`, its escapes written out. */
  held: Uint8Array;
  from = 0;
  to = 0;
  #escaped = new Uint8Array(256);

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
    this.held = bytes;
  }

  /** The next byte that is not a space; it stays the next. */
  next(): number {
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== 0x20 && byte !== 10 && byte !== 13 && byte !== 9) return byte ?? -1;
      this.at++;
    }
  }

  /** The first place from `at` on without a space. */
  skipSpace(at: number): number {
    const { bytes } = this;
    let place = at;
    for (let byte = bytes[place]; byte === 0x20 || byte === 10 || byte === 13 || byte === 9; ) byte = bytes[++place];
    return place;
  }

  /** Where the quote is that ends the string at `start`; -1 if there is no string, or one with escapes. */
  plainEnd(start: number): number {
    const { bytes } = this;
    if (bytes[start] !== quote) return -1;
    for (let at = start + 1; ; at++) {
      const byte = bytes[at] as number;
      if (byte === quote) return at;
      if (!(byte >= 0x20) || byte === backslash) return -1; // also the end of the file
    }
  }

  /**
   * An object: `member` is called after each key has been read into `held`, and reads or skips the value. `some` is
   * called before each key and may read whole members with the commas after them.
   */
  members(member: () => void, some?: () => void): void {
    const one = () => {
      this.text();
      this.#take(colon);
      member();
    };
    this.#list({ open: openObject, close: closeObject }, one, some);
  }

  /** `some` may read whole elements with the commas after them. */
  elements(element: () => void, some?: () => void): void {
    this.#list({ open: openArray, close: closeArray }, element, some);
  }

  #list({ open, close }: { readonly open: number; readonly close: number }, one: () => void, some?: () => void): void {
    this.#take(open);
    if (this.next() === close) {
      this.at++;
      return;
    }
    for (;;) {
      some?.();
      one();
      const byte = this.next();
      this.at++;
      if (byte === close) return;
      if (byte !== comma) throw new NotPlain(`byte ${byte} at ${this.at - 1}`);
    }
  }

  #take(byte: number): void {
    if (this.next() !== byte) throw new NotPlain(`byte ${this.bytes[this.at]} at ${this.at}`);
    this.at++;
  }

  /** A number without sign, fraction, and exponent, below 2^31 − 1. */
  number(): number {
    const first = this.next();
    const start = this.at;
    let value = 0;
    for (; ; this.at++) {
      const digit = (this.bytes[this.at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const digits = this.at - start;
    const end = this.next();
    if (digits === 0 || digits > 10 || value >= 0x7fffffff || (first === 0x30 && digits > 1))
      throw new NotPlain("number");
    if (end !== comma && end !== closeObject && end !== closeArray) throw new NotPlain("number");
    return value;
  }

  /** A string, into `held`. */
  text(): void {
    this.#take(quote);
    const { bytes } = this;
    this.held = bytes;
    this.from = this.at;
    for (let at = this.at; ; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === quote) {
        this.to = at;
        this.at = at + 1;
        return;
      }
      if (byte < 0x20) throw new NotPlain(`control character at ${at}`);
      if (byte === backslash) {
        this.#unescape();
        return;
      }
    }
  }

  /** The same with escapes; `this.at` is where the string begins. */
  #unescape(): void {
    const { bytes } = this;
    const start = this.at;
    let end = start;
    for (; bytes[end] !== quote; end++) {
      if ((bytes[end] ?? 0) < 0x20) throw new NotPlain(`control character at ${end}`);
      if (bytes[end] === backslash) end++;
    }
    const source = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
    const text = source.replace(
      /\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt])|[\s\S])/g,
      (whole, code?: string, short?: string) => {
        if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
        if (short === undefined) throw new NotPlain(`escape ${whole}`);
        return escapes[short] ?? short;
      },
    );
    if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text))
      throw new NotPlain("half a character");
    if (text.length * 3 > this.#escaped.length) this.#escaped = new Uint8Array(text.length * 3);
    this.held = this.#escaped;
    this.from = 0;
    this.to = new TextEncoder().encodeInto(text, this.#escaped).written;
    this.at = end + 1;
  }

  /** Passes over any value. */
  skip(): void {
    const { bytes } = this;
    let depth = 0;
    for (let at = this.at; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === quote) {
        for (at++; bytes[at] !== quote && at < bytes.length; at++) if (bytes[at] === backslash) at++;
      } else if (byte === openObject || byte === openArray) depth++;
      else if (byte === closeObject || byte === closeArray) {
        depth--;
        if (depth > 0) continue;
        this.at = depth < 0 ? at : at + 1;
        return;
      } else if (byte === comma && depth === 0) {
        this.at = at;
        return;
      }
    }
    throw new NotPlain("the end of the file");
  }
}
