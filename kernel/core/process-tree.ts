import { readdirSync, readFileSync } from "node:fs";

/** Processes below `pid`, parents before their children; none where there is no /proc. */
export function descendants(pid: number): number[] {
  const found: number[] = [];
  for (const child of children(pid)) found.push(child, ...descendants(child));
  return found;
}

/** Child processes of `pid`, in the order in which they were started as far as Linux tells. */
export function children(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  return list(tasks).flatMap((task) =>
    readText(`${tasks}/${task}/children`)
      .split(" ")
      .filter((text) => text !== "")
      .map(Number),
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Empty for a file that is not there. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Milliseconds per tick of the processor times in /proc; 100 ticks a second on every Linux that Node runs on. */
const tick = 10;

/**
 * Processor time in ms of a process, and of its children that have ended; 0 where there is no /proc. Source: proc(5),
 * fields utime to cstime of stat.
 */
export function processorTime(pid: number): { readonly own: number; readonly children: number } {
  const text = readText(`/proc/${pid}/stat`);
  // The name in brackets may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [user = 0, system = 0, userOfChildren = 0, systemOfChildren = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) * tick, children: (userOfChildren + systemOfChildren) * tick };
}
