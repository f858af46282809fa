import { callOptions } from "../../core/options/call-options.js";
import { unchecked } from "../../core/options/option-table.js";
import { displayKey, jupyterHost } from "../../view/display-contract.js";
import { type LiveOutput, openLive, show } from "../../view/show.js";
import type { RunReader } from "../read/run-reader.js";
import type { RunStatus } from "../read/status.js";
import { isTerminal, type StepRecord } from "../record/events.js";
import { timeOfRun } from "../record/run-file.js";
import { phaseOf, runView } from "./live-view.js";
import { type PlotName, requirePlots } from "./plots.js";

/** Options of `run.watch`. */
export interface WatchOptions {
  /** Default `["loss"]`; several are panels of one figure with a common axis. */
  readonly plots?: readonly PlotName[];
  /** Ends the view (not the training); default: the running cell's signal. */
  readonly signal?: AbortSignal;
}

export const watchOptions = callOptions<WatchOptions>({
  ...{ name: "run.watch", example: 'run.watch({ plots: ["loss", "grad_norm"] })' },
  table: { plots: unchecked, signal: unchecked },
});

/** A live view of a run. Not thenable: `await live.done` waits for the end of the run. */
export interface Watch {
  /** Resolves when the run has ended, close() was called or the cell was interrupted; never rejects. */
  readonly done: Promise<void>;
  /** Stops following; the view stays as it is. */
  close(): void;
}

const pollMs = 500;

/** Shows one live output and keeps it up to date until the run ends. @throws ARGUMENT_INVALID for an unknown plot. */
export function watchRun(reader: RunReader, options: WatchOptions): Watch {
  const { plots = ["loss"], signal = jupyterHost()?.signal } = options;
  requirePlots(plots);
  const closing = new AbortController();
  const stop = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
  const live = openLive(
    runView({ file: reader.file, steps: [], plots, now: timeOfRun(reader.file, reader.clock.now()) }),
  );
  const words = `following run ${reader.file.name} until it ends; close() leaves the figure as it is`;
  const watch = { done: follow(reader, { plots, live }, stop), close: () => closing.abort() };
  return Object.defineProperty(watch, displayKey, { value: () => ({ "text/plain": words }) });
}

interface Output {
  readonly plots: readonly PlotName[];
  readonly live: LiveOutput;
}

async function follow(reader: RunReader, { plots, live }: Output, stop: AbortSignal): Promise<void> {
  let [shown, phase] = ["", ""];
  let status: RunStatus | undefined;
  let steps: Iterable<StepRecord> = [];
  const view = () =>
    runView({ file: reader.file, steps, plots, now: timeOfRun(reader.file, reader.clock.now()) }, status);
  while (!stop.aborted) {
    status = await reader.status().catch(() => status);
    // Before the first step the seconds that have passed are the news.
    const waiting = status && phaseOf(status) ? Math.floor(reader.clock.now() / 1000) : 0;
    const state = JSON.stringify([status?.state, status?.step, status?.message, waiting]);
    if (state !== shown) {
      steps = await reader.steps().catch(() => steps);
      live.update(view());
      phase = tellPhase(reader.file.name, status, phase);
    }
    shown = state;
    if (status && (isTerminal(status.state) || status.state === "lost")) break;
    await reader.clock.wait(pollMs, stop);
  }
  live.close(view());
}

/** A line for every phase in a batch run, where nobody sees the live output; returns the phase that was told last. */
function tellPhase(name: string, status: RunStatus | undefined, told: string): string {
  const host = jupyterHost();
  if (!status || !host || host.interactive) return told;
  const phase = phaseOf(status)?.name ?? status.state;
  if (phase !== told) show({ "text/plain": `run ${name}: ${phase}` });
  return phase;
}
