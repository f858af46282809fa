import type { LogLevel } from "./scan.js";

/** The writer of a log file. */
export type LogSource = "worker" | "scheduler" | "msrun" | "supervisor";

/** A question to the logs of one node. */
export interface LogQuestion {
  /** Patterns of paths below the run folder. */
  readonly patterns: readonly string[];
  /** Lowest level, as a position in `logLevels`; 0 takes all. */
  readonly level: number;
  /** Milliseconds since the epoch by the node's clock; records without a time are taken. */
  readonly since: number;
  readonly until: number;
  /** Source and flags of a regular expression that a record must match. */
  readonly match: { readonly source: string; readonly flags: string } | undefined;
  /** The last so many records of each file. */
  readonly tail: number;
}

/** One record of a log: a line, and the lines that belong to it. */
export interface LogRecord {
  readonly node: string;
  readonly source: LogSource;
  /** Of a worker. */
  readonly rank?: number;
  /** Path below the run folder on that node, and where the record begins there. */
  readonly path: string;
  readonly offset: number;
  /** Milliseconds since the epoch by this machine's clock. */
  readonly time?: number;
  readonly level?: LogLevel;
  readonly text: string;
}

/** What a node answers. */
export interface LogAnswer {
  readonly records: readonly Omit<LogRecord, "node" | "source" | "rank">[];
  readonly files: number;
  /** Bytes of all files, and how many of them were looked at. */
  readonly bytes: number;
  readonly searched: number;
}

/** What wrote a file, by its name. */
export function sourceOf(path: string): { readonly source: LogSource; readonly rank?: number } {
  const rank = /worker_(\d+)\.log$/.exec(path)?.[1];
  if (rank !== undefined) return { source: "worker", rank: Number(rank) };
  if (path.endsWith("scheduler.log")) return { source: "scheduler" };
  return { source: path.endsWith("msrun.log") ? "msrun" : "supervisor" };
}
