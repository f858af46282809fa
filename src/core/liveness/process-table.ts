import { readdirSync, readFileSync } from "node:fs";
import { open, readFile } from "node:fs/promises";

export interface MarkedProcess {
  readonly pid: number;
  readonly command: string;
  /** The process's environment when it started. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The kernel's id of this boot, empty where the system has none. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

/** Part of `/proc/<pid>/stat`. */
export interface ProcessStat {
  /** `R`, `S`, `D`, `T` (stopped) and so on. */
  readonly state: string;
  readonly parent: number;
  /** Clock ticks since boot at which it started. */
  readonly startTicks: number;
}

/** Undefined for a process that has ended (also if nobody collected it yet), and where the system does not say. */
export function processStat(pid: number): ProcessStat | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\)/s, "").trim().split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return { state: fields[0] ?? "", parent: Number(fields[1]), startTicks: Number(fields[19]) };
  } catch {
    return undefined;
  }
}

/** Undefined for a process that has ended, and where the system does not say. */
export function startTicks(pid: number): number | undefined {
  return processStat(pid)?.startTicks;
}

function parseEnvironment(text: string): Record<string, string> {
  const entries = text.split("\0").map((entry) => {
    const cut = entry.indexOf("=");
    return [entry.slice(0, cut), entry.slice(cut + 1)] as const;
  });
  return Object.fromEntries(entries.filter(([key]) => key !== ""));
}

/** A marked process that lives, as it is now. */
export interface FoundProcess extends MarkedProcess {
  readonly stat: ProcessStat;
}

/** All living processes whose environment held `key=value` when they started, wherever they sit in the process tree. */
export function markedProcesses(key: string, value: string): Promise<FoundProcess[]> {
  return new MarkedProcesses(key, value).find();
}

interface Seen {
  readonly startTicks: number;
  readonly marked: MarkedProcess | undefined;
  /** Ticks since boot at which its environment is read again; infinite once it is that of its own program. */
  readonly againAt: number;
}

/** A process that was just forked has the environment of its parent until it starts its program. Load prolongs it. */
const youngTicks = 3000;
/** More than most environments have. */
const portionBytes = 1 << 16;
/** Milliseconds after which a process without the mark is looked at again: its number may be another one's by then. */
const recheckMs = 10_000;

/** Ticks since boot. */
function ticksNow(): number {
  return Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 100;
}

/**
 * Finds marked processes again and again. Reads the environment of an old process once, of a young one whenever its
 * age has doubled, and nothing for ten seconds of one that has no mark.
 */
export class MarkedProcesses {
  readonly #wanted: string;
  #seen = new Map<number, Seen>();
  #checkedAt = Number.NEGATIVE_INFINITY;

  constructor(key: string, value: string) {
    this.#wanted = `\0${key}=${value}\0`;
  }

  async find(): Promise<FoundProcess[]> {
    const all = performance.now() >= this.#checkedAt + recheckMs;
    if (all) this.#checkedAt = performance.now();
    const ticks = ticksNow();
    const now = new Map<number, Seen>();
    const found: FoundProcess[] = [];
    for (const name of readdirSync("/proc")) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const before = this.#seen.get(pid);
      const isStranger = before !== undefined && before.marked === undefined && before.againAt > ticks;
      const isSkipped = isStranger && !all;
      const stat = isSkipped ? undefined : processStat(pid);
      const seen = isSkipped ? before : stat && (await this.#check(pid, stat, ticks));
      if (seen) now.set(pid, seen);
      if (seen?.marked && stat) found.push({ ...seen.marked, stat });
    }
    this.#seen = now;
    return found;
  }

  async #check(pid: number, stat: ProcessStat, ticks: number): Promise<Seen> {
    const before = this.#seen.get(pid);
    if (before?.startTicks === stat.startTicks && before.againAt > ticks) return before;
    const age = Math.max(1, ticks - stat.startTicks);
    const againAt = age > youngTicks ? Number.POSITIVE_INFINITY : ticks + age;
    return { startTicks: stat.startTicks, marked: await this.#look(pid), againAt };
  }

  async #look(pid: number): Promise<MarkedProcess | undefined> {
    const text = await readWhole(`/proc/${pid}/environ`);
    if (!`\0${text}`.includes(this.#wanted)) return undefined;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return { pid, command: command.replaceAll("\0", " ").trim(), environment: parseEnvironment(text) };
  }
}

/** A file of /proc, whose size nobody knows before; empty if there is none. Takes half the calls of `readFile`. */
async function readWhole(path: string): Promise<string> {
  const file = await open(path, "r").catch(() => undefined);
  if (!file) return "";
  const portions: Buffer[] = [];
  try {
    for (;;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(portionBytes), 0, portionBytes);
      portions.push(buffer.subarray(0, bytesRead));
      if (bytesRead < portionBytes) break;
    }
  } catch {
    // The process has ended meanwhile.
  } finally {
    await file.close();
  }
  return Buffer.concat(portions).toString("utf8");
}

/** Commands of all processes whose command line matches. */
export async function processesLike(pattern: RegExp): Promise<{ readonly pid: number; readonly command: string }[]> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (name) => {
      const text = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
      return { pid: Number(name), command: text.replaceAll("\0", " ").trim() };
    }),
  );
  return found.filter(({ command }) => pattern.test(command));
}
