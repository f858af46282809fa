import { type Cursor, isBlankOrEnd, isBreak, theEnd } from "./cursor.js";
import type { ScalarToken } from "./tokens.js";

/** What a scan of plain text needs to know of its surroundings. */
export interface PlainPlace {
  /** Inside brackets. */
  readonly flow: boolean;
  /** Column that lines must have at least to continue the text (outside of brackets). */
  readonly indent: number;
}

function endsPlain(cursor: Cursor, ahead: number, flow: boolean): boolean {
  const char = cursor.peek(ahead);
  if (isBlankOrEnd(char)) return true;
  if (flow && ",?[]{}".includes(char)) return true;
  const next = cursor.peek(ahead + 1);
  return char === ":" && (isBlankOrEnd(next) || (flow && ",[]{}".includes(next)));
}

/** What stands between two words: spaces, or folded line breaks; undefined if the text ends here. */
function between(cursor: Cursor): { readonly text: string | undefined; readonly broken: boolean } {
  const spaces = cursor.take((char) => char === " ");
  if (!isBreak(cursor.peek())) return { text: spaces === "" ? undefined : spaces, broken: false };
  cursor.takeBreak();
  if (cursor.isDocumentMark()) return { text: undefined, broken: true };
  let breaks = "";
  for (;;) {
    if (cursor.peek() === " ") cursor.forward();
    else if (cursor.takeBreak()) {
      breaks += "\n";
      if (cursor.isDocumentMark()) return { text: undefined, broken: true };
    } else return { text: breaks === "" ? " " : breaks, broken: true };
  }
}

/** Unquoted text; `brokenAfter`: the cursor stands on another line than the text's end. */
export function scanPlain(cursor: Cursor, { flow, indent }: PlainPlace): { token: ScalarToken; brokenAfter: boolean } {
  const start = cursor.at;
  let end = start;
  let value = "";
  let space = "";
  let broken = false;
  while (cursor.peek() !== "#" && cursor.peek() !== theEnd) {
    let length = 0;
    while (!endsPlain(cursor, length, flow)) length++;
    if (length === 0) break;
    value += space + cursor.text.slice(cursor.at, cursor.at + length);
    cursor.forward(length);
    end = cursor.at;
    const gap = between(cursor);
    broken = gap.broken;
    if (gap.text === undefined || cursor.peek() === "#" || (!flow && cursor.column < indent)) break;
    space = gap.text;
  }
  return { token: { kind: "scalar", style: "plain", value, start, end }, brokenAfter: broken };
}
