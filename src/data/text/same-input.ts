import { stat } from "node:fs/promises";
import { DataError } from "../../core/error.js";
import { fileSha256 } from "../files/file-record.js";
import type { InputFile } from "./input/files.js";
import type { FileScan } from "./scan.js";

/**
 * Makes sure, after the last reading, that the files hold what the first reading found. Only those that somebody has
 * touched meanwhile are read again. Throws INPUT_CHANGED.
 */
export async function requireSameInput(files: readonly InputFile[], scans: readonly FileScan[]): Promise<void> {
  for (let at = 0; at < files.length; at += 64)
    await Promise.all(files.slice(at, at + 64).map((file, i) => requireSame(file, scans[at + i] as FileScan)));
}

async function requireSame({ path, bytes, modified, changed }: InputFile, { sha256 }: FileScan): Promise<void> {
  const now = await stat(path).catch(() => undefined);
  // The time of change of the inode can't be set back, unlike the time of modification.
  if (now?.size === bytes && now.mtimeMs === modified && now.ctimeMs === changed) return;
  const found = now && (await fileSha256(path));
  if (found === sha256) return;
  const other = found === undefined ? "no file" : `other bytes (sha256 ${found.slice(0, 12)})`;
  throw new DataError(
    "INPUT_CHANGED",
    `input ${path}: expected the bytes of the first reading (sha256 ${sha256.slice(0, 12)}), ` +
      `found ${other} after the last`,
    { hint: "wait until the file is complete and run the cell again", details: { path } },
  );
}
