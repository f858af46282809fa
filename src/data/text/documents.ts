import type { InputFormat } from "./input/files.js";
import { type EncodingPolicy, repairUtf8 } from "./input/utf8-repair.js";
import { cleanWikitext, pieceBounds, universalNewlines, type WikitextPlace } from "./wikitext.js";

/** How to find the documents of a part of a text. */
export interface PartRules {
  readonly format: InputFormat;
  readonly place: WikitextPlace | undefined;
  readonly separator: string;
  readonly key: string;
  readonly encodingErrors: EncodingPolicy;
  readonly valid: boolean;
}

/** The documents of a part, each made of one or more texts. */
export interface PartDocuments {
  /** Valid UTF-8. */
  readonly bytes: Buffer;
  /** Start and end of every text in `bytes`: start, end, start, end … */
  readonly bounds: readonly number[];
  /** Texts of each document; undefined if each has one. */
  readonly texts: readonly number[] | undefined;
  /** Empty lines and empty documents that were left out. */
  readonly skipped: number;
  /** Byte sequences that were not UTF-8, and halves of characters in JSON escapes: replaced or left out. */
  readonly repaired: number;
}

/** A line that can't be used; `offset` counts from the beginning of the part. */
export class BadLine extends Error {
  readonly code: "INPUT_LINE_INVALID" | "INPUT_KEY_MISSING" | "INPUT_NOT_UTF8";
  readonly offset: number;

  constructor(code: BadLine["code"], offset: number, message: string) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** Cuts a part into documents; overwrites `part`. Throws BadLine. */
export function documentsOf(part: Uint8Array, rules: PartRules): PartDocuments {
  const source = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  const { bytes, bad } = rules.valid ? { bytes: source, bad: 0 } : repairUtf8(source, rules.encodingErrors);
  const found = split(bytes, rules);
  return { ...found, repaired: found.repaired + bad };
}

function split(bytes: Buffer, rules: PartRules): PartDocuments {
  if (rules.format === "wikitext" && rules.place) {
    const cleaned = cleanWikitext(bytes, rules.place);
    return { bytes: cleaned, bounds: pieceBounds(cleaned), texts: undefined, skipped: 0, repaired: 0 };
  }
  if (rules.format === "lines") {
    const lines = universalNewlines(bytes);
    return { bytes: lines, ...separated(lines, Buffer.from("\n")), texts: undefined, repaired: 0 };
  }
  if (rules.format === "text")
    return { bytes, ...separated(bytes, Buffer.from(rules.separator)), texts: undefined, repaired: 0 };
  return new JsonReader(rules).read(bytes);
}

/** Texts between separators; empty ones are left out and counted, but not the nothing after the last separator. */
function separated(bytes: Buffer, separator: Buffer): { bounds: number[]; skipped: number } {
  const bounds: number[] = [];
  let skipped = 0;
  let start = 0;
  for (let found = bytes.indexOf(separator); found >= 0; found = bytes.indexOf(separator, start)) {
    if (found > start) bounds.push(start, found);
    else skipped++;
    start = found + separator.length;
  }
  if (start < bytes.length) bounds.push(start, bytes.length);
  return { bounds, skipped };
}

const byteOrderMark = Buffer.from("\ufeff");

/** JSON lines: each line an object, its `key` a text or a list of texts. */
class JsonReader {
  readonly #rules: PartRules;
  readonly #bounds: number[] = [];
  readonly #texts: number[] = [];
  #out = Buffer.alloc(0);
  #length = 0;
  #skipped = 0;
  #repaired = 0;
  #several = false;

  constructor(rules: PartRules) {
    this.#rules = rules;
  }

  read(bytes: Buffer): PartDocuments {
    this.#out = Buffer.allocUnsafeSlow(bytes.length + 64);
    let start = bytes.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
    while (start < bytes.length) {
      const found = bytes.indexOf(10, start);
      const end = found < 0 ? bytes.length : found;
      this.#line(bytes.toString("utf8", start, end), start);
      start = end + 1;
    }
    return {
      bytes: this.#out.subarray(0, this.#length),
      bounds: this.#bounds,
      texts: this.#several ? this.#texts : undefined,
      skipped: this.#skipped,
      repaired: this.#repaired,
    };
  }

  #line(line: string, offset: number): void {
    if (/^[ \t\r]*$/.test(line)) {
      this.#skipped++;
      return;
    }
    const value = parseJsonLine(line, offset);
    const { key } = this.#rules;
    if (Array.isArray(value))
      throw new BadLine("INPUT_LINE_INVALID", offset, `expected one JSON object per line, found a list`);
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
      const keys =
        typeof value === "object" && value !== null ? Object.keys(value).slice(0, 5).join(", ") : typeof value;
      throw new BadLine("INPUT_KEY_MISSING", offset, `expected an object with the key "${key}", found ${keys || "{}"}`);
    }
    const content = (value as Record<string, unknown>)[key];
    const texts = Array.isArray(content) ? content : [content];
    if (texts.length !== 1) this.#several = true;
    this.#texts.push(texts.length);
    for (const text of texts) this.#text(text, offset);
  }

  #text(text: unknown, offset: number): void {
    if (typeof text !== "string")
      throw new BadLine(
        "INPUT_LINE_INVALID",
        offset,
        `expected "${this.#rules.key}" to be text, found ${JSON.stringify(text)?.slice(0, 40)}`,
      );
    const whole = this.#wellFormed(text, offset);
    const need = this.#length + whole.length * 3;
    if (need > this.#out.length) {
      const larger = Buffer.allocUnsafeSlow(need * 2);
      this.#out.copy(larger, 0, 0, this.#length);
      this.#out = larger;
    }
    const end = this.#length + this.#out.write(whole, this.#length, "utf8");
    this.#bounds.push(this.#length, end);
    this.#length = end;
  }

  /** Half a character (`"\ud83d"`) is a text to Python and JavaScript, but no Unicode text, and no tokenizer takes it. */
  #wellFormed(text: string, offset: number): string {
    const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
    if (!/[\ud800-\udfff]/.test(text)) return text;
    const count = text.match(halves)?.length ?? 0;
    if (count === 0) return text;
    if (this.#rules.encodingErrors === "error")
      throw new BadLine("INPUT_NOT_UTF8", offset, `expected whole characters, found ${count} lone surrogate escapes`);
    this.#repaired += count;
    return text.replace(halves, this.#rules.encodingErrors === "replace" ? "\ufffd" : "");
  }
}

/** As Python's `json.loads`: with NaN and Infinity as values. */
function parseJsonLine(line: string, offset: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    const plain = line.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (part) =>
      part.startsWith('"') ? part : "null",
    );
    try {
      return JSON.parse(plain);
    } catch {
      const found = cause instanceof Error ? cause.message : String(cause);
      throw new BadLine(
        "INPUT_LINE_INVALID",
        offset,
        `expected a JSON object on one line, found ${found.slice(0, 120)}`,
      );
    }
  }
}
