import { CancelledError, LabError } from "../core/error.js";
import { formatDuration, parseDuration } from "../core/units.js";
import { isTerminal } from "./record/events.js";
import { runFailedError, runLostError } from "./run-failure.js";
import type { RunReader } from "./run-reader.js";
import type { RunStatus } from "./status.js";

export interface WaitOptions {
  /** Return as soon as this global step is done; default: the end of the run. */
  readonly untilStep?: number;
  /** Such as `"2h"`; default: no limit. */
  readonly timeout?: string | number;
  /** Stops waiting, not the training; default: the running cell's signal. */
  readonly signal?: AbortSignal | undefined;
}

/** Resolves after `ms`, or at once when the signal fires. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/**
 * Looks at a run until `reached` is true of its status, and returns that status. Throws RUN_FAILED, RUN_LOST, RUN_WAIT_TIMEOUT or
 * CANCELLED; a run that ended well returns, even if `reached` never became true.
 */
export async function waitForRun(
  reader: RunReader,
  reached: (status: RunStatus) => boolean,
  options: Pick<WaitOptions, "timeout" | "signal"> & { readonly pollMs?: number } = {},
): Promise<RunStatus> {
  const limit = options.timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(options.timeout, "timeout");
  const deadline = Date.now() + limit;
  for (;;) {
    const status = await reader.status();
    const name = status.name;
    if (status.state === "failed") throw runFailedError(status, reader.folder);
    if (isTerminal(status.state) || reached(status)) return status;
    if (status.state === "lost") throw runLostError(status, reader.folder);
    if (options.signal?.aborted) throw new CancelledError(`waiting for run ${name} (which goes on training)`);
    if (Date.now() >= deadline) {
      const message = `run ${name}: at step ${status.step} of ${status.totalSteps} (${status.state}) after ${formatDuration(limit)}`;
      throw new LabError("RUN_WAIT_TIMEOUT", message, {
        hint: `it goes on training; wait again: await run.wait({ timeout: "…" })`,
        details: { step: status.step, totalSteps: status.totalSteps },
      });
    }
    await pause(Math.min(options.pollMs ?? 200, Math.max(1, deadline - Date.now())), options.signal);
  }
}
