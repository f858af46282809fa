import { type Cursor, isBreak, theEnd } from "./cursor.js";
import type { ScalarToken } from "./tokens.js";

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "\\": "\\",
  "/": "/",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};
const codeLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

const unclosed = "a quote that is never closed";

/** Line breaks inside quotes, folded; blanks at the beginning of the lines are dropped. */
function foldBreaks(cursor: Cursor, start: number): string {
  let breaks = "";
  for (;;) {
    if (cursor.isDocumentMark()) throw cursor.finding(unclosed, "close the quote", start);
    cursor.take((char) => char === " " || char === "\t");
    if (!cursor.takeBreak()) return breaks;
    breaks += "\n";
  }
}

function escaped(cursor: Cursor, start: number): string {
  cursor.forward();
  const char = cursor.peek();
  const simple = escapes[char];
  if (simple !== undefined && char !== theEnd) {
    cursor.forward();
    return simple;
  }
  const length = codeLengths[char];
  if (length !== undefined) {
    const digits = cursor.text.slice(cursor.at + 1, cursor.at + 1 + length);
    const code = Number.parseInt(digits, 16);
    if (!new RegExp(`^[0-9A-Fa-f]{${length}}$`).test(digits) || code > 0x10ffff)
      throw cursor.finding(`\\${char} needs ${length} hexadecimal digits`, "write \\\\ for a backslash");
    cursor.forward(1 + length);
    return String.fromCodePoint(code);
  }
  if (isBreak(char)) {
    cursor.takeBreak();
    return foldBreaks(cursor, start);
  }
  throw cursor.finding(`\\${char} is no escape in double quotes`, "write \\\\ for a backslash, or use single quotes");
}

/** Characters up to a blank, a line break, or the closing quote. */
function words(cursor: Cursor, quote: string, start: number): string {
  let text = "";
  for (;;) {
    text += cursor.take((char) => !"'\"\\\0 \t\r\n".includes(char));
    const char = cursor.peek();
    if (quote === "'" && char === "'" && cursor.peek(1) === "'") {
      text += "'";
      cursor.forward(2);
    } else if (quote === '"' && char === "\\") text += escaped(cursor, start);
    else if ("'\"\\".includes(char) && char !== quote) {
      text += char;
      cursor.forward();
    } else return text;
  }
}

function blanks(cursor: Cursor, start: number): string {
  const spaces = cursor.take((char) => char === " " || char === "\t");
  if (cursor.peek() === theEnd) throw cursor.finding(unclosed, "close the quote", start);
  if (!cursor.takeBreak()) return spaces;
  return foldBreaks(cursor, start) || " ";
}

/** Text in single or double quotes. */
export function scanQuoted(cursor: Cursor): ScalarToken {
  const start = cursor.at;
  const quote = cursor.peek();
  cursor.forward();
  let value = words(cursor, quote, start);
  while (cursor.peek() !== quote) value += blanks(cursor, start) + words(cursor, quote, start);
  cursor.forward();
  return { kind: "scalar", style: quote === "'" ? "single" : "double", value, start, end: cursor.at };
}
