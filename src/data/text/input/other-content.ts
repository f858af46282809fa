/** What a file is that holds no UTF-8 text, and what to do with it; `path` comes in quotes. */
export interface OtherContent {
  readonly what: string;
  hint(path: string): string;
}

const beginnings: readonly (readonly [bytes: string, what: string, ending: string])[] = [
  ["1f8b08", "gzip data", ".gz"],
  ["28b52ffd", "Zstandard data", ".zst"],
  ["5041523115", "a Parquet file", ".parquet"],
];

/** Tells by the first bytes what is often taken for UTF-8 text; undefined for everything else. */
export function otherThanText(first: Buffer): OtherContent | undefined {
  for (const [bytes, what, ending] of beginnings)
    if (first.subarray(0, bytes.length / 2).toString("hex") === bytes)
      return {
        what,
        hint: (path) => `give it the ending ${ending}: mv ${path} ${JSON.stringify(`${JSON.parse(path)}${ending}`)}`,
      };
  const encoding = utf16(first);
  if (encoding === undefined) return undefined;
  return {
    what: `${encoding} text`,
    hint: (path) => `write it as UTF-8: iconv -f ${encoding} -t UTF-8 ${path} > utf8.txt`,
  };
}

/** By the byte order mark, or because every second byte of the beginning is 0, as in no UTF-8 text. */
function utf16(first: Buffer): string | undefined {
  const mark = first.subarray(0, 2).toString("hex");
  if (mark === "fffe" || mark === "feff") return "UTF-16";
  if (first.length < 16) return undefined;
  const some = first.subarray(0, 64);
  const isZero = (odd: number) => some.every((byte, i) => i % 2 !== odd || byte === 0);
  if (isZero(0) === isZero(1)) return undefined;
  return isZero(1) ? "UTF-16LE" : "UTF-16BE";
}
