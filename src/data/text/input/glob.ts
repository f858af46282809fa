/** Whether a path is meant as a pattern. */
export function isGlob(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** The folder under which everything lies that a pattern can match. */
export function globBase(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex(isGlob);
  return parts.slice(0, first < 0 ? -1 : first).join("/") || "/";
}

/** `*` and `?` within a name, `**` across folders, `[…]` one of several characters, `{a,b}` one of several texts. */
export function globPattern(pattern: string): RegExp {
  let source = "";
  let braces = 0;
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] as string;
    const set = /^\[(!?)([^\]/]+)\]/.exec(pattern.slice(i));
    if (pattern.startsWith("**/", i)) {
      source += "(?:[^/]+/)*";
      i += 2;
    } else if (pattern.startsWith("**", i)) {
      source += ".*";
      i += 1;
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (set) {
      source += `[${set[1] ? "^/" : ""}${(set[2] as string).replace(/[\\\]^]/g, "\\$&")}]`;
      i += set[0].length - 1;
    } else if (character === "{" && pattern.indexOf("}", i) > 0) {
      source += "(?:";
      braces++;
    } else if (character === "}" && braces > 0) {
      source += ")";
      braces--;
    } else if (character === "," && braces > 0) source += "|";
    else source += character.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, "s");
}
