import { randomInt } from "node:crypto";
import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { MachineError } from "../../core/error.js";
import { processesLike } from "../../core/liveness/process-table.js";
import type { NodeCommand } from "../../plan/command/command.js";
import { launcherOption, withLauncherOption } from "../record/node-command.js";
import { releasePort, reservePort } from "./port-reservation.js";

/** Below the range from which Linux takes ports for outgoing connections, and above those of well-known services. */
const range = { lowest: 20_000, highest: 32_700 } as const;
const tries = 400;

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "0.0.0.0", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** True if nobody listens on the port and no run that is starting means to. */
async function isFree(port: number): Promise<boolean> {
  if (!(await canListen(port))) return false;
  return (await processesLike(new RegExp(`--master_port=${port}(?:\\s|$)`))).length === 0;
}

/** Inode of the socket that listens on the port (state 0A in /proc/net/tcp). */
async function listeningInode(port: number): Promise<string | undefined> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const text = await readFile(table, "latin1").catch(() => "");
    for (const line of text.split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === "0A" && fields[1]?.endsWith(`:${hex}`)) return fields[9];
    }
  }
  return undefined;
}

async function holdsSocket(pid: string, inode: string): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
    if (target === `socket:[${inode}]`) return true;
  }
  return false;
}

/** Who listens on the port, as text for a person; "another process" if that can't be seen. */
export async function portHolder(port: number): Promise<string> {
  const starting = (await processesLike(new RegExp(`--master_port=${port}(?:\\s|$)`)))[0];
  if (starting) return `process ${starting.pid} (${starting.command.slice(0, 120)})`;
  const inode = await listeningInode(port);
  for (const pid of inode === undefined ? [] : await readdir("/proc")) {
    if (!/^\d+$/.test(pid) || !(await holdsSocket(pid, inode as string))) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return `process ${pid} (${command.replaceAll("\0", " ").trim().slice(0, 120)})`;
  }
  return "another process";
}

/**
 * A free port, reserved for the caller for some minutes: a run that is launched takes that long until it listens.
 * Random, so that runs of other users and machines rarely want the same one.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = randomInt(range.lowest, range.highest + 1);
    if (!(await reservePort(port))) continue;
    if (await isFree(port)) return port;
    await releasePort(port);
  }
  const found = `found none among ${tries} random ones`;
  throw new MachineError("PORT_IN_USE", `ports ${range.lowest} to ${range.highest}: expected a free one, ${found}`, {
    hint: "planRun(config, { cluster: { …, port: 29500 } })",
  });
}

/** Port of a plan whose caller named none. */
export const defaultPort = 8118;

/**
 * Gives the commands a port that they can meet on. A port that the caller chose is checked and never replaced; instead
 * of the default a free one is taken, unless other nodes may already have been told.
 */
export async function settlePort(
  commands: readonly NodeCommand[],
  startsAll = commands.length === 1,
): Promise<readonly NodeCommand[]> {
  const port = Number(commands[0] && launcherOption(commands[0], "master_port"));
  if (!Number.isInteger(port)) return commands;
  if (port === defaultPort && startsAll) {
    const free = await freePort();
    return commands.map((command) => withLauncherOption(command, "master_port", String(free)));
  }
  if (await isFree(port)) return commands;
  const [holder, free] = [await portHolder(port), await freePort()];
  await releasePort(free);
  throw new MachineError(
    "PORT_IN_USE",
    `port ${port}: expected a free port for the cluster to meet on, found ${holder}`,
    {
      hint: `planRun(config, { cluster: { …, port: ${free} } })`,
      details: { port, free, holder },
    },
  );
}
