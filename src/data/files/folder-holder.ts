import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { hostId, lifeOf, thisProcess } from "../../core/process-identity.js";
import { temporaryName } from "../../core/temporary-files.js";
import { asUnwritable } from "./token-files.js";

// A file that says which process works in a folder. It is created complete and only if there is none, so that of several processes that
// start at the same time one gets the folder. It is written anew all the time, so that a machine that can't ask for the process sees that it lives.

/** How often the process that has a folder says that it lives, in milliseconds. */
export const signInterval = 15_000;

/** The process that has a folder. */
export interface Holder {
  readonly pid: number;
  /** Name of its machine. */
  readonly host: string;
  /** When it took the folder, ISO 8601. */
  readonly since: string;
  /** False if it is on another machine or in another container, so that nobody here can say whether it lives. */
  readonly isHere: boolean;
  /** How long ago it last said that it lives, in milliseconds. */
  readonly silentFor: number;
}

/** A folder that this process has. */
export interface Hold {
  /** False as soon as another process has it, or somebody has removed the file. */
  isKept(): Promise<boolean>;
  /** Ends the signs of life. The file stays. */
  end(): Promise<void>;
}

interface Written {
  readonly pid: number;
  readonly startTicks?: number;
  readonly host: string;
  readonly place: string;
  readonly since: string;
  /** Tells this hold from all others. */
  readonly hold: string;
}

/** Takes the folder for this process by creating the file `path`; gives the process that has it, if there is one. */
export async function takeFolder(
  path: string,
  every = signInterval,
): Promise<{ readonly hold: Hold } | { readonly holder: Holder }> {
  const own = temporaryName(path);
  const { pid, startTicks, place } = thisProcess();
  const about = { pid, startTicks, host: hostname(), place, since: new Date().toISOString(), hold: randomUUID() };
  const text = JSON.stringify(about);
  await asUnwritable(path, () => writeFile(own, text));
  try {
    for (;;) {
      const holder = await otherHolder(path, own);
      if (holder) return { holder };
      await removeDead(path);
      if (await created(own, path)) return { hold: await hold(path, text, every) };
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function hold(path: string, text: string, every: number): Promise<Hold> {
  // The file that was just made, also if the name goes to another one.
  const file = await asUnwritable(path, () => open(path, "r+"));
  const signs = setInterval(() => void sayAlive(file, text), every);
  signs.unref();
  return {
    isKept: async () => (await readFile(path, "utf8").catch(() => "")) === text,
    async end() {
      clearInterval(signs);
      await file.close();
    },
  };
}

/** By writing rather than by setting a time: so all times are those of the file system's clock, whichever machine writes. */
async function sayAlive(file: FileHandle, text: string): Promise<void> {
  await file.write(text, 0).catch(() => undefined);
}

/**
 * The process that has the folder now, unless it is this one or has ended.
 * @param now a file that was just written beside it, for the time there; default: this machine's clock
 */
export async function otherHolder(path: string, now?: string): Promise<Holder | undefined> {
  const [found, file] = await Promise.all([readHolder(path), stat(path).catch(() => undefined)]);
  if (found === undefined || file === undefined) return undefined;
  const { pid, startTicks, host, place, since } = found;
  const isHere = place === thisProcess().place;
  if (isHere && pid === process.pid) return undefined;
  if (lifeOf({ pid, startTicks, host: hostId(host), place }, file.mtimeMs) === "gone") return undefined;
  const time = now === undefined ? Date.now() : (await stat(now)).mtimeMs;
  return { pid, host, since, isHere, silentFor: Math.max(0, time - file.mtimeMs) };
}

async function readHolder(path: string): Promise<Written | undefined> {
  try {
    const found = JSON.parse(await readFile(path, "utf8")) as Partial<Written>;
    return found.host === undefined || found.place === undefined ? undefined : (found as Written);
  } catch {
    return undefined;
  }
}

/** Takes the file of a dead process away; one that a living process has put there meanwhile is put back. */
async function removeDead(path: string): Promise<void> {
  const aside = temporaryName(path);
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
