import { createHash } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { bootId, startTicks } from "./process-table.js";

// The one owner of the question "does that process live?". Several machines and containers may work in one folder. A
// process id means something only on its own machine, since that machine's last start, and inside its container.

/**
 * A process as a file names it for others. It stays valid when the operating system gives its number to another
 * process.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /**
   * Clock ticks since boot at which it started (field 22 of /proc/<pid>/stat); undefined where the system does not
   * say.
   */
  readonly startTicks?: number | undefined;
  /** `hostId` of its machine. */
  readonly host: string;
  /** Machine, boot, and container; processes of the same place see each other. */
  readonly place: string;
}

/** Six characters for the name of a machine. */
export function hostId(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 6);
}

let own: Pick<ProcessIdentity, "host" | "place"> | undefined;

function here(): Pick<ProcessIdentity, "host" | "place"> {
  own ??= {
    host: hostId(hostname()),
    place: createHash("sha256").update(`${hostname()}\n${bootId()}\n${processSpace()}`).digest("hex").slice(0, 12),
  };
  return own;
}

let self: ProcessIdentity | undefined;

/** This process. */
export function thisProcess(): ProcessIdentity {
  self ??= { pid: process.pid, startTicks: startTicks(process.pid), ...here() };
  return self;
}

/**
 * Identity of a process that lives here; undefined for one that has ended, also if its parent has not collected it
 * yet.
 */
export function processIdentity(pid: number): (ProcessIdentity & { readonly startTicks: number }) | undefined {
  const ticks = startTicks(pid);
  return ticks === undefined ? undefined : identityOf(pid, ticks);
}

/** The same for a process of which it is known when it started. */
export function identityOf(pid: number, startTicks: number): ProcessIdentity & { readonly startTicks: number } {
  return { pid, startTicks, ...here() };
}

/** The kernel's name of the table of processes; a container has one of its own. */
function processSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/**
 * Whether a process lives; `unknown` if this process cannot see it.
 * @param lastSign when it last wrote something, in milliseconds since the epoch; a process that wrote before this
 * machine's last start is gone
 */
export function lifeOf(process: ProcessIdentity, lastSign: number): "alive" | "gone" | "unknown" {
  const { host, place } = here();
  if (process.place === place) return isRunning(process) ? "alive" : "gone";
  const booted = Date.now() - uptime() * 1000;
  return process.host === host && lastSign < booted ? "gone" : "unknown";
}

/** True if that very process runs and this process can see it. */
export function isRunning({ pid, startTicks: started, place }: ProcessIdentity): boolean {
  if (place !== here().place) return false;
  return started === undefined ? hasNumber(pid) : startTicks(pid) === started;
}

/** For systems that do not say when processes began. */
function hasNumber(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
}
