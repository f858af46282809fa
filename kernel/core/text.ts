/** A text's first `length` UTF-16 units at most, without half of a character at the end. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(length - 1)) && /[\udc00-\udfff]/.test(text.charAt(length));
  return text.slice(0, isHalf ? length - 1 : length);
}

const escapes = /\\(?:u[\dA-Fa-f]{4}|.)/g;

/**
 * A JSON text whose strings are well-formed Unicode. `JSON.stringify` writes half of a surrogate pair as its escape,
 * which readers in other languages can't store; here it becomes U+FFFD, as Node's streams write it.
 */
export function wellFormedJson(json: string): string {
  if (!json.includes("\\ud")) return json;
  // Whole pairs stand as they are: what is escaped is alone. An escaped backslash before `ud800` is a match of its own.
  return json.replace(escapes, (found) => (/^\\ud[89a-f]/.test(found) ? "\\ufffd" : found));
}
