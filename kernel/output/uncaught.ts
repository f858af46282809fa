import { type Cell, cellOfPromise, outputCell, runInCell } from "../cell/cell-context.js";
import { keepListening } from "../core/kept-listeners.js";
import { errorText } from "../report/failure.js";
import type { Streams } from "./flow/streams.js";

/**
 * Shows errors that nobody caught (in timers, in promises that nobody awaits) under the cell that they come from; the
 * kernel lives on.
 */
export function installUncaught(streams: Streams): void {
  const show = (cell: Cell | undefined, what: string, error: unknown): void => {
    // Leftovers of an interrupted cell end in this way.
    if (error instanceof Error && error.name === "KeyboardInterrupt") return;
    const write = (): void => streams.write("stderr", `${what}\n${errorText(error)}\n`);
    if (cell === undefined) write();
    else runInCell(cell, write);
  };
  keepListening("uncaughtException", (error: unknown) =>
    show(outputCell(), "Uncaught error (outside the code that the cell waited for):", error),
  );
  keepListening("unhandledRejection", (error: unknown, promise: Promise<unknown>) =>
    show(cellOfPromise(promise), "Unhandled rejection (of a promise that no code awaited):", error),
  );
}
