/** What a file is that holds no UTF-8 text. */
export interface OtherContent {
  readonly what: string;
  /** What to do with it. `path` comes in quotes. `unpack`: `zcat` for a `.gz` file, undefined for a plain one. */
  hint(path: string, unpack: string | undefined): string;
}

const beginnings: readonly (readonly [bytes: string, what: string, ending: string])[] = [
  ["1f8b08", "gzip data", ".gz"],
  ["28b52ffd", "Zstandard data", ".zst"],
  ["5041523115", "a Parquet file", ".parquet"],
];

/** Files that are no text at all, with the command that makes them readable, if there is one. */
const others: readonly (readonly [bytes: string, what: string, unpack?: string])[] = [
  ["425a68..(314159265359|177245385090)", "bzip2 data", "bunzip2 -c"],
  ["fd377a585a00", "xz data", "unxz -c"],
  ["5d0000(01|02|04|08|10|20|40|80)00", "LZMA data", "unlzma -c"],
  ["1f9d", "data of compress", "uncompress -c"],
  ["504b(0304|0506|0708)", "a zip archive", "unzip -p"],
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
        hint: (path, unpack) =>
          unpack === undefined
            ? `give it the ending ${ending}: mv ${path} ${JSON.stringify(`${JSON.parse(path)}${ending}`)}`
            : `it was compressed once more; unpack it: ${unpack} ${path} > inner${ending}`,
      };
  if (first.subarray(0, pointer.length).toString("latin1") === pointer)
    return {
      what: "a pointer of Git LFS",
      hint: () => "fetch the file itself in its repository: git lfs pull",
    };
  const other = otherData(first);
  if (other)
    return {
      what: other[1],
      hint: (path, unpack) =>
        other[2] === undefined
          ? "exclude it: it holds no text"
          : `extract its text: ${piped(`${other[2]} `, path, unpack)} > text.txt`,
    };
  const encoding = wideEncoding(first);
  if (encoding === undefined) return undefined;
  return {
    what: `${encoding} text`,
    hint: (path, unpack) => `write it as UTF-8: ${piped(`iconv -f ${encoding} -t UTF-8 `, path, unpack)} > utf8.txt`,
  };
}

const pointer = "version https://git-lfs.github.com/spec/";

function otherData(first: Buffer): readonly [bytes: string, what: string, unpack?: string] | undefined {
  if (first.subarray(257, 262).toString("latin1") === "ustar") return ["", "a tar archive", "tar -xOf"];
  const start = first.subarray(0, 16).toString("hex");
  return others.find(([bytes]) => new RegExp(`^(?:${bytes})`).test(start));
}

/** `command` on a file, or on what comes out of it. Most archives take no input from a pipe. */
function piped(command: string, path: string, unpack: string | undefined): string {
  if (unpack === undefined) return `${command}${path}`;
  if (/^(unzip|7z|unrar) /.test(command)) return `${unpack} ${path} > inner; ${command}inner`;
  return `${unpack} ${path} | ${command.startsWith("tar ") ? `${command}-` : command.trimEnd()}`;
}

/** By the byte order mark, or because bytes are 0 in turn, as in no UTF-8 text. */
function wideEncoding(first: Buffer): string | undefined {
  const mark = first.subarray(0, 4).toString("hex");
  if (mark === "fffe0000" || mark === "0000feff") return "UTF-32";
  if (mark.startsWith("fffe") || mark.startsWith("feff")) return "UTF-16";
  const some = first.subarray(0, Math.min(64, first.length - (first.length % 4)));
  // Two characters may be anything; four in a row are not.
  if (some.length < 8) return undefined;
  const zeros = (place: number) => some.every((byte, i) => i % 4 !== place || byte === 0);
  const pattern = [0, 1, 2, 3].map((place) => (zeros(place) ? "0" : "x")).join("");
  const known: Readonly<Record<string, string>> = {
    x0x0: "UTF-16LE",
    "0x0x": "UTF-16BE",
    x000: "UTF-32LE",
    "000x": "UTF-32BE",
  };
  return known[pattern];
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
