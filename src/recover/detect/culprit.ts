import { formatCount } from "../../core/units.js";
/** What is known of a rank's process when nothing moves any more. */
export interface RankStack {
  readonly rank: number;
  /** State letter of /proc/<pid>/stat: R, S, D, T, Z; undefined if the process is gone. */
  readonly state: string | undefined;
  /** Frames of the main thread, innermost first; empty if they could not be read. */
  readonly frames: readonly string[];
}

export interface Culprit {
  readonly rank: number;
  readonly reason: string;
}

/** Where MindSpore's main thread stands while the graph, and the collectives in it, run. */
const insideGraph = /_exec_pip|GraphExecutorPy::Run/;
/** Ranks inside the graph wait for the others; so many of them make the odd one out the culprit. */
const leastWaiting = 1;

/**
 * The ranks that did not reach the collective: stopped or gone processes first, else those whose stack stands outside
 * of the graph while others wait inside. Empty if all look alike.
 */
export function culprits(stacks: readonly RankStack[]): readonly Culprit[] {
  const gone = stacks.filter(({ state }) => state === undefined || state === "Z" || state === "X");
  if (gone.length > 0) return gone.map(({ rank }) => ({ rank, reason: "its process is gone" }));
  const stopped = stacks.filter(({ state }) => state === "T" || state === "t");
  if (stopped.length > 0) return stopped.map(({ rank }) => ({ rank, reason: "its process is stopped (state T)" }));
  const disk = stacks.filter(({ state }) => state === "D");
  if (disk.length > 0 && disk.length < stacks.length)
    return disk.map(({ rank }) => ({ rank, reason: "it waits for a disk or a device (state D)" }));
  const read = stacks.filter(({ frames }) => frames.length > 0);
  const waiting = read.filter(({ frames }) => frames.some((frame) => insideGraph.test(frame)));
  const outside = read.filter((stack) => !waiting.includes(stack));
  if (waiting.length < leastWaiting || outside.length === 0) return [];
  const others = formatCount(waiting.length, "rank waits", "ranks wait");
  return outside.map(({ rank, frames }) => ({
    rank,
    reason: `it is in ${frames[0]?.trim()} while ${others} in a collective`,
  }));
}

/** Frames of the main thread from what `py-spy dump` prints. */
export function parseStackDump(text: string): readonly string[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => /^Thread .*"MainThread"/.test(line));
  if (start < 0) return [];
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith("    "));
  return rest.slice(0, end < 0 ? rest.length : end).map((line) => line.trim());
}
