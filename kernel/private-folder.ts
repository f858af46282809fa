import { lstatSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "./folders.js";

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
