import { type Cursor, isBlankOrEnd, isBreakOrEnd } from "./cursor.js";
import type { DirectiveToken, NameToken, TagToken } from "./tokens.js";

const isName = (char: string): boolean => /^[0-9A-Za-z_-]$/.test(char);
const isUri = (char: string): boolean => /^[0-9A-Za-z;/?:@&=+$,_.!~*'()[\]%-]$/.test(char);

/** `&name` or `*name`. */
export function scanName(cursor: Cursor): NameToken {
  const start = cursor.at;
  const kind = cursor.peek() === "*" ? "alias" : "anchor";
  cursor.forward();
  const name = cursor.take(isName);
  const after = cursor.peek();
  if (name === "" || !(isBlankOrEnd(after) || "?:,]}%@`".includes(after)))
    throw cursor.finding(
      `names of anchors and aliases have letters, digits, _, and -, found ${cursor.shown()}`,
      `quote the text if it is not an ${kind}`,
    );
  return { kind, name, start, end: cursor.at };
}

function scanUri(cursor: Cursor): string {
  const text = cursor.take(isUri);
  let decoded = "";
  try {
    decoded = decodeURIComponent(text);
  } catch {
    decoded = "";
  }
  if (decoded === "") throw cursor.finding(`expected the name of a tag, found ${cursor.shown()}`, "remove the tag");
  return decoded;
}

function scanHandle(cursor: Cursor): string {
  const match = /^!(?:[0-9A-Za-z_-]*!)?/.exec(cursor.text.slice(cursor.at, cursor.at + 200));
  const handle = match?.[0] ?? "";
  if (handle === "" || (handle === "!" && cursor.peek(1) !== " "))
    throw cursor.finding(`expected the handle of a tag, found ${cursor.shown()}`, "remove the tag");
  cursor.forward(handle.length);
  return handle;
}

/** True if a second ! comes before the tag ends. */
function hasHandle(cursor: Cursor): boolean {
  let length = 1;
  while (!" \0\r\n".includes(cursor.peek(length)) && cursor.peek(length) !== "!") length++;
  return cursor.peek(length) === "!";
}

function tagParts(cursor: Cursor): Pick<TagToken, "handle" | "suffix"> {
  if (cursor.peek(1) === "<") {
    cursor.forward(2);
    const suffix = scanUri(cursor);
    if (cursor.peek() !== ">") throw cursor.finding(`expected > at the end of the tag, found ${cursor.shown()}`);
    cursor.forward();
    return { handle: undefined, suffix };
  }
  if (isBlankOrEnd(cursor.peek(1))) {
    cursor.forward();
    return { handle: undefined, suffix: "!" };
  }
  if (hasHandle(cursor)) return { handle: scanHandle(cursor), suffix: scanUri(cursor) };
  cursor.forward();
  return { handle: "!", suffix: scanUri(cursor) };
}

/** `!tag`, `!!tag`, `!handle!tag`, `!<tag>`, or `!`. */
export function scanTag(cursor: Cursor): TagToken {
  const start = cursor.at;
  const parts = tagParts(cursor);
  if (!(cursor.peek() === " " || isBreakOrEnd(cursor.peek())))
    throw cursor.finding(`expected a space after the tag, found ${cursor.shown()}`);
  return { kind: "tag", ...parts, start, end: cursor.at };
}

function yamlVersion(cursor: Cursor): number {
  cursor.skipSpaces();
  const version = cursor.take((char) => /[0-9.]/.test(char));
  const match = /^(\d+)\.\d+$/.exec(version);
  if (match === null) throw cursor.finding(`expected a version such as 1.1, found ${JSON.stringify(version)}`);
  return Number(match[1]);
}

/** A line that begins with %. */
export function scanDirective(cursor: Cursor): DirectiveToken {
  const start = cursor.at;
  cursor.forward();
  const name = cursor.take(isName);
  if (name === "" || !(cursor.peek() === " " || isBreakOrEnd(cursor.peek())))
    throw cursor.finding("a line that begins with % is a directive", "quote the text");
  let tag: DirectiveToken["tag"];
  let major: number | undefined;
  if (name === "YAML") major = yamlVersion(cursor);
  else if (name === "TAG") {
    cursor.skipSpaces();
    const handle = scanHandle(cursor);
    if (cursor.peek() !== " ") throw cursor.finding(`expected a space, found ${cursor.shown()}`);
    cursor.skipSpaces();
    tag = [handle, scanUri(cursor)];
  } else cursor.take((char) => !isBreakOrEnd(char));
  if (!(cursor.peek() === " " || isBreakOrEnd(cursor.peek())))
    throw cursor.finding(`expected the end of the directive, found ${cursor.shown()}`);
  cursor.restOfLine("a directive");
  return { kind: "directive", name, tag, major, start, end: cursor.at };
}
