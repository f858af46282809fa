import type { RequestContents } from "../channels/messages.js";
import { type HistoryStore, noHistory } from "./history-store.js";
import { type HistoryLine, selectHistory } from "./select.js";
import type { HistoryEntry, SessionHistory } from "./session-file.js";
import { formatCell, formatOutput } from "./session-file.js";

/** Execution count of one kernel process, its history, and through the store that of the processes before it. */
export class Session {
  private count = 0;
  private readonly entries: HistoryEntry[] = [];
  private readonly lineOf = new Map<string, number>();
  /** Taken at the first cell: kernels that never run one leave no trace. */
  private number: number | undefined;

  constructor(private readonly kept: HistoryStore = noHistory) {}

  /** Count of the last stored cell; 0 before the first one. */
  get executionCount(): number {
    return this.count;
  }

  /** Records a cell that is about to run and returns its number. */
  store(code: string, requestId: string): number {
    this.number ??= this.kept.begin();
    this.count += 1;
    this.entries.push({ line: this.count, code, output: null });
    this.lineOf.set(requestId, this.count);
    this.keep(formatCell(this.count, code));
    return this.count;
  }

  /** Records the text of the result of the cell that `requestId` started, if that cell is stored. */
  storeOutput(requestId: string, text: string): void {
    const line = this.lineOf.get(requestId);
    const entry = line === undefined ? undefined : this.entries[line - 1];
    if (line === undefined || entry === undefined) return;
    this.lineOf.delete(requestId);
    this.entries[line - 1] = { ...entry, output: text };
    this.keep(formatOutput(line, text));
  }

  history(query: RequestContents["history_request"]): HistoryLine[] {
    const current = this.number ?? this.kept.newest() + 1;
    return selectHistory(query, { current, newestFirst: () => this.newestFirst(current) });
  }

  private *newestFirst(current: number): Iterable<SessionHistory> {
    let isOwnDone = false;
    for (const other of this.kept.others(this.number)) {
      if (!isOwnDone && other.session < current) {
        isOwnDone = true;
        yield { session: current, entries: this.entries };
      }
      yield other;
    }
    if (!isOwnDone) yield { session: current, entries: this.entries };
  }

  private keep(text: string | undefined): void {
    if (text !== undefined) this.kept.append(text);
  }
}
