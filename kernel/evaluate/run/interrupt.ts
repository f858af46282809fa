import { type Cell, currentCell } from "../../cell/cell-context.js";
import { interruptOf, KeyboardInterrupt } from "../../cell/keyboard-interrupt.js";
import { now as clockNow } from "../../core/clock.js";
import { flagName, guardName, stopName } from "../guards.js";

export interface Interrupts {
  /**
   * Runs `execute` as a running cell (several if subshells run some); rejects with `KeyboardInterrupt` as soon as it is
   * interrupted in an await.
   */
  race<T>(execute: () => Promise<T>): Promise<T>;
  /**
   * Interrupts every running cell. The caller sees to it that a request meant for one cell doesn't come during the
   * next.
   */
  interrupt(): void;
  /** Throws `KeyboardInterrupt` if the running cell was interrupted. */
  check(): void;
}

/**
 * A loop of an earlier cell's timer may see an interrupt that is meant for the running cell; it yields to it for so
 * long (ms).
 */
const patience = 200;

/**
 * Puts the guards that `guardCode` calls on globalThis.
 * @param flag element 0 is 1 while an interrupt waits to be noticed; set from another thread
 */
export function createInterrupts(
  flag: Int32Array,
  options: { readonly extra: Readonly<Record<string, unknown>>; readonly now?: () => number },
): Interrupts {
  const now = options.now ?? clockNow;
  const running = new Set<{ readonly cell: Cell | undefined; readonly reject: (error: Error) => void }>();
  let firstSeen: number | undefined;

  const stop = (): never => {
    firstSeen = undefined;
    throw new KeyboardInterrupt();
  };
  const check = (): void => {
    const cell = currentCell();
    if (cell?.abort.signal.aborted === true) stop();
    if (flag[0] === 0) return;
    if (running.size > 0 && (cell === undefined || [...running].some((one) => one.cell === cell))) stop();
    firstSeen ??= now();
    if (now() - firstSeen > patience) {
      flag[0] = 0;
      stop();
    }
  };
  const resume = <T>(value: T): T => {
    if (currentCell()?.abort.signal.aborted === true) stop();
    return value;
  };
  Object.defineProperty(globalThis, guardName, {
    value: Object.defineProperties({ flag, check, resume }, Object.getOwnPropertyDescriptors(options.extra)),
    configurable: true,
  });
  // As a constant of the global object, V8 knows the address of its element when it compiles a loop.
  Object.defineProperty(globalThis, flagName, { value: flag, configurable: true });
  // Loops of a cell outside of functions read it: their cell is running.
  Object.defineProperty(globalThis, stopName, { get: () => new KeyboardInterrupt(), configurable: true });

  return {
    check,
    async race(execute) {
      firstSeen = undefined;
      let reject = (_: Error): void => {};
      const interrupted = new Promise<never>((_, rejected) => {
        reject = rejected;
      });
      const self = { cell: currentCell(), reject };
      running.add(self);
      // Whoever aborts the cell says why it can't go on.
      const onAbort = () => reject(self.cell?.abort.signal.reason);
      self.cell?.abort.signal.addEventListener("abort", onAbort);
      try {
        // The request may have come before the cell could begin, say while the evaluator was being loaded.
        if (flag[0] !== 0) throw KeyboardInterrupt.nowhere();
        return await Promise.race([execute(), interrupted]);
      } catch (error) {
        // What a synchronous call threw because the process that it waited for was ended for the sake of the interrupt.
        const thrown = interruptOf(error) === undefined && flag[0] !== 0 ? KeyboardInterrupt.nowhere() : error;
        // A loop may have noticed the flag before anybody called interrupt().
        if (interruptOf(thrown) !== undefined) currentCell()?.abort.abort(thrown);
        throw thrown;
      } finally {
        running.delete(self);
        self.cell?.abort.signal.removeEventListener("abort", onAbort);
        flag[0] = 0;
      }
    },
    interrupt() {
      flag[0] = 0;
      firstSeen = undefined;
      const error = KeyboardInterrupt.nowhere();
      for (const { cell, reject } of running) {
        reject(error);
        cell?.abort.abort(error);
      }
    },
  };
}
