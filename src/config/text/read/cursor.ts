import { SyntaxFinding } from "./finding.js";

/** The character that stands for the end of the text. */
export const theEnd = "\0";

/** Ends of a word: blanks, line breaks, the end of the text. */
export const isBlankOrEnd = (char: string): boolean => "\0 \t\r\n".includes(char);
export const isBreak = (char: string): boolean => char === "\n" || char === "\r";
export const isBreakOrEnd = (char: string): boolean => isBreak(char) || char === theEnd;

/** A place in a text with its line and column (in code points), as PyYAML's reader counts them. */
export class Cursor {
  readonly text: string;
  /** UTF-16 offset. */
  at = 0;
  line = 0;
  column = 0;

  constructor(text: string) {
    this.text = text;
  }

  peek(ahead = 0): string {
    return this.text[this.at + ahead] ?? theEnd;
  }

  forward(count = 1): void {
    for (let left = count; left > 0; left--) {
      const char = this.peek();
      this.at++;
      if (char === "\n" || (char === "\r" && this.peek() !== "\n")) {
        this.line++;
        this.column = 0;
      } else if (char !== "\ufeff" && !(char >= "\udc00" && char <= "\udfff")) this.column++;
    }
  }

  /** Takes characters as long as `accepts` holds, and returns them. */
  take(accepts: (char: string) => boolean): string {
    let length = 0;
    while (accepts(this.peek(length))) length++;
    const taken = this.text.slice(this.at, this.at + length);
    this.forward(length);
    return taken;
  }

  skipSpaces(): void {
    while (this.peek() === " ") this.forward();
  }

  skipComment(): void {
    if (this.peek() === "#") this.take((char) => !isBreakOrEnd(char));
  }

  /** Takes a line break, if one stands here. */
  takeBreak(): boolean {
    if (!isBreak(this.peek())) return false;
    this.forward(this.peek() === "\r" && this.peek(1) === "\n" ? 2 : 1);
    return true;
  }

  /** Spaces and a comment up to the end of the line; anything else is a finding. */
  restOfLine(what: string): void {
    this.skipSpaces();
    this.skipComment();
    if (!isBreakOrEnd(this.peek()))
      throw this.finding(`expected a comment or the end of the line after ${what}, found ${this.shown()}`);
    this.takeBreak();
  }

  /** True at a line that begins with `---` or `...`. */
  isDocumentMark(): boolean {
    const mark = this.text.slice(this.at, this.at + 3);
    return (mark === "---" || mark === "...") && isBlankOrEnd(this.peek(3));
  }

  /** The character here, for messages. */
  shown(): string {
    if (this.peek() === theEnd) return "the end of the text";
    return this.peek() === "\t" ? "a tab" : JSON.stringify(String.fromCodePoint(this.text.codePointAt(this.at) ?? 0));
  }

  finding(message: string, hint = "correct the YAML at this place", offset = this.at): SyntaxFinding {
    return new SyntaxFinding({ offset, message, hint });
  }
}
