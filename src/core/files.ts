import { mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { LabError } from "./error.js";
import { temporaryName } from "./liveness/temporary-files.js";
import { formatBytes } from "./units.js";

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

/**
 * Creates the folder and those above it that are missing, step by step; throws the system's error. Node's own recursive
 * `mkdir` tries for ever where the system answers ENOENT although the folder above is there, as it does in /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  if (await isFolder(path)) return;
  const above = dirname(path);
  if (!(await stat(above).catch(() => undefined)) && above !== path) await makeFolder(above);
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await isFolder(path))) throw error; // otherwise somebody else made it meanwhile
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Creates the folder if need be and proves that it can be written; throws FILE_UNWRITABLE with the system's reason. */
export async function ensureWritableFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    const probe = temporaryName(join(folder, "probe"));
    const file = await open(probe, "wx");
    await file.close();
    await rm(probe);
  } catch (error) {
    throw new LabError(
      "FILE_UNWRITABLE",
      `folder ${folder}: expected a folder that can be written, found ${errorCode(error)}`,
      {
        hint: isDiskFull(error)
          ? "free space on the disk and run the line again"
          : `choose another folder, or: mkdir -p ${folder} && chmod u+w ${folder}`,
        details: { folder },
        cause: error,
      },
    );
  }
}

/** Writes a whole file (also from blocks) so that no reader ever sees a part of it: temporary file, fsync, rename. */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  await ensureWritableFolder(dirname(path));
  const temporary = temporaryName(path);
  let bytes = 0;
  try {
    const file = await open(temporary, "wx");
    try {
      const blocks = typeof content === "string" || content instanceof Uint8Array ? [content] : content;
      for (const block of blocks) {
        bytes += Buffer.byteLength(block);
        await file.writeFile(block);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    const space = isDiskFull(error) ? `: ${await spaceText(path, bytes)}` : "";
    throw new LabError("FILE_UNWRITABLE", `file ${path}: could not be written: ${errorCode(error)}${space}`, {
      hint: "free space on the disk or choose another folder",
      details: { path },
      cause: error,
    });
  }
}

/** Throws FILE_MISSING unless `path` is a file that exists; returns its size in bytes. */
export async function requireFile(path: string, what = "file"): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return found.size;
  throw new LabError("FILE_MISSING", `${what} ${path}: expected a file, found ${found ? "a folder" : "nothing"}`, {
    hint: `check the path; relative paths start at ${process.cwd()}`,
    details: { path },
  });
}

/** Bytes of all files below a folder, hard links counted as often as they occur; unreadable ones are skipped. */
export async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await folderSize(path);
    else if (entry.isFile())
      bytes += await stat(path).then(
        (found) => found.size,
        () => 0,
      );
  }
  return bytes;
}

/** Free bytes on the disk of the nearest folder that exists; infinite where the system does not tell. */
export async function freeSpace(path: string): Promise<number> {
  for (let place = resolve(path); ; place = dirname(place)) {
    const found = await statfs(place).catch(() => undefined);
    if (found) return found.bavail * found.bsize;
    if (place === dirname(place)) return Number.POSITIVE_INFINITY;
  }
}

/** A disk with less free bytes holds no logs and no record. */
const leastFreeBytes = 1 << 20;

/** In words, if a disk with so many free bytes is full; `place`: a folder or a node. */
export function fullDisk(place: string, freeBytes: number): string | undefined {
  return freeBytes < leastFreeBytes ? `the disk of ${place} is full (${formatBytes(freeBytes)} free)` : undefined;
}

/** True for what the system answers on a full disk or at the end of a quota. */
export function isDiskFull(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT";
}

/** What a message about a full disk says of space. `needed`: bytes that are still to be written. */
export async function spaceText(path: string, needed: number): Promise<string> {
  return `expected ${formatBytes(needed)} of free space, found ${formatBytes(await freeSpace(path))}`;
}
