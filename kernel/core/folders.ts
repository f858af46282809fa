import { lstatSync, mkdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Makes a folder and those above it; throws as `mkdirSync` does. Node's `recursive` never comes back where the system
 * says ENOENT about a folder whose parent is there, as automounted home folders and `/proc` do (Node 20).
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent, mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another kernel was faster.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A folder in the system's temporary one that only this user can use; undefined if somebody else made it. */
export function privateFolder(): string | undefined {
  try {
    const uid = process.getuid?.() ?? "user";
    const folder = join(tmpdir(), `mindformers-lab-${uid}`);
    makeFolder(folder, 0o700);
    const found = lstatSync(folder);
    const isOwn = found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
    return isOwn ? folder : undefined;
  } catch {
    return undefined;
  }
}
