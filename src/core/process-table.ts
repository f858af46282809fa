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

/** Undefined for a process that has ended, and where the system doesn't tell. */
export function startTicks(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\)/s, "").trim().split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[19]);
  } catch {
    return undefined;
  }
}

function parseEnvironment(text: string): Record<string, string> {
  const entries = text.split("\0").map((entry) => {
    const cut = entry.indexOf("=");
    return [entry.slice(0, cut), entry.slice(cut + 1)] as const;
  });
  return Object.fromEntries(entries.filter(([key]) => key !== ""));
}

/** All living processes whose environment held `key=value` when they started, wherever they sit in the process tree. */
export async function markedProcesses(key: string, value: string): Promise<MarkedProcess[]> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (name) => {
      const text = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
      if (!`\0${text}`.includes(`\0${key}=${value}\0`)) return undefined;
      const command = await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "");
      return {
        pid: Number(name),
        command: command.replaceAll("\0", " ").trim(),
        environment: parseEnvironment(text),
      };
    }),
  );
  return found.filter((entry) => entry !== undefined && startTicks(entry.pid) !== undefined) as MarkedProcess[];
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
