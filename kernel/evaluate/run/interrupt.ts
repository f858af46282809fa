import { type Cell, currentCell } from "../../cell/cell-context.js";
import { interruptOf, KeyboardInterrupt } from "../../cell/keyboard-interrupt.js";
import { now as clockNow } from "../../core/clock.js";
import { abortedName, flagName, guardName, stopName } from "../guards.js";
import { createKeptNumbers } from "../kept-numbers.js";

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

/** How many cells were interrupted of which code may go on. */
function countAborted(): { readonly aborted: Int32Array; note(cell: Cell | undefined): void } {
  const aborted = new Int32Array(1);
  const add = (count: number): void => {
    aborted[0] = (aborted[0] ?? 0) + count;
  };
  // Code of a cell holds on to it.
  const gone = new FinalizationRegistry<number>(add);
  return {
    aborted,
    note(cell) {
      if (cell === undefined) return;
      add(1);
      gone.register(cell, -1);
    },
  };
}

/** As constants of the global object, V8 knows the addresses of elements when it compiles a loop. */
function defineGlobals(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, { value, configurable: true });
  createKeptNumbers();
  // Loops of a cell outside of functions read it: their cell is running.
  Object.defineProperty(globalThis, stopName, { get: () => new KeyboardInterrupt(), configurable: true });
}

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
  const { aborted, note } = countAborted();

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
    // To ask for the cell takes 100 ns.
    if (aborted[0] !== 0 && currentCell()?.abort.signal.aborted === true) stop();
    return value;
  };
  const guards = Object.defineProperties({ flag, check, resume }, Object.getOwnPropertyDescriptors(options.extra));
  defineGlobals({ [guardName]: guards, [flagName]: flag, [abortedName]: aborted });

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
      // The reason of the abort is the error of the cell.
      const onAbort = () => reject(self.cell?.abort.signal.reason);
      const { signal } = self.cell?.abort ?? {};
      signal?.addEventListener("abort", onAbort);
      signal?.addEventListener("abort", () => note(self.cell), { once: true });
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
        signal?.removeEventListener("abort", onAbort);
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
