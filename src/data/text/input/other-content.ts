/** What a file is that holds no UTF-8 text, and what to do with it; `path` comes in quotes. */
export interface OtherContent {
  readonly what: string;
  hint(path: string): string;
  /** Nobody wants it as text, whatever is to be done about encoding errors. */
  readonly never: boolean;
}

const beginnings: readonly (readonly [bytes: string, what: string, ending: string])[] = [
  ["1f8b08", "gzip data", ".gz"],
  ["28b52ffd", "Zstandard data", ".zst"],
  ["5041523115", "a Parquet file", ".parquet"],
];

/** Files that are no text at all, with the command that makes them readable, if there is one. */
const others: readonly (readonly [bytes: string, what: string, unpack?: string])[] = [
  ["425a68..314159265359", "bzip2 data", "bunzip2 -kc"],
  ["fd377a585a00", "xz data", "unxz -kc"],
  ["504b0304", "a zip archive", "unzip -p"],
  ["377abcaf271c", "a 7-Zip archive", "7z x -so"],
  ["526172211a07", "a RAR archive", "unrar p -inul"],
  ["04224d18", "LZ4 data", "lz4 -dc"],
  ["255044462d", "a PDF document", "pdftotext"],
  ["89504e470d0a1a0a", "a PNG image"],
  ["ffd8ff", "a JPEG image"],
  ["7f454c46", "a program"],
  ["53514c69746520666f726d6174203300", "an SQLite database"],
  ["894844460d0a1a0a", "an HDF5 file"],
  ["934e554d5059", "a NumPy array"],
  ["4152524f57310000", "an Arrow file"],
  ["4f626a01", "an Avro file"],
];

/** Tells by the first bytes what is often taken for UTF-8 text; undefined for everything else. */
export function otherThanText(first: Buffer): OtherContent | undefined {
  for (const [bytes, what, ending] of beginnings)
    if (first.subarray(0, bytes.length / 2).toString("hex") === bytes)
      return {
        what,
        never: true,
        hint: (path) => `give it the ending ${ending}: mv ${path} ${JSON.stringify(`${JSON.parse(path)}${ending}`)}`,
      };
  const start = first.subarray(0, 16).toString("hex");
  const other = others.find(([bytes]) => new RegExp(`^${bytes}`).test(start));
  if (other)
    return {
      what: other[1],
      never: true,
      hint: (path) =>
        other[2] === undefined ? "exclude it: it holds no text" : `extract its text: ${other[2]} ${path} > text.txt`,
    };
  const encoding = utf16(first);
  if (encoding === undefined) return undefined;
  return {
    what: `${encoding} text`,
    never: false,
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

/** Whether bytes around a place that is not UTF-8 are no text in any encoding: zeros, or many control characters. */
export function looksBinary(bytes: Buffer): boolean {
  let controls = 0;
  for (const byte of bytes) {
    if (byte === 0) return true;
    if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13) controls++;
  }
  return controls * 20 > bytes.length;
}
