import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { hostId, lifeOf, thisProcess } from "./process-identity.js";
import { temporaryName } from "./temporary-files.js";

// A file that says which process works in a folder. It appears complete, and only if there is none, so that one of
// several processes that start at the same time gets the folder. Its owner rewrites it all the time, so that machines
// that cannot see the process see that it lives.

/** How often a process renews its sign of life, in milliseconds. */
export const signInterval = 15_000;

/** The process that has a folder. */
export interface Holder {
  readonly pid: number;
  /** Name of its machine. */
  readonly host: string;
  /** When it took the folder, ISO 8601. */
  readonly since: string;
  /** False if it runs on another machine or in another container, so that nobody here can see whether it lives. */
  readonly isHere: boolean;
  /** How long ago it last gave a sign of life, in milliseconds. */
  readonly silentFor: number;
}

/** A folder that this process has. */
export interface Hold {
  /** False as soon as another process has it, or somebody has removed the file. */
  isKept(): Promise<boolean>;
  /** Ends the signs of life. The file stays. */
  end(): Promise<void>;
}

export interface HoldOptions {
  /** Milliseconds between two signs of life, default 15,000. */
  readonly every?: number;
  /**
   * Takes the folder from a process that nobody here can see and that has given no sign of life for this many
   * milliseconds. Default: never, a person has to decide.
   */
  readonly takeOverAfter?: number;
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

/**
 * Takes the folder for this process by creating the file `path`; returns the process that has it, if there is one.
 * Throws the system's error if the file cannot be written.
 */
export async function takeHold(
  path: string,
  options: HoldOptions = {},
): Promise<{ readonly hold: Hold } | { readonly holder: Holder }> {
  const { every = signInterval, takeOverAfter = Number.POSITIVE_INFINITY } = options;
  const own = temporaryName(path);
  const { pid, startTicks, place } = thisProcess();
  const about = { pid, startTicks, host: hostname(), place, since: new Date().toISOString(), hold: randomUUID() };
  const text = JSON.stringify(about);
  await writeFile(own, text);
  const isDead = (holder: Holder) => !holder.isHere && holder.silentFor > takeOverAfter;
  try {
    for (;;) {
      const holder = await otherHolder(path, own);
      if (holder && !isDead(holder)) return { holder };
      await removeDead(path, isDead);
      if (await created(own, path)) return { hold: await keep(path, text, every) };
    }
  } finally {
    await rm(own, { force: true });
  }
}

async function keep(path: string, text: string, every: number): Promise<Hold> {
  // The file that was just made, also if another process takes the name.
  const file = await open(path, "r+");
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

/** Writes instead of setting a time: all times are then those of the file system's clock, whichever machine writes. */
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
async function removeDead(path: string, isDead: (holder: Holder) => boolean): Promise<void> {
  const aside = temporaryName(path);
  const there = await rename(path, aside).then(
    () => true,
    () => false,
  );
  if (!there) return;
  const holder = await otherHolder(aside);
  if (holder && !isDead(holder)) await created(aside, path);
  await rm(aside, { force: true });
}

/**
 * Gives the file a second name, unless somebody has that name. On file systems without links it is copied by a call
 * that fails likewise.
 */
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
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
