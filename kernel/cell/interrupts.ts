import { setImmediate } from "node:timers/promises";
import { flagIndex } from "../core/flags.js";
import type { Cell } from "./cell-context.js";
import { KeyboardInterrupt } from "./keyboard-interrupt.js";

/** Which cell an interrupt is meant for. */
export interface Interrupts {
  /** From here on an interrupt is for `cell`, and for those that run beside it in subshells. */
  begin(cell: Cell): void;
  /** The cell is over; resolves when no interrupt that was meant for it can hit the next one. */
  end(cell: Cell): Promise<void>;
  /** An interrupt arrived, as a message or as SIGINT; without a running cell nothing happens. */
  interrupt(): void;
}

export interface InterruptOptions {
  /** Element `flagIndex.interrupt` is 1 while the running cell is to stop. */
  readonly flags: Int32Array;
  /** The evaluator, once it is loaded. */
  readonly evaluator: () => { interrupt(): void } | undefined;
  /** See `Wire.barrier`. */
  readonly barrier: () => Promise<void>;
}

/**
 * An interrupt message reaches the main thread three times: as a flag that loops of cells read, as SIGINT, and as a
 * message from the protocol thread. SIGINT from elsewhere comes alone. They may come in any order and while the cell is
 * ending.
 */
export function createInterrupts({ flags, evaluator, barrier }: InterruptOptions): Interrupts {
  const current = new Set<Cell>();
  const clear = () => Atomics.store(flags, flagIndex.interrupt, 0);

  return {
    begin(cell) {
      // The flag stays as it is: a request that came while the main thread was busy (loading the evaluator) is meant
      // for this cell.
      current.add(cell);
    },
    async end(cell) {
      const wasInterrupted = cell.abort.signal.aborted || Atomics.load(flags, flagIndex.interrupt) !== 0;
      current.delete(cell);
      if (!wasInterrupted) return;
      clear();
      await barrier();
      // From here on no signal is sent any more. One that was sent is taken in the loop's next turn at the latest.
      while (Atomics.load(flags, flagIndex.signaling) === 1) Atomics.wait(flags, flagIndex.signaling, 1, 10);
      await setImmediate();
      await setImmediate();
      clear();
    },
    interrupt() {
      if (current.size === 0) {
        clear();
        return;
      }
      Atomics.store(flags, flagIndex.interrupt, 1);
      for (const { abort } of current) if (!abort.signal.aborted) abort.abort(KeyboardInterrupt.nowhere());
      evaluator()?.interrupt();
    },
  };
}
