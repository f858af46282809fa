import { constants } from "node:os";
import { foreignListeners } from "../core/kept-listeners.js";
import { currentCell, runningCell } from "./cell-context.js";
import { KeyboardInterrupt } from "./keyboard-interrupt.js";

type Named = "SIGINT" | "SIGTERM";

/**
 * A signal that a cell sends to its own process (`process.kill(process.pid, "SIGINT")`) goes to the listeners that
 * users have added, as in a program of their own. Without any, SIGINT ends the cell that sends it, and no other one;
 * SIGTERM ends the kernel.
 */
export function captureOwnSignals(): void {
  const kill = process.kill.bind(process);
  process.kill = (pid, signal) => {
    const name = nameOf(signal);
    const cell = currentCell();
    if (pid !== process.pid || cell === undefined || name === undefined) return kill(pid, signal);
    const listeners = foreignListeners(name);
    if (listeners.length > 0) {
      // As a real one: after what is running now.
      setImmediate(() => {
        for (const listener of listeners) listener.call(process, name, constants.signals[name]);
      });
      return true;
    }
    if (name === "SIGTERM") return kill(pid, signal);
    if (runningCell() === cell) throw new KeyboardInterrupt();
    return true;
  };
}

function nameOf(signal: string | number | undefined): Named | undefined {
  if (signal === "SIGINT" || signal === constants.signals.SIGINT) return "SIGINT";
  return signal === undefined || signal === "SIGTERM" || signal === constants.signals.SIGTERM ? "SIGTERM" : undefined;
}
