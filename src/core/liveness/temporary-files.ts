import { randomUUID } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { lifeOf, type ProcessIdentity, thisProcess } from "./process-identity.js";

// A file that is not finished says in its name whose it is: `.NAME.PROCESS.tmp`. So whoever writes NAME next can tell
// what a killed process has left from what another one is just writing.

/** A name beside `path` for a file that is not finished; same folder, so that the later rename is atomic. */
export function temporaryName(path: string): string {
  const { pid, startTicks, host, place } = thisProcess();
  const started = startTicks === undefined ? "" : startTicks.toString(36);
  const writer = `${host}${place}-${pid.toString(36)}-${started}-${randomUUID().slice(0, 8)}`;
  return join(dirname(path), `.${basename(path)}.${writer}.tmp`);
}

const temporary = /^\.(.+)\.([0-9a-f]{6})([0-9a-f]{12})-([0-9a-z]+)-([0-9a-z]*)-[0-9a-f]{8}\.tmp$/;

function readName(name: string): { readonly of: string; readonly writer: ProcessIdentity } | undefined {
  const [, of, host, place, pid, started] = temporary.exec(name) ?? [];
  if (of === undefined || host === undefined || place === undefined || pid === undefined) return undefined;
  const startTicks = started ? Number.parseInt(started, 36) : undefined;
  return { of, writer: { pid: Number.parseInt(pid, 36), startTicks, host, place } };
}

/** `removeAbandoned` for files that are about to be written, all in one folder. */
export async function removeAbandonedOf(paths: readonly [string, ...string[]]): Promise<void> {
  const names = paths.map((path) => basename(path));
  await removeAbandoned(dirname(paths[0]), (name) => names.includes(name));
}

/**
 * Removes from a folder what processes that live no more have left of files that they were writing; `belongs` is told
 * the names that those should have had. What another process is writing stays, as does what a process on another
 * machine may be writing. Also removes left probes of `ensureWritableFolder`.
 */
export async function removeAbandoned(folder: string, belongs: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const found = readName(name);
    if (found === undefined || !(belongs(found.of) || found.of === "probe")) continue;
    const path = join(folder, name);
    const written = await stat(path).catch(() => undefined);
    if (written?.isFile() && lifeOf(found.writer, written.mtimeMs) === "gone") await rm(path, { force: true });
  }
}
