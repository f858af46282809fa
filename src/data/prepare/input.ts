import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { temporaryName } from "../../core/liveness/temporary-files.js";
import { type FileRecord, fileSha256 } from "../files/file-record.js";
import { type FoundInputs, findInputs, type InputFile } from "../text/input/files.js";
import { type FileScan, type ScanFindings, scanFile } from "../text/scan.js";
import { stretchBytes } from "../tokenize/threads/work-sizes.js";
import type { PrepareRequest } from "./options.js";
import type { PrepareStore } from "./store.js";

/** The files that a request names; standard input is written into a file first, so that it can be read twice. */
export async function inputFiles({ inputs, inputFormat, prefix }: PrepareRequest): Promise<FoundInputs> {
  const named = inputs.includes("-") ? await saveStandardInput(prefix) : undefined;
  return findInputs(named ? inputs.map((one) => (one === "-" ? named : one)) : inputs, inputFormat);
}

/** Where standard input is kept until the dataset is there. */
export function standardInputPath(prefix: string): string {
  return join(dirname(prefix), `.${basename(prefix)}.stdin`);
}

async function saveStandardInput(prefix: string): Promise<string> {
  const path = standardInputPath(prefix);
  if (process.stdin.readableEnded && (await stat(path).catch(() => undefined))) return path; // read for another key
  const temporary = temporaryName(path);
  try {
    await pipeline(process.stdin, createWriteStream(temporary));
    const before = await fileSha256(path).catch(() => undefined);
    // The same text as before the interruption: the file with the known time of change stays.
    if (before !== (await fileSha256(temporary))) await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  return path;
}

export function totalBytes(files: readonly InputFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What was found out about small files is kept when it is about so many, or so much text. */
const keptTogether = { files: 256, bytes: 1024 * 1024 };

/** Reads what has not been read; `store` keeps what is known. */
export async function scanInputs(
  request: PrepareRequest,
  files: readonly InputFile[],
  { store, onBytes }: { readonly store: PrepareStore; readonly onBytes: (bytes: number) => void },
): Promise<FileScan[]> {
  const { encodingErrors, documentSeparator: separator, key, signal, chunkBytes } = request;
  const distance = stretchBytes(totalBytes(files), chunkBytes);
  const options = { encodingErrors, separator, key, signal, stretchBytes: distance, onBytes };
  const scans = await store.scans(files);
  for (const { bytes } of scans) onBytes(bytes);
  const left = files.slice(scans.length);
  const known = left[0] && (await store.findings(left[0]));
  let waiting: FileScan[] = [];
  let bytes = 0;
  const keep = async () => {
    await store.addScans(waiting);
    waiting = [];
    bytes = 0;
  };
  for (const [i, file] of left.entries()) {
    if (waiting.length > 0 && file.bytes >= keptTogether.bytes) await keep();
    const addFindings = (found: ScanFindings) => store.addFindings(file, found);
    const scan = await scanFile(file, { ...options, keep: addFindings, ...(i === 0 && known ? { known } : {}) });
    scans.push(scan);
    waiting.push(scan);
    bytes += file.bytes;
    if (bytes >= keptTogether.bytes || waiting.length >= keptTogether.files) await keep();
  }
  await keep();
  return scans;
}

/** What the manifest says about the input; without `scans` the hashes are those of `known`. */
export function inputRecords(
  files: readonly InputFile[],
  hashes: readonly string[],
): { readonly input: FileRecord; readonly inputs?: readonly FileRecord[] } {
  const records = files.map(({ path, bytes, modified }, i) => ({ path, bytes, modified, sha256: hashes[i] ?? "" }));
  const [first] = records;
  if (records.length === 1 && first) return { input: first };
  const sha256 = createHash("sha256")
    .update(records.map((record) => `${record.sha256} ${record.bytes}\n`).join(""))
    .digest("hex");
  const input = {
    path: `${files.length} files in ${commonFolder(files.map(({ path }) => path))}`,
    bytes: totalBytes(files),
    modified: Math.max(...files.map(({ modified }) => modified)),
    sha256,
  };
  return { input, inputs: records };
}

/** The folder that all paths lie in. */
export function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0] ?? "/");
  while (folder !== "/" && !paths.every((path) => path.startsWith(`${folder}/`))) folder = dirname(folder);
  return folder;
}
