import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ensureWritableFolder } from "../../core/files.js";
import { temporaryName } from "../../core/liveness/temporary-files.js";

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(String(error.code));
}

/**
 * Creates `folder` with its first contents in one atomic step: `fill` writes into a temporary folder beside it, which
 * is then renamed. Returns false if the folder exists and is not empty. Of several callers at the same moment exactly
 * one gets true.
 */
export async function createFolderOnce(folder: string, fill: (temporary: string) => Promise<void>): Promise<boolean> {
  await ensureWritableFolder(dirname(folder));
  const temporary = temporaryName(folder);
  await mkdir(temporary);
  try {
    await fill(temporary);
    await rename(temporary, folder);
    return true;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (isTaken(error)) return false;
    throw error;
  }
}
