/**
 * Documentation is more than half of the declarations' text, and the compiler has no use for it (see `registry.ts`).
 * What is cut: the indent of a line, and before it whole lines of comment. A line of a declaration file begins inside
 * of no string.
 */
const cut = /^(?:[ \t]+|\/\*[^*]*(?:\*(?!\/)[^*]*)*\*\/[ \t]*\r?\n|\/\/.*\n)+/gm;

/** Declarations without their comments and indents. */
export function withoutCommentLines(text: string): string {
  return text.replace(cut, "");
}

/** Where a place in `withoutCommentLines(text)` is in the text. */
export function offsetWithCommentLines(text: string, offset: number): number {
  let place = offset;
  for (const { index, 0: found } of text.matchAll(cut)) {
    if (index > place) break;
    place += found.length;
  }
  return place;
}
