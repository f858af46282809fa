import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { isRunning, type ProcessIdentity, processIdentity } from "../core/process-table.js";
import { asUnwritable } from "./token-files.js";

// A file that says which process works in a folder. It is created complete and only if there is none, so that of several processes that
// start at the same time one gets the folder.

/** Takes the folder for this process by creating the file `path`; gives the number of the process that has it, if there is one. */
export async function takeFolder(path: string): Promise<number | undefined> {
  const own = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  const identity = processIdentity(process.pid) ?? { pid: process.pid };
  await asUnwritable(path, () => writeFile(own, JSON.stringify(identity)));
  try {
    for (;;) {
      const holder = await otherHolder(path);
      if (holder) return holder.pid;
      await removeDead(path);
      if (await created(own, path)) return undefined;
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** The process that has the folder now, if it is alive and another one than this. */
export async function otherHolder(path: string): Promise<ProcessIdentity | undefined> {
  const holder = await holderIn(path);
  return holder !== undefined && holder.pid !== process.pid && isRunning(holder) ? holder : undefined;
}

async function holderIn(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** Takes the file of a dead process away; one that a living process has put there meanwhile is put back. */
async function removeDead(path: string): Promise<void> {
  const aside = `${path}.${randomUUID().slice(0, 8)}.tmp`;
  const there = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!there) return;
  if (await otherHolder(aside)) await created(aside, path);
  await rm(aside, { force: true });
}

/** Gives the file a second name, unless somebody has that name. On file systems without links it is copied by a call that fails likewise. */
async function created(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
  }
  try {
    await writeFile(to, await readFile(from), { flag: "wx" });
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    return asUnwritable(to, () => Promise.reject(error));
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
