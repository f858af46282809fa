/** Where time comes from. Injected, so that a simulation runs on a clock of its own. */
export interface Clock {
  /** Milliseconds since the epoch, for records that people read. It may jump; no deadline depends on it. */
  now(): number;
  /** Milliseconds of a clock that never jumps. It stands still while the machine is suspended. */
  elapsed(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal fires. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** This machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
};
