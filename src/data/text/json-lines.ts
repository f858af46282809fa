import { formatCount } from "../../core/units.js";
import { afterValue, endOfLine, type JsonFault, jsonFault } from "./json-fault.js";
import { BadLine, type BadLineFacts, type PartDocuments, type PartRules } from "./part-rules.js";

/** JSON lines: each line an object, its `key` a text or a list of texts. Lines end with \n, \r\n or \r. */
export class JsonReader {
  readonly #rules: PartRules;
  readonly #bounds: number[] = [];
  readonly #texts: number[] = [];
  #out = Buffer.alloc(0);
  #length = 0;
  #skipped = 0;
  #repaired = 0;
  #badLines = 0;
  #badLine: BadLineFacts | undefined;
  #several = false;

  constructor(rules: PartRules) {
    this.#rules = rules;
  }

  /** Throws BadLine, unless bad lines are to be skipped. */
  read(bytes: Buffer): PartDocuments {
    this.#out = Buffer.allocUnsafeSlow(bytes.length + 64);
    let start = 0;
    let carriage = bytes.indexOf(13, start);
    while (start < bytes.length) {
      const found = bytes.indexOf(10, start);
      if (carriage >= 0 && carriage < start) carriage = bytes.indexOf(13, start);
      const newline = found < 0 ? bytes.length : found;
      // A \r before a \n is whitespace to JSON.
      const end = carriage >= 0 && carriage + 1 < newline ? carriage : newline;
      this.#line(bytes.toString("utf8", start, end), start);
      start = end + 1;
    }
    return {
      bytes: this.#out.subarray(0, this.#length),
      bounds: this.#bounds,
      texts: this.#several ? this.#texts : undefined,
      skipped: this.#skipped,
      repaired: this.#repaired,
      badLines: this.#badLines,
      badLine: this.#badLine,
    };
  }

  #line(line: string, offset: number): void {
    if (/^[ \t\r]*$/.test(line)) {
      this.#skipped++;
      return;
    }
    const before = { length: this.#length, texts: this.#texts.length, bounds: this.#bounds.length };
    const { repaired } = { repaired: this.#repaired };
    try {
      this.#document(line, offset);
    } catch (error) {
      const mayGo = error instanceof BadLine && error.facts.code !== "INPUT_NOT_UTF8";
      if (!mayGo || this.#rules.onBadLines !== "skip") throw error;
      this.#length = before.length;
      this.#texts.length = before.texts;
      this.#bounds.length = before.bounds;
      this.#repaired = repaired;
      this.#badLines++;
      this.#badLine ??= error.facts;
    }
  }

  #document(line: string, offset: number): void {
    const value = parseJsonLine(line, offset);
    const { key } = this.#rules;
    if (Array.isArray(value))
      throw new BadLine({
        code: "INPUT_LINE_INVALID",
        offset,
        message: "expected one JSON object per line, found a list",
        isOtherLayout: true,
      });
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) {
      const isObject = typeof value === "object" && value !== null;
      const found = isObject ? Object.keys(value).slice(0, 5).join(", ") : JSON.stringify(value).slice(0, 40);
      const message = `expected an object with the key "${key}", found ${found || "{}"}`;
      throw new BadLine({ code: "INPUT_KEY_MISSING", offset, message, keys: isObject ? textKeys(value) : [] });
    }
    const content = (value as Record<string, unknown>)[key];
    const texts = Array.isArray(content) ? content : [content];
    for (const text of texts) this.#text(text, { offset, value });
    if (texts.length !== 1) this.#several = true;
    this.#texts.push(texts.length);
  }

  #text(text: unknown, { offset, value }: { readonly offset: number; readonly value: object }): void {
    if (typeof text !== "string") {
      const message = `expected "${this.#rules.key}" to be text, found ${JSON.stringify(text)?.slice(0, 40)}`;
      throw new BadLine({ code: "INPUT_LINE_INVALID", offset, message, keys: textKeys(value) });
    }
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

  /**
   * Half a character (`"\ud83d"`) is a text to Python and JavaScript, but no Unicode text, and no tokenizer takes it.
   */
  #wellFormed(text: string, offset: number): string {
    const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
    if (!/[\ud800-\udfff]/.test(text)) return text;
    const count = text.match(halves)?.length ?? 0;
    if (count === 0) return text;
    if (this.#rules.encodingErrors === "error") {
      const message = `expected whole characters, found ${formatCount(count, "lone surrogate escape")}`;
      throw new BadLine({ code: "INPUT_NOT_UTF8", offset, message });
    }
    this.#repaired += count;
    return text.replace(halves, this.#rules.encodingErrors === "replace" ? "\ufffd" : "");
  }
}

function textKeys(value: object): string[] {
  const isText = (content: unknown) =>
    typeof content === "string" || (Array.isArray(content) && content.every((item) => typeof item === "string"));
  return Object.entries(value).flatMap(([key, content]) => (isText(content) ? [key] : []));
}

/** Whether a value is cut off by the end of the line, or another value follows a whole one. */
function goesOn(line: string, fault: JsonFault | undefined): boolean {
  if (fault === undefined) return false;
  if (fault.found === endOfLine) return true;
  return fault.expected === afterValue && "{[".includes(line[fault.at] ?? " ");
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
      const fault = jsonFault(line.replace(/\r$/, ""));
      const own = cause instanceof Error ? cause.message : String(cause);
      const found = fault ? `${fault.found} where ${fault.expected} should be` : own.slice(0, 120);
      const column = fault && [...line.slice(0, fault.at)].length + 1;
      const message = `expected a JSON object on one line, found ${found}`;
      throw new BadLine({ code: "INPUT_LINE_INVALID", offset, column, message, isOtherLayout: goesOn(line, fault) });
    }
  }
}
