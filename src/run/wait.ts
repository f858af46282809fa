import { CancelledError, LabError } from "../core/error.js";
import { callOptions, waiting } from "../core/options/call-options.js";
import { whole } from "../core/options/option-table.js";
import { formatDuration, parseDuration } from "../core/units.js";
import type { RunReader } from "./read/run-reader.js";
import type { RunStatus } from "./read/status.js";
import { isTerminal } from "./record/events.js";
import { runFailedError, runLostError } from "./run-failure.js";
import { waitUntilSettled } from "./settled.js";
import { startSupervisor } from "./supervise/start/start-supervisor.js";

/** Options of `run.wait`. */
export interface WaitOptions {
  /** Return as soon as this global step is done; default: the end of the run. */
  readonly untilStep?: number;
  /** Such as `"2h"`; default: no limit. */
  readonly timeout?: string | number;
  /** Stops waiting, not the training; default: the running cell's signal. */
  readonly signal?: AbortSignal | undefined;
}

export const waitOptions = callOptions<WaitOptions>({
  ...{ name: "run.wait", example: 'await run.wait({ untilStep: 200, timeout: "2h" })' },
  table: { untilStep: whole(0, Number.MAX_SAFE_INTEGER, 200), ...waiting },
});

/** How long a new supervisor may take until it holds the lease. */
const reviveMs = 10_000;

/** Supervisor and standby died together: another supervisor takes over, here, as far as this machine can. */
async function revive(reader: RunReader): Promise<void> {
  const possible = reader.file.layout > 1 && reader.elsewhere === undefined && reader.leaseNumber !== undefined;
  if (possible) await startSupervisor(reader.folder).catch(() => undefined);
}

/**
 * Looks at a run until `reached` is true of its status, and returns that status. Throws RUN_FAILED, RUN_LOST,
 * RUN_WAIT_TIMEOUT or CANCELLED; a run that ended well returns, even if `reached` never became true. The end of a run
 * is returned or thrown once nothing more is written into its folder.
 */
export async function waitForRun(
  reader: RunReader,
  reached: (status: RunStatus) => boolean,
  options: Pick<WaitOptions, "timeout" | "signal"> & { readonly pollMs?: number } = {},
): Promise<RunStatus> {
  const limit = options.timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(options.timeout, "timeout");
  const { clock } = reader;
  const deadline = clock.elapsed() + limit;
  let lostAt: number | undefined;
  for (;;) {
    const status = await reader.status();
    const name = status.name;
    if (isTerminal(status.state)) await waitUntilSettled(reader);
    if (status.state === "failed") throw runFailedError(status, reader.folder);
    if (isTerminal(status.state) || reached(status)) return status;
    if (status.state !== "lost") lostAt = undefined;
    else if (status.copyOf !== undefined || (await reader.isGone())) throw runLostError(status, reader.folder);
    else if (lostAt === undefined) {
      lostAt = clock.elapsed();
      await revive(reader);
    } else if (clock.elapsed() > lostAt + reviveMs) throw runLostError(status, reader.folder);
    if (options.signal?.aborted) throw new CancelledError(`waiting for run ${name} (which continues training)`);
    if (clock.elapsed() >= deadline) {
      const { step, totalSteps, state } = status;
      const message = `run ${name}: at step ${step} of ${totalSteps} (${state}) after ${formatDuration(limit)}`;
      throw new LabError("RUN_WAIT_TIMEOUT", message, {
        hint:
          state === "lost"
            ? "look at it: await run.status()"
            : `it continues training; wait again: await run.wait({ timeout: ${JSON.stringify(options.timeout)} })`,
        details: { step, totalSteps },
      });
    }
    await clock.wait(Math.min(options.pollMs ?? 500, Math.max(1, deadline - clock.elapsed())), options.signal);
  }
}

/** Waits until a supervisor that was started holds the lease, or has found that the run is over. */
export async function waitForSupervisor(reader: RunReader): Promise<void> {
  await waitForRun(reader, ({ state }) => state !== "lost", { timeout: "30s", pollMs: 100 }).catch(() => undefined);
}
