import { basename, relative } from "node:path";
import { formatCount } from "../../../core/units.js";

/** A file of a folder that is not read. */
export interface LeftOut {
  /** Absolute. */
  readonly path: string;
  readonly why: string;
}

const packed: readonly (readonly [ending: RegExp, what: string, unpack: string])[] = [
  [/\.(tar|tgz|tar\.\w+)$/i, "a tar archive", "tar -xf"],
  [/\.bz2$/i, "bzip2 data", "bunzip2 -k"],
  [/\.(xz|lzma)$/i, "xz data", "unxz -k"],
  [/\.zip$/i, "a zip archive", "unzip"],
  [/\.7z$/i, "a 7-Zip archive", "7z x"],
  [/\.rar$/i, "a RAR archive", "unrar x"],
  [/\.lz4$/i, "LZ4 data", "lz4 -dk"],
  [/\.br$/i, "Brotli data", "brotli -dk"],
  [/\.z$/i, "data of compress", "uncompress -k"],
  [/\.sz$/i, "Snappy data", "snzip -dk"],
  [/\.parquet\.gz$/i, "a compressed Parquet file", "gunzip -k"],
  [/\.parquet\.zst$/i, "a compressed Parquet file", "unzstd -k"],
];

const tables = /\.(csv|tsv|xlsx?|ods)(\.(gz|zst))?$/i;

/** What a compressed file is that is not read, and the command that unpacks it. */
export function packedFile(path: string): { readonly what: string; readonly unpack: string } | undefined {
  const found = packed.find(([ending]) => ending.test(path));
  return found && { what: found[1], unpack: `${found[2]} ${JSON.stringify(path)}` };
}

/** Files of datasets that lie in the folder: nobody misses them. */
const ours = /\.manifest\.json$|_document\.(bin|idx)$|mindrecord\d*(\.db)?$/;

/** Why a file of a folder is not read; undefined for what a dataset consists of. */
export function whyLeftOut(path: string): string | undefined {
  if (ours.test(path)) return undefined;
  const found = packedFile(path);
  if (found) return `${found.what}; unpack it: ${found.unpack}`;
  if (tables.test(path)) return "a table; write it as JSON lines or Parquet";
  const ending = /\.[^.]+?(\.(gz|zst))?$/i.exec(basename(path))?.[0];
  return (
    `${ending === undefined ? "no ending" : `the ending ${ending}`}, expected that of a text file; ` +
    "name the file itself to read it"
  );
}

/** Compressed files and tables before those that only have another ending: they are more often missed. */
const byWeight = (files: readonly LeftOut[]): readonly LeftOut[] => {
  const isData = ({ path }: LeftOut) => packedFile(path) !== undefined || tables.test(path);
  return [...files.filter(isData), ...files.filter((file) => !isData(file))];
};

/** At most five files by name, each with the reason. */
export function leftOutNames(files: readonly LeftOut[], folder: string, more: string): string {
  const named = byWeight(files)
    .slice(0, 5)
    .map(({ path, why }) => `${relative(folder, path)} (${why})`);
  return [...named, ...(files.length > 5 ? [`and ${formatCount(files.length - 5)} more${more}`] : [])].join("; ");
}

/** A line for the notes: at most five files by name. */
export function leftOutNote(files: readonly LeftOut[], folder: string): string | undefined {
  if (files.length === 0) return undefined;
  const named = leftOutNames(files, folder, " (manifest.reading.leftOut)");
  return `${formatCount(files.length, "input file")} not read: ${named}`;
}
