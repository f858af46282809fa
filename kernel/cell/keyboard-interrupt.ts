/** What an interrupted cell fails with. */
export class KeyboardInterrupt extends Error {
  constructor() {
    super("the cell was interrupted");
    this.name = "KeyboardInterrupt";
  }

  /** One that came from outside of the cell's code: its stack would lead into the kernel. */
  static nowhere(): KeyboardInterrupt {
    const error = new KeyboardInterrupt();
    error.stack = `${error.name}: ${error.message}`;
    return error;
  }
}

/**
 * What a guard, `interrupt()` or Node (SIGINT during synchronous code) throws into a cell; undefined for all other
 * errors.
 */
export function interruptOf(error: unknown): KeyboardInterrupt | undefined {
  if (error instanceof KeyboardInterrupt) return error;
  const isSignal = (error as { code?: unknown } | undefined)?.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED";
  return isSignal ? KeyboardInterrupt.nowhere() : undefined;
}

/** Settles like `promise`, or rejects with the signal's reason as soon as it is aborted. */
export function untilAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
