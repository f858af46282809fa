import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

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

/** All living processes whose environment held `key=value` when they started, wherever they sit in the process tree. */
export function markedProcesses(key: string, value: string): Promise<MarkedProcess[]> {
  return new MarkedProcesses(key, value).find();
}

interface Seen {
  readonly startTicks: number;
  readonly marked: MarkedProcess | undefined;
  /** Its environment is that of its own program. */
  readonly isFinal: boolean;
}

/** A process that was just forked has the environment of its parent until it starts its program. Load prolongs it. */
const youngTicks = 3000;

/** Ticks since boot. */
function ticksNow(): number {
  return Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 100;
}

/** Finds marked processes again and again; reads the environment of an old process once. */
export class MarkedProcesses {
  readonly #wanted: string;
  #seen = new Map<number, Seen>();

  constructor(key: string, value: string) {
    this.#wanted = `\0${key}=${value}\0`;
  }

  async find(): Promise<MarkedProcess[]> {
    const pids = readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
    const now = new Map<number, Seen>();
    const old = ticksNow() - youngTicks;
    for (const pid of pids) {
      const ticks = startTicks(pid);
      if (ticks === undefined) continue;
      const before = this.#seen.get(pid);
      const isKnown = before?.startTicks === ticks && before.isFinal;
      now.set(pid, isKnown ? before : { startTicks: ticks, marked: await this.#look(pid), isFinal: ticks < old });
    }
    this.#seen = now;
    const found = [...now.values()].map(({ marked }) => marked).filter((marked) => marked !== undefined);
    return found.filter(({ pid }) => startTicks(pid) !== undefined);
  }

  async #look(pid: number): Promise<MarkedProcess | undefined> {
    const text = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!`\0${text}`.includes(this.#wanted)) return undefined;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    return { pid, command: command.replaceAll("\0", " ").trim(), environment: parseEnvironment(text) };
  }
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
