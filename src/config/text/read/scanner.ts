import { Cursor, isBlankOrEnd, theEnd } from "./cursor.js";
import { scanBlock } from "./scan-block.js";
import { scanDirective, scanName, scanTag } from "./scan-names.js";
import { scanPlain } from "./scan-plain.js";
import { scanQuoted } from "./scan-quoted.js";
import type { MarkKind, Token } from "./tokens.js";

/** A token that may turn out to be a key, if a colon follows on its line. */
interface PossibleKey {
  readonly token: number;
  /** In a block a line of its indentation must have a colon. */
  readonly required: boolean;
  readonly at: number;
  readonly line: number;
  readonly column: number;
}

/** Longest key without a question mark. */
const longestKey = 1024;

const flowMarks: Readonly<Record<string, MarkKind>> = {
  "[": "flow-sequence-start",
  "{": "flow-mapping-start",
  "]": "flow-sequence-end",
  "}": "flow-mapping-end",
};

/**
 * Tokens of a YAML 1.1 text as PyYAML's scanner finds them, with block structure made explicit. Differs from YAML 1.2
 * on purpose: flow collections may continue at column 0, tabs separate nothing, and a key has at most 1,024 characters.
 */
class Scanner {
  readonly #cursor: Cursor;
  readonly tokens: Token[] = [];
  readonly #keys = new Map<number, PossibleKey>();
  readonly #indents: number[] = [];
  #indent = -1;
  #flow = 0;
  #keyAllowed = true;
  done = false;

  constructor(text: string) {
    this.#cursor = new Cursor(text);
    if (this.#cursor.peek() === "\ufeff") this.#cursor.forward();
  }

  #mark(kind: MarkKind, length = 0): void {
    const start = this.#cursor.at;
    this.#cursor.forward(length);
    this.tokens.push({ kind, start, end: this.#cursor.at });
  }

  #toNextToken(): void {
    for (;;) {
      this.#cursor.skipSpaces();
      this.#cursor.skipComment();
      if (!this.#cursor.takeBreak()) return;
      if (this.#flow === 0) this.#keyAllowed = true;
    }
  }

  #missingColon(key: PossibleKey): never {
    throw this.#cursor.finding(
      "a line without a colon where a key is expected",
      "write key: value, or indent text that continues the line above",
      key.at,
    );
  }

  #dropStaleKeys(): void {
    for (const [level, key] of this.#keys) {
      if (key.line === this.#cursor.line && this.#cursor.at - key.at <= longestKey) continue;
      if (key.required) this.#missingColon(key);
      this.#keys.delete(level);
    }
  }

  #dropKey(): void {
    const key = this.#keys.get(this.#flow);
    if (key?.required) this.#missingColon(key);
    this.#keys.delete(this.#flow);
  }

  #rememberKey(): void {
    if (!this.#keyAllowed) return;
    this.#dropKey();
    const { at, line, column } = this.#cursor;
    const required = this.#flow === 0 && this.#indent === column;
    this.#keys.set(this.#flow, { token: this.tokens.length, required, at, line, column });
  }

  #unwind(column: number): void {
    if (this.#flow > 0) return;
    while (this.#indent > column) {
      this.#indent = this.#indents.pop() ?? -1;
      this.#mark("block-end");
    }
  }

  #deepen(column: number): boolean {
    if (this.#indent >= column) return false;
    this.#indents.push(this.#indent);
    this.#indent = column;
    return true;
  }

  #endBlocks(): void {
    this.#unwind(-1);
    this.#dropKey();
    this.#keyAllowed = false;
  }

  #flowStart(kind: MarkKind): void {
    this.#rememberKey();
    this.#flow++;
    this.#keyAllowed = true;
    this.#mark(kind, 1);
  }

  #flowEnd(kind: MarkKind): void {
    this.#dropKey();
    this.#flow--;
    this.#keyAllowed = false;
    this.#mark(kind, 1);
  }

  #blockEntry(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed)
        throw this.#cursor.finding("a list can't begin on this line", "begin the list on a line of its own");
      if (this.#deepen(this.#cursor.column)) this.#mark("block-sequence-start");
    }
    this.#keyAllowed = true;
    this.#dropKey();
    this.#mark("block-entry", 1);
  }

  #explicitKey(): void {
    if (this.#flow === 0) {
      if (!this.#keyAllowed) throw this.#cursor.finding("a key can't begin here", "quote the text that begins with ?");
      if (this.#deepen(this.#cursor.column)) this.#mark("block-mapping-start");
    }
    this.#keyAllowed = this.#flow === 0;
    this.#dropKey();
    this.#mark("key", 1);
  }

  #value(): void {
    const key = this.#keys.get(this.#flow);
    if (key !== undefined) {
      this.#keys.delete(this.#flow);
      const place = { start: key.at, end: key.at };
      const opens = this.#flow === 0 && this.#deepen(key.column);
      this.tokens.splice(key.token, 0, { kind: "key", ...place });
      if (opens) this.tokens.splice(key.token, 0, { kind: "block-mapping-start", ...place });
      this.#keyAllowed = false;
    } else {
      if (this.#flow === 0) {
        if (!this.#keyAllowed)
          throw this.#cursor.finding(
            "a second colon in one value",
            'put the value in quotes: key: "text: more text"; or correct the indentation',
          );
        if (this.#deepen(this.#cursor.column)) this.#mark("block-mapping-start");
      }
      this.#keyAllowed = this.#flow === 0;
      this.#dropKey();
    }
    this.#mark("value", 1);
  }

  /** A scalar, alias, anchor, or tag: it may be a key itself. */
  #content(scan: () => Token): void {
    this.#rememberKey();
    this.#keyAllowed = false;
    this.tokens.push(scan());
  }

  #plain(): void {
    this.#rememberKey();
    const { token, brokenAfter } = scanPlain(this.#cursor, { flow: this.#flow > 0, indent: this.#indent + 1 });
    this.#keyAllowed = brokenAfter;
    this.tokens.push(token);
  }

  #isPlain(char: string): boolean {
    if (!"\0 \t\r\n-?:,[]{}#&*!|>'\"%@`".includes(char)) return true;
    const next = this.#cursor.peek(1);
    return !isBlankOrEnd(next) && (char === "-" || (this.#flow === 0 && (char === "?" || char === ":")));
  }

  /** Marks at the beginning of a line: the end of the text, directives, document marks. */
  #lineMark(char: string): boolean {
    const cursor = this.#cursor;
    if (char === theEnd) {
      this.#endBlocks();
      this.#mark("stream-end");
      this.done = true;
      return true;
    }
    if (cursor.column !== 0) return false;
    if (char === "%") {
      this.#endBlocks();
      this.tokens.push(scanDirective(cursor));
      return true;
    }
    if (!cursor.isDocumentMark()) return false;
    this.#endBlocks();
    this.#mark(char === "-" ? "document-start" : "document-end", 3);
    return true;
  }

  /** Indicators of structure. */
  #structure(char: string): boolean {
    const flowMark = flowMarks[char];
    const spaced = isBlankOrEnd(this.#cursor.peek(1));
    if (flowMark !== undefined) {
      if (char === "[" || char === "{") this.#flowStart(flowMark);
      else this.#flowEnd(flowMark);
    } else if (char === ",") {
      this.#keyAllowed = true;
      this.#dropKey();
      this.#mark("flow-entry", 1);
    } else if (char === "-" && spaced) this.#blockEntry();
    else if (char === "?" && (spaced || this.#flow > 0)) this.#explicitKey();
    else if (char === ":" && (spaced || this.#flow > 0)) this.#value();
    else return false;
    return true;
  }

  /** Scans one token, and what follows from it. */
  next(): void {
    const cursor = this.#cursor;
    this.#toNextToken();
    this.#dropStaleKeys();
    this.#unwind(cursor.column);
    const char = cursor.peek();
    if (this.#lineMark(char) || this.#structure(char)) return;
    if (char === "*" || char === "&") this.#content(() => scanName(cursor));
    else if (char === "!") this.#content(() => scanTag(cursor));
    else if (char === "'" || char === '"') this.#content(() => scanQuoted(cursor));
    else if ((char === "|" || char === ">") && this.#flow === 0) {
      this.#keyAllowed = true;
      this.#dropKey();
      this.tokens.push(scanBlock(cursor, this.#indent));
    } else if (this.#isPlain(char)) this.#plain();
    else if (char === "\t")
      throw cursor.finding("a tab character, which PyYAML refuses here", "replace the tab by spaces");
    else throw cursor.finding(`a value can't begin with ${cursor.shown()}`, "put the value in quotes");
  }
}

/** All tokens of a text; throws SyntaxFinding where PyYAML's scanner raises an error. */
export function scanTokens(text: string): Token[] {
  const scanner = new Scanner(text);
  while (!scanner.done) scanner.next();
  return scanner.tokens;
}
