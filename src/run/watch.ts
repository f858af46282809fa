import { jupyterHost } from "../view/display-contract.js";
import { type LiveOutput, openLive } from "../view/show.js";
import { type PlotName, runPlot } from "./plots.js";
import { isTerminal, type StepRecord } from "./record/events.js";
import type { RunReader } from "./run-reader.js";
import type { RunStatus } from "./status.js";

export interface WatchOptions {
  /** Default `["loss"]`; each is a figure of its own. */
  readonly plots?: readonly PlotName[];
  /** Ends the figures (not the training); default: the running cell's signal. */
  readonly signal?: AbortSignal;
}

/** A live view of a run. Not thenable: `await live.done` waits for the end of the run. */
export interface Watch {
  /** Resolves when the run has ended, close() was called or the cell was interrupted; never rejects. */
  readonly done: Promise<void>;
  /** Leaves the figures as they are now. */
  close(): void;
}

const pollMs = 500;

/** Shows the figures and keeps them up to date until the run ends. */
export function watchRun(reader: RunReader, options: WatchOptions): Watch {
  const { plots = ["loss"], signal = jupyterHost()?.signal } = options;
  const closing = new AbortController();
  const stop = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
  const outputs = plots.map((plot) => ({ plot, live: openLive(runPlot(plot, { file: reader.file, steps: [] })) }));
  return { done: follow(reader, outputs, stop), close: () => closing.abort() };
}

interface Output {
  readonly plot: PlotName;
  readonly live: LiveOutput;
}

async function follow(reader: RunReader, outputs: readonly Output[], stop: AbortSignal): Promise<void> {
  let shown = "";
  let status: RunStatus | undefined;
  let steps: Iterable<StepRecord> = [];
  while (!stop.aborted) {
    status = await reader.status().catch(() => status);
    const state = JSON.stringify([status?.state, status?.step, status?.message]);
    if (state !== shown) steps = await reader.steps().catch(() => steps);
    if (state !== shown)
      for (const { plot, live } of outputs) live.update(runPlot(plot, { file: reader.file, steps }, status));
    shown = state;
    if (status && (isTerminal(status.state) || status.state === "lost")) break;
    await reader.clock.wait(pollMs, stop);
  }
  for (const { plot, live } of outputs) live.close(runPlot(plot, { file: reader.file, steps }, status));
}
