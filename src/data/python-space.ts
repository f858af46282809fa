/**
 * The characters of Python's `\s` and `str.strip` for text: those of JavaScript's `\s` without U+FEFF,
 * and with U+001C to U+001F and U+0085.
 */
const space = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

const leading = new RegExp(`^[${space}]+`);
const single = new RegExp(`[${space}]`);

/** Number of whitespace characters that `text` starts with. */
export function leadingSpace(text: string): number {
  return leading.exec(text)?.[0].length ?? 0;
}

/** Number of whitespace characters that `text` ends with. */
export function trailingSpace(text: string): number {
  let end = text.length;
  while (end > 0 && single.test(text.charAt(end - 1))) end--;
  return text.length - end;
}
