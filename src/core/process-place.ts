import { createHash } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { bootId, processIdentity, startTicks } from "./process-table.js";

// Several machines (and containers) may work in one folder. A process can be asked for only where its number means something: on its machine, since
// the machine's last start, in its container.

/** A process as a file can name it for others. */
export interface PlacedProcess {
  readonly pid: number;
  /** Clock ticks since boot at which it started; undefined where the system doesn't tell. */
  readonly startTicks?: number | undefined;
  /** `hostId` of its machine. */
  readonly host: string;
  /** Machine, boot and container; processes of the same place can see each other. */
  readonly place: string;
}

/** Six characters for the name of a machine. */
export function hostId(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 6);
}

let own: PlacedProcess | undefined;

/** This process. */
export function thisProcess(): PlacedProcess {
  own ??= {
    pid: process.pid,
    startTicks: processIdentity(process.pid)?.startTicks,
    host: hostId(hostname()),
    place: createHash("sha256").update(`${hostname()}\n${bootId()}\n${processSpace()}`).digest("hex").slice(0, 12),
  };
  return own;
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
 * Whether a process lives; unknown if it can't be asked for from here.
 * @param lastSign when it last wrote something, in milliseconds; one from before this machine's last start has gone with it
 */
export function lifeOf(
  { pid, startTicks: started, host, place }: PlacedProcess,
  lastSign: number,
): "alive" | "gone" | "unknown" {
  const here = thisProcess();
  if (place === here.place)
    return (started === undefined ? hasNumber(pid) : startTicks(pid) === started) ? "alive" : "gone";
  const booted = Date.now() - uptime() * 1000;
  return host === here.host && lastSign < booted ? "gone" : "unknown";
}

/** Where the system doesn't tell when processes began. */
function hasNumber(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
}
