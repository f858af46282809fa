import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { MachineError } from "../../core/error.js";
import { processesLike } from "../../core/process-table.js";
import type { NodeCommand } from "../../plan/command/command.js";
import { launcherOption, withLauncherOption } from "../record/node-command.js";

/** Ports that this process has given to runs; a run takes some seconds until it listens. */
const given = new Set<number>();

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

/** A free port at or above `start` that no other run of this process was given. */
export async function freePort(start: number): Promise<number> {
  for (let port = Math.max(1024, start); port <= 65_535; port += 1) {
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new MachineError("PORT_IN_USE", `ports ${start} to 65535: expected one that is free, found none`, {
    hint: "give cluster.port a lower value",
  });
}

/** Port of a plan whose caller named none. */
export const defaultPort = 8118;

/**
 * Gives the commands a port that they can meet on. A port that the caller chose is checked and never replaced; from
 * the default upwards the first free one is taken (one node only: other nodes may already have been told).
 */
export async function settlePort(commands: readonly NodeCommand[]): Promise<readonly NodeCommand[]> {
  const port = Number(commands[0] && launcherOption(commands[0], "master_port"));
  if (!Number.isInteger(port)) return commands;
  if (port === defaultPort && commands.length === 1) {
    const free = await freePort(port);
    return commands.map((command) => withLauncherOption(command, "master_port", String(free)));
  }
  if (await isFree(port)) return commands;
  const [holder, free] = [await portHolder(port), await freePort(port + 1)];
  given.delete(free);
  throw new MachineError(
    "PORT_IN_USE",
    `port ${port}: expected a free port for the cluster to meet on, found ${holder}`,
    {
      hint: `planRun(config, { cluster: { …, port: ${free} } })`,
      details: { port, free, holder },
    },
  );
}
