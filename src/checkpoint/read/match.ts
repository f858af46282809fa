import { invalidArgument } from "../../core/arguments.js";

/**
 * Test for tensor names. In a text `*` stands for any characters (dots too) and `?` for one: `"*.layers.0.*"`. A
 * regular expression is taken as it is; undefined matches everything.
 */
export function nameMatcher(match: string | RegExp | undefined): (name: string) => boolean {
  if (match === undefined) return () => true;
  if (match instanceof RegExp) {
    const pattern = new RegExp(match.source, match.flags.replace(/[gy]/g, ""));
    return (name) => pattern.test(name);
  }
  if (typeof match !== "string") {
    const expected = "a text with * for any characters, or a regular expression";
    throw invalidArgument({ call: "match", expected, found: match, example: '{ match: "*.layers.0.*" }' });
  }
  // Runs of stars are one star; by hand, because a backtracking expression can take for ever on `*a*a*a*…`.
  const parts = Array.from(match.replace(/\*+/g, "*"));
  return (name) => globMatches(parts, Array.from(name));
}

function globMatches(parts: readonly string[], name: readonly string[]): boolean {
  let [part, at, star, resume] = [0, 0, -1, 0];
  while (at < name.length) {
    if (parts[part] === "*") {
      star = part++;
      resume = at;
    } else if (part < parts.length && (parts[part] === "?" || parts[part] === name[at])) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      part = star + 1;
      at = ++resume;
    } else return false;
  }
  while (parts[part] === "*") part += 1;
  return part === parts.length;
}
