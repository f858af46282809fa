const space = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";

/**
 * The 24 rules one after the other over the whole text, with plain `replaceAll` and regular expressions: slow, simple,
 * to compare with.
 */
export function cleanWholeText(text: string): string {
  let result = text.replace(/\r\n?/g, "\n").replaceAll("s '", "s'");
  result = result.replace(/\/' [0-9]\//g, "/'[0-9]/");
  for (const mark of "-,.") result = result.replaceAll(` @${mark}@ `, mark);
  for (const mark of ":;.!?,") result = result.replaceAll(` ${mark} `, `${mark} `);
  for (const [open, close] of ["()", "[]", "{}", '""', "''"] as unknown as [string, string][]) {
    const pair = new RegExp(`\\${open}${space}*([^\\${close}]*?)${space}*\\${close}`, "g");
    result = result.replace(pair, (_, content: string) => open + content + close);
  }
  for (const count of [4, 3, 2]) result = result.replaceAll(Array(count).fill("=").join(" "), "=".repeat(count));
  result = result.replaceAll(" \u00b0 ", "\u00b0").replaceAll(" \n", "\n").replaceAll("\n ", "\n");
  return result.replaceAll(" N ", " 1 ").replaceAll(" 's", "'s");
}

/** The pieces that become training text, by the same simple means. */
export function wholeTextPieces(text: string): string[] {
  const heading = new RegExp(`^${space}*=`);
  return cleanWholeText(text)
    .split("\n\n")
    .filter((piece) => piece !== "" && !heading.test(piece));
}
