import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LabError } from "../core/error.js";
import { ensureWritableFolder } from "../core/files.js";
import { isRunning, type ProcessIdentity, processIdentity } from "../core/process-table.js";
import { temporaryName } from "../core/temporary-files.js";
import { openLine } from "./name.js";

function isTaken(error: unknown): boolean {
  return error instanceof Error && "code" in error && ["ENOTEMPTY", "EEXIST", "ENOTDIR"].includes(String(error.code));
}

/**
 * Creates `folder` with its first contents in one atomic step: `fill` writes into a temporary folder beside it, which is then
 * renamed. False if the folder exists already with something in it; of several callers at the same moment exactly one gets true.
 */
export async function claimFolder(folder: string, fill: (temporary: string) => Promise<void>): Promise<boolean> {
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

async function holderOf(lock: string): Promise<ProcessIdentity | undefined> {
  const text = await readFile(lock, "utf8").catch(() => "");
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return undefined;
  }
}

/** Runs `work` while no other process does the same for this run; throws RUN_NAME_TAKEN if one is at it. A dead holder's lock is removed. */
export async function withLaunchLock<T>(folder: string, name: string, work: () => Promise<T>): Promise<T> {
  const lock = join(folder, "control", "launch.lock");
  await mkdir(dirname(lock), { recursive: true });
  const holder = await holderOf(lock);
  if (holder && !isRunning(holder)) await rm(lock, { force: true });
  const file = await open(lock, "wx").catch((cause: unknown) => {
    throw new LabError(
      "RUN_NAME_TAKEN",
      `run ${name}: another process (${holder?.pid ?? "unknown"}) is just launching it`,
      {
        hint: `const run = ${openLine(folder)}`,
        cause,
      },
    );
  });
  try {
    await file.writeFile(JSON.stringify(processIdentity(process.pid) ?? {}));
    return await work();
  } finally {
    await file.close();
    await rm(lock, { force: true });
  }
}
