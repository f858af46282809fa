/** One executed cell: line number within its session, code, and the text of its result once there is one. */
export interface HistoryEntry {
  readonly line: number;
  readonly code: string;
  readonly output: string | null;
}

/** All cells of one session, in the order in which they ran. Sessions are numbered from 1; a later one has a larger number. */
export interface SessionHistory {
  readonly session: number;
  readonly entries: readonly HistoryEntry[];
}
