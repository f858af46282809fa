import { AsyncLocalStorage } from "node:async_hooks";
import { hideContext } from "./hidden-context.js";
import type { MessageHeader } from "./publisher.js";

/** One execution of one cell: everything that decides where its output goes. */
export interface Cell {
  /** Header of the request that started it; its output is published with this parent. */
  readonly parent: MessageHeader;
  /** Route to the client that sent it, for questions to the user. */
  readonly identities: readonly Uint8Array[];
  /** True: nothing of it is published. */
  readonly silent: boolean;
  /** True if the front end can answer questions. */
  readonly interactive: boolean;
  readonly executionCount: number;
  /** Aborted when the cell is interrupted. */
  readonly abort: AbortController;
}

const storage = new AsyncLocalStorage<Cell>();
/** Several if subshells run cells; the one that began last comes last. */
const running = new Set<Cell>();
let latest: Cell | undefined;

/** Keeps what `runInCell` needs out of sight: nothing of it may be seen on the user's promises and timers. */
export function hideCellContext(): void {
  // Any value that isn't the present one: Node does nothing for that.
  const nobody = {} as Cell;
  storage.run(nobody, () => hideContext(Promise.resolve()));
}

/** Runs `fn` so that everything it starts, also timers and promises that outlive it, belongs to `cell`. */
export function runInCell<T>(cell: Cell, fn: () => T): T {
  return storage.run(cell, fn);
}

/** The cell whose code, or code started by it, is executing now; undefined outside of any cell. */
export function currentCell(): Cell | undefined {
  return storage.getStore();
}

/** The kernel begins to execute `cell`. */
export function beginCell(cell: Cell): void {
  running.add(cell);
  latest = cell;
}

/** The reply to `cell` is about to leave. */
export function endCell(cell: Cell): void {
  running.delete(cell);
}

/** True from the begin of `cell` to its end; code that it has started may go on later. */
export function isRunning(cell: Cell): boolean {
  return running.has(cell);
}

/** The own cell if it is being executed, else the one that began last, or undefined between cells. */
export function runningCell(): Cell | undefined {
  const own = storage.getStore();
  return own !== undefined && running.has(own) ? own : [...running].at(-1);
}

/** Where output belongs: the own cell, or, where Node lost the trail, a running cell, or the last one that ran. */
export function outputCell(): Cell | undefined {
  return storage.getStore() ?? runningCell() ?? latest;
}

/**
 * The cell that made `promise`. Node calls handlers of unhandled rejections outside of the promise's context, but keeps
 * the store on it.
 */
export function cellOfPromise(promise: Promise<unknown>): Cell | undefined {
  const key = (storage as unknown as { readonly kResourceStore?: symbol }).kResourceStore;
  const kept = key === undefined ? undefined : (promise as unknown as Record<symbol, Cell | undefined>)[key];
  return kept ?? outputCell();
}
