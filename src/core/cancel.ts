import { CancelledError } from "./error.js";

/** Throws CANCELLED if the signal has fired; `what` begins the sentence "… was cancelled". */
export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new CancelledError(what, signal.reason);
}
