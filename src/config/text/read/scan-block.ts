import { type Cursor, isBreakOrEnd, theEnd } from "./cursor.js";
import type { ScalarToken } from "./tokens.js";

interface Header {
  /** What happens to the line breaks at the end: one stays, all stay, none stays. */
  readonly chomping: "clip" | "keep" | "strip";
  readonly increment: number | undefined;
}

function scanHeader(cursor: Cursor): Header {
  const indicators = cursor.take((char) => /[-+0-9]/.test(char));
  const match = /^(?:([-+])(\d)?|(\d)([-+])?)?$/.exec(indicators);
  const [sign, digit] = [match?.[1] ?? match?.[4], match?.[2] ?? match?.[3]];
  if (match === null || digit === "0" || !(cursor.peek() === " " || isBreakOrEnd(cursor.peek())))
    throw cursor.finding(
      "after | or > PyYAML takes at most one + or - and one digit from 1 to 9",
      "put the text on the next line",
    );
  cursor.restOfLine("| or >");
  const chomping = sign === "+" ? "keep" : sign === "-" ? "strip" : "clip";
  return { chomping, increment: digit === undefined ? undefined : Number(digit) };
}

/** Empty lines and the indentation of the next line, at most `indent` spaces of it. */
function emptyLines(cursor: Cursor, indent: number): string {
  let breaks = "";
  for (;;) {
    while (cursor.column < indent && cursor.peek() === " ") cursor.forward();
    if (!cursor.takeBreak()) return breaks;
    breaks += "\n";
  }
}

/** Empty lines at the beginning, and the deepest indentation among them and the first line. */
function firstIndentation(cursor: Cursor): { breaks: string; deepest: number } {
  let breaks = "";
  let deepest = 0;
  for (;;) {
    if (cursor.peek() === " ") {
      cursor.forward();
      deepest = Math.max(deepest, cursor.column);
    } else if (cursor.takeBreak()) breaks += "\n";
    else return { breaks, deepest };
  }
}

interface Lines {
  readonly value: string;
  /** Line breaks after the last line. */
  readonly lastBreak: string;
  readonly breaks: string;
  /** Offset after the last line and its break. */
  readonly end: number;
}

function scanLines(cursor: Cursor, folded: boolean, { indent, first }: { indent: number; first: string }): Lines {
  let value = "";
  let breaks = first;
  let lastBreak = "";
  let end = cursor.at;
  const isLine = (): boolean => cursor.column === indent && cursor.peek() !== theEnd;
  if (!isLine()) return { value, lastBreak, breaks, end: -1 };
  for (;;) {
    const blankBefore = " \t".includes(cursor.peek());
    value += breaks + cursor.take((char) => !isBreakOrEnd(char));
    lastBreak = cursor.takeBreak() ? "\n" : "";
    end = cursor.at;
    breaks = emptyLines(cursor, indent);
    if (!isLine()) return { value, lastBreak, breaks, end };
    const joins = folded && lastBreak === "\n" && !blankBefore && !" \t".includes(cursor.peek());
    if (!joins) value += lastBreak;
    else if (breaks === "") value += " ";
  }
}

/** Text of a block (`|` or `>`); `indent` is that of the surrounding block. */
export function scanBlock(cursor: Cursor, outer: number): ScalarToken {
  const start = cursor.at;
  const folded = cursor.peek() === ">";
  cursor.forward();
  const { chomping, increment } = scanHeader(cursor);
  const afterHeader = cursor.at;
  const least = Math.max(1, outer + 1);
  let indent = least + (increment ?? 1) - 1;
  let first: string;
  if (increment === undefined) {
    const found = firstIndentation(cursor);
    indent = Math.max(least, found.deepest);
    first = found.breaks;
  } else first = emptyLines(cursor, indent);
  const lines = scanLines(cursor, folded, { indent, first });
  const value = lines.value + (chomping === "strip" ? "" : lines.lastBreak) + (chomping === "keep" ? lines.breaks : "");
  const contentEnd = lines.end < 0 ? afterHeader : lines.end;
  const end = chomping === "keep" ? Math.max(contentEnd, lineStart(cursor)) : contentEnd;
  return { kind: "scalar", style: "block", value, start, end };
}

/** Offset of the beginning of the line that the cursor stands in; the end of the text if it stands there. */
function lineStart(cursor: Cursor): number {
  return cursor.peek() === theEnd && cursor.column === 0 ? cursor.at : cursor.text.lastIndexOf("\n", cursor.at - 1) + 1;
}
