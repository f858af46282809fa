import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { children, descendants } from "../core/process-tree.js";

/** How long a child process may take to end itself after SIGINT before it is killed, in ms. */
const grace = 300;

/**
 * Ends the process that the main thread waits for, and everything below it: first as Ctrl-C would, then for good. It is
 * the child that was started last, as a blocked thread starts no others. Needs /proc; where there is none, nothing
 * happens.
 */
export async function endBlockingChild(isBlocked: () => boolean): Promise<void> {
  const child = newestChild();
  if (child === undefined) return;
  const tree = [child, ...descendants(child)];
  signalAll(tree, "SIGINT");
  await delay(grace);
  if (!isBlocked() || newestChild() !== child) return;
  signalAll([...tree, ...descendants(child)], "SIGKILL");
}

/** The kernel's own children, which no cell waits for: the type checker and the builder of its snapshot. */
function newestChild(): number | undefined {
  return children(process.pid).findLast((pid) => !/[\\/]checker[\\/-]/.test(commandLine(pid)));
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
