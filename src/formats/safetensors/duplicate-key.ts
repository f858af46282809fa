/**
 * The first key that a JSON object has twice, in itself or in one of the objects inside; undefined if there is none.
 * `JSON.parse` keeps the
 * last one without a word. `value` is what `text` parses to.
 */
export function duplicateKey(text: string, value: unknown): string | undefined {
  return surelyUnique(text, value) ? undefined : searchDuplicate(text);
}

/**
 * A quick proof for usual headers: without escapes, every parsed entry accounts for one occurrence of each of its
 * keys.
 */
function surelyUnique(text: string, value: unknown): boolean {
  if (text.includes("\\") || typeof value !== "object" || value === null) return false;
  if (text.includes('"__metadata__"')) {
    const { __metadata__: metadata, ...rest } = value as Record<string, unknown>;
    const keys = Object.keys(metadata ?? {});
    if (keys.length > 64 || occurrences(text, '"__metadata__"') !== 1) return false;
    if (keys.some((key) => occurrences(text, `"${key}":`) !== 1)) return false;
    return fieldsUnique(text, Object.keys(rest).length);
  }
  return fieldsUnique(text, Object.keys(value).length);
}

function fieldsUnique(text: string, entries: number): boolean {
  return ['"dtype"', '"shape"', '"data_offsets"'].every((key) => occurrences(text, key) === entries);
}

function occurrences(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}

/** Walks through valid JSON and remembers the keys of every open object. */
function searchDuplicate(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(undefined);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const end = endOfString(text, at);
      if (isKey(text, end)) {
        const key: string = JSON.parse(text.slice(at, end));
        const keys = open.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
      at = end - 1;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isKey(text: string, at: number): boolean {
  let next = at;
  while (next < text.length && " \t\n\r".includes(text[next] as string)) next += 1;
  return text[next] === ":";
}
