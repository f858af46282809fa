import { readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { isDiskFull, makeFolder } from "../../core/files.js";

export interface RemovalRequest {
  /** The folder of the whole training's checkpoints; a folder of removed ones stands in it for a moment. */
  readonly root: string;
  /** Folders (1.9 layout) or files (rank folders) of the checkpoint. */
  readonly paths: readonly string[];
  /** Of its files. */
  readonly bytes: number;
}

const trashName = ".mindformers-lab-removed";

/**
 * Removes a checkpoint: its files are moved out of their places first, so that a killed process leaves no checkpoint
 * that looks whole and is not. Also removes what an earlier, killed call has moved. Returns false if nothing of the
 * checkpoint was there.
 */
export async function removeSaved({ root, paths }: RemovalRequest): Promise<boolean> {
  const trash = join(root, trashName);
  // The last rank's file goes first: without it the set is incomplete at once.
  const order = [...paths].reverse();
  let isFound = false;
  try {
    await makeFolder(trash);
  } catch (error) {
    if (!isDiskFull(error) || order[0] === undefined) throw error;
    await makeRoom(order[0], trash);
    isFound = true;
  }
  for (const path of order) {
    const place = relative(root, dirname(path)).replaceAll("/", "__");
    const moved = rename(path, join(trash, `${place}__${basename(path)}`)).then(() => true);
    if (await moved.catch(isPresent)) isFound = true;
  }
  for (const name of await readdir(trash)) await rm(join(trash, name), { recursive: true, force: true });
  await rm(trash, { recursive: true, force: true });
  return isFound;
}

/** On a disk without room for one more folder: the folder of the checkpoint becomes it, or a file makes room for it. */
async function makeRoom(first: string, trash: string): Promise<void> {
  if ((await stat(first)).isDirectory()) return rename(first, trash);
  await rm(first);
  await makeFolder(trash);
}

/** False for a path that is not there; every other error is thrown. */
function isPresent(error: unknown): false {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ENOENT") throw error;
  return false;
}
