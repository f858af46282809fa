import { blockingFunctions, type ChildFunction, wrapChildFunctions } from "../core/child-functions.js";
import { flagIndex } from "../core/flags.js";
import { KeyboardInterrupt } from "./keyboard-interrupt.js";

/**
 * Lets the protocol thread know while the main thread waits for a child process that was started synchronously: nothing
 * but the end of that process gives it back then, so an interrupt has to end the child. The call then throws
 * `KeyboardInterrupt`.
 */
export function announceBlocking(flags: Int32Array): void {
  wrapChildFunctions(blockingFunctions, (original) => announced(original, flags));
}

function announced(original: ChildFunction, flags: Int32Array): ChildFunction {
  return function (this: unknown, ...given: unknown[]): unknown {
    Atomics.add(flags, flagIndex.blocking, 1);
    try {
      return original.apply(this, given);
    } finally {
      Atomics.sub(flags, flagIndex.blocking, 1);
      // The interrupt is why the call came back, whatever it says.
      if (Atomics.load(flags, flagIndex.interrupt) !== 0) interrupted();
    }
  };
}

function interrupted(): never {
  throw new KeyboardInterrupt();
}
