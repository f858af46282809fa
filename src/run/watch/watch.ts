import { callOptions } from "../../core/options/call-options.js";
import { unchecked } from "../../core/options/option-table.js";
import { formatDuration } from "../../core/units.js";
import { displayKey, jupyterHost } from "../../view/display-contract.js";
import { type LiveOutput, openLive, show } from "../../view/show.js";
import type { RunReader } from "../read/run-reader.js";
import type { RunStatus } from "../read/status.js";
import { isTerminal, type StepRecord } from "../record/events.js";
import { openLine } from "../record/name.js";
import { timeOfRun } from "../record/run-file.js";
import { phaseOf, runView } from "./live-view.js";
import { type PlotName, requirePlots } from "./plots.js";
import { statusLine } from "./status-card.js";

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
  /** Stops following; the view keeps its last state, and says that it is the last. */
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
  const words = `following run ${reader.file.name} until it ends; close() ends the figure, not the training`;
  const cell = jupyterHost()?.signal;
  const done = follow(reader, { plots, live }, stop).then((status) => {
    if (status && cell?.aborted) tellContinues(reader, cell);
  });
  const watch = { done, close: () => closing.abort() };
  return Object.defineProperty(watch, displayKey, { value: () => ({ "text/plain": words }) });
}

interface Output {
  readonly plots: readonly PlotName[];
  readonly live: LiveOutput;
}

/** Status that was shown last; undefined if none could be read, or if the run is over. */
async function follow(reader: RunReader, { plots, live }: Output, stop: AbortSignal): Promise<RunStatus | undefined> {
  const lines = batchLines(reader);
  let shown = "";
  let status: RunStatus | undefined;
  let steps: Iterable<StepRecord> = [];
  const view = (isLeft = false) =>
    runView({ file: reader.file, steps, plots, now: timeOfRun(reader.file, reader.clock.now()), isLeft }, status);
  while (!stop.aborted) {
    status = await reader.status().catch(() => status);
    // Before the first step the seconds that have passed are the news.
    const waiting = status && phaseOf(status) ? Math.floor(reader.clock.now() / 1000) : 0;
    const state = JSON.stringify([status?.state, status?.step, status?.message, waiting]);
    if (state !== shown) {
      steps = await reader.steps().catch(() => steps);
      live.update(view());
    }
    if (status) lines(status);
    shown = state;
    if (status && (isTerminal(status.state) || status.state === "lost")) {
      live.close(view());
      return undefined;
    }
    await reader.clock.wait(pollMs, stop);
  }
  live.close(view(true));
  return status;
}

/** The same as for a progress bar in a batch run. */
const lineMs = 30_000;

/** A line for every phase in a batch run, where nobody sees the live output, and one with the step every 30 s. */
function batchLines({ file, clock }: RunReader): (status: RunStatus) => void {
  let [told, toldAt] = ["", clock.elapsed()];
  return (status) => {
    const host = jupyterHost();
    if (!host || host.interactive) return;
    const waiting = phaseOf(status)?.name;
    const phase = waiting ?? status.state;
    const now = clock.elapsed();
    const isDue = now - toldAt >= lineMs;
    if (phase === told && !isDue) return;
    const elapsed = formatDuration(timeOfRun(file, clock.now()) - status.startedAt);
    const state = waiting === undefined ? statusLine(status) : `${waiting} · ${elapsed} so far`;
    show({ "text/plain": `run ${file.name}: ${phase === told ? state : phase}` });
    [told, toldAt] = [phase, now];
  };
}

/** Cells that were told that a run continues, so that watching and waiting tell it once. */
const toldCells = new WeakMap<AbortSignal, Set<string>>();

/** Says under an interrupted cell that its training goes on, and what to type. */
export function tellContinues({ file, folder }: Pick<RunReader, "file" | "folder">, cell: AbortSignal): void {
  const told = toldCells.get(cell) ?? new Set();
  toldCells.set(cell, told);
  if (told.has(folder)) return;
  told.add(folder);
  const open = openLine(folder);
  const text =
    `Run ${file.name} continues training in the background. ` +
    `To follow it: (${open}).watch(). To stop it: await (${open}).stop().`;
  show({ "text/plain": text });
}
