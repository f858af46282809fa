import { randomUUID } from "node:crypto";
import type {
  DisplayOptions,
  JupyterComms,
  JupyterHost,
  Progress,
  ProgressOptions,
} from "../../src/view/display-contract.js";
import { currentCell, outputCell, runningCell } from "../cell/cell-context.js";
import type { Publisher } from "../cell/publisher.js";
import type { DisplayFlow } from "./flow/display-flow.js";
import type { Streams } from "./flow/streams.js";
import { isMimeBundle, lookOf, wireBundle } from "./looks/mime.js";
import { withKinds } from "./looks/show.js";
import { openProgress } from "./progress.js";
import type { Ask } from "./stdin.js";
import { createTrack } from "./track.js";

const hostKey = Symbol.for("Jupyter.host");

export interface Host {
  readonly host: JupyterHost;
  /** `display` of cells: a bundle, an object that shows itself, or any value as text. */
  display(value: unknown, options?: DisplayOptions): void;
  readonly prompt: HostServices["prompt"];
  /** Resolves when everything given to `display` has been handed to the publisher. */
  settled(): Promise<void>;
}

/** What the kernel offers beside output. */
export interface HostServices {
  readonly comms?: JupyterComms;
  readonly input?: Ask;
  /** `prompt` of cells. */
  readonly prompt?: (message?: string, initial?: string) => string;
}

export interface HostOptions {
  readonly publisher: Publisher;
  readonly streams: Streams;
  readonly flow: DisplayFlow;
  readonly services?: HostServices | undefined;
}

export function createHost(options: HostOptions): Host {
  const { publisher, streams, flow } = options;
  const { prompt, ...services } = options.services ?? {};
  const pending = new Set<Promise<void>>();
  const never = new AbortController().signal;
  const host: JupyterHost = {
    version: 1,
    display(data, options = {}) {
      const { displayId, update = false, metadata = {} } = options;
      // Batch clients take updates only of the cell that they are executing.
      const cell = update ? (runningCell() ?? outputCell()) : outputCell();
      if (cell?.silent === true) return;
      streams.flush();
      flow.send(cell, {
        type: update ? "update_display_data" : "display_data",
        parent: cell?.parent,
        content: {
          data: wireBundle(data),
          metadata,
          transient: displayId === undefined ? {} : { display_id: displayId },
        },
      });
    },
    clearOutput({ wait = false } = {}) {
      const cell = outputCell();
      if (cell?.silent === true) return;
      streams.flush();
      publisher.publish({ type: "clear_output", parent: cell?.parent, content: { wait } });
    },
    progress: (options) =>
      openProgress(
        {
          isWatched: host.interactive,
          displayId: `progress-${randomUUID()}`,
          show: host.display,
          print: (line) => streams.write("stdout", `${line}\n`),
        },
        options,
      ),
    get signal() {
      return currentCell()?.abort.signal ?? never;
    },
    get interactive() {
      return outputCell()?.interactive ?? false;
    },
    ...services,
  };
  return {
    host,
    prompt,
    display(value, options) {
      const look = isMimeBundle(value) ? value : lookOf(value);
      if (!(look instanceof Promise)) {
        host.display(look, options);
        return;
      }
      const shown = Promise.race([look.then((bundle) => host.display(bundle, options)), untilAborted(host.signal)]);
      pending.add(shown);
      void shown.finally(() => pending.delete(shown));
    },
    async settled() {
      await Promise.all(pending);
    },
  };
}

/** Nobody waits for what an interrupted cell was about to show. */
function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What `cell` is in cells: about the cell whose code asks, also after an await. */
function cellView(host: JupyterHost): object {
  return {
    get signal() {
      return host.signal;
    },
    get interactive() {
      return host.interactive;
    },
    get executionCount() {
      return currentCell()?.executionCount ?? 0;
    },
  };
}

/** Makes the host known to libraries, and what `evaluate/prelude.ts` declares to cells. */
export function installHost({ host, display, prompt }: Host): void {
  Object.defineProperty(globalThis, hostKey, { value: host, configurable: true });
  const progress = (options: ProgressOptions) => host.progress?.(options) as Progress;
  const globals = {
    display: Object.assign(withKinds(display), { progress, track: createTrack(progress) }),
    clearOutput: host.clearOutput,
    cell: cellView(host),
    ...(host.input === undefined ? {} : { input: host.input }),
    ...(prompt === undefined ? {} : { prompt }),
    ...(host.comms === undefined ? {} : { comms: host.comms }),
  };
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
