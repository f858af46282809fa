import { AsyncLocalStorage } from "node:async_hooks";
import type { MessageHeader } from "./publisher.js";

/** One execution of one cell: everything that decides where its output goes. */
export interface Cell {
  /** Header of the request that started it; its output is published with this parent. */
  readonly parent: MessageHeader;
  /** True: nothing of it is published. */
  readonly silent: boolean;
  /** True if the front end can answer questions. */
  readonly interactive: boolean;
  readonly executionCount: number;
  /** Aborted when the cell is interrupted. */
  readonly abort: AbortController;
}

const storage = new AsyncLocalStorage<Cell>();
let running: Cell | undefined;
let latest: Cell | undefined;

/** Runs `fn` so that everything it starts, also timers and promises that outlive it, belongs to `cell`. */
export function runInCell<T>(cell: Cell, fn: () => T): T {
  return storage.run(cell, fn);
}

/** The cell whose code, or code started by it, is executing now; undefined outside of any cell. */
export function currentCell(): Cell | undefined {
  return storage.getStore();
}

/** Says which cell the kernel is executing (from request to reply). */
export function setRunningCell(cell: Cell | undefined): void {
  running = cell;
  latest = cell ?? latest;
}

/** The cell that is being executed, or undefined between cells. */
export function runningCell(): Cell | undefined {
  return running;
}

/** Where output belongs: the own cell, or, where Node lost the trail, the running cell, or the last one that ran. */
export function outputCell(): Cell | undefined {
  return storage.getStore() ?? running ?? latest;
}

/** The cell that made `promise`. Node calls handlers of unhandled rejections outside of the promise's context, but keeps the store on it. */
export function cellOfPromise(promise: Promise<unknown>): Cell | undefined {
  const key = (storage as unknown as { readonly kResourceStore?: symbol }).kResourceStore;
  const kept = key === undefined ? undefined : (promise as unknown as Record<symbol, Cell | undefined>)[key];
  return kept ?? outputCell();
}
