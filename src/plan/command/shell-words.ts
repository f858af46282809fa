/**
 * What is left of a text in double quotes: a backslash counts only before some characters, and before a line end it
 * takes that away.
 */
function inDoubleQuotes(text: string): string {
  return text.replace(/\\(\r?\n|["\\$`])/g, (_, escaped: string) => (escaped.endsWith("\n") ? "" : escaped));
}

/**
 * Splits a POSIX shell command line into its words: quotes, backslashes, and line continuations; variables stay as they
 * are written.
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const pattern = /\\\r?\n|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])|(\s+)|([^\s'"\\]+|['"\\])/g;
  for (const match of text.matchAll(pattern)) {
    const [whole, single, double, escaped, space, plain] = match;
    if (space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (single !== undefined) word = (word ?? "") + single;
    else if (double !== undefined) word = (word ?? "") + inDoubleQuotes(double);
    else if (escaped !== undefined || plain !== undefined) word = (word ?? "") + (escaped ?? plain);
    else if (!/^\\\r?\n$/.test(whole)) word = (word ?? "") + whole;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** One word of a POSIX shell command line. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** One word in double quotes, as people write a program with its arguments. */
export function doubleQuoted(word: string): string {
  return `"${word.replace(/["\\$`]/g, "\\$&")}"`;
}
