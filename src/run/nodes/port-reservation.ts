import { mkdir, open, rm, stat } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/**
 * How long a port stays reserved, in milliseconds. The engine takes up to some minutes until its scheduler listens;
 * after that the port itself shows that it is taken.
 */
export const reservedMs = 15 * 60_000;

/** One file for each reserved port, shared by all processes of this user on this machine. */
function reservationsFolder(): string {
  return join(tmpdir(), `mindformers-lab-ports-${userInfo().uid}`);
}

/** Reserves a port for a run that will start. False if another run of this user has it. */
export async function reservePort(port: number, now = Date.now()): Promise<boolean> {
  const folder = reservationsFolder();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, String(port));
  const found = await stat(path).catch(() => undefined);
  if (found && now - found.mtimeMs > reservedMs) await rm(path, { force: true });
  // Of several processes at the same moment one creates the file.
  const file = await open(path, "wx").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return undefined;
    throw error;
  });
  if (!file) return false;
  await file.close();
  return true;
}

/** Gives a reserved port back, such as one that turned out to be in use. */
export async function releasePort(port: number): Promise<void> {
  await rm(join(reservationsFolder(), String(port)), { force: true });
}
