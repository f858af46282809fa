import { randomUUID } from "node:crypto";
import { hasAll, requireArgument, requireText } from "../core/arguments.js";
import { LabError } from "../core/error.js";
import { requireKnownNames, requireOptions } from "../core/options/option-names.js";
import {
  type DisplayOptions,
  displayKey,
  isDisplayable,
  jupyterHost,
  type MimeBundle,
  type Progress,
  type ProgressState,
} from "./display-contract.js";
import { movingFrame } from "./figure-mime.js";
import { type ProgressSpec, progressText } from "./progress.js";

/** What can be shown at once: a MIME bundle, or an object such as a figure that makes one. */
export type Showable = MimeBundle | { [displayKey](): MimeBundle };

function bundleOf(value: Showable, call: string): MimeBundle {
  if (isDisplayable(value)) {
    const bundle = value[displayKey]();
    if (!(bundle instanceof Promise)) return bundle;
    bundle.catch(() => undefined);
    throw new LabError("ARGUMENT_INVALID", `${call}: expected a value that draws itself at once, found a promise`, {
      hint: "make the value the last expression of a cell",
    });
  }
  requireArgument(hasAll(value) && Object.keys(value).some((key) => key.includes("/")), {
    ...{ call, expected: "a figure, a table, or a bundle of MIME types", found: value },
    example: 'show({ "text/plain": "three steps" })',
  });
  return value;
}

/**
 * Shows a figure, a table or a bundle under the running cell; in a plain script prints its text/plain to standard
 * output.
 *
 * @example
 * show({ "text/plain": "three steps", "text/html": "<b>three</b> steps" });
 */
export function show(value: Showable, options?: DisplayOptions): void {
  const bundle = bundleOf(value, "show");
  requireOptions(options, "show", {
    names: ["displayId", "update", "metadata"],
    example: 'show(figure, { displayId: "loss" })',
  });
  const host = jupyterHost();
  if (host) host.display(bundle, options);
  else process.stdout.write(`${plainText(bundle)}\n`);
}

/** What a bundle says where only text can be shown. */
export function plainText(bundle: MimeBundle): string {
  const text = bundle["text/plain"];
  return typeof text === "string" ? text : `[${Object.keys(bundle).join(", ")}]`;
}

/** One output that changes over time. */
export interface LiveOutput {
  /** Replaces what is shown; call it as often as you like. The last bundle always arrives. */
  update(value: Showable): void;
  /** Shows `final` (or the last bundle that still waits) at once and ends the output; later updates are ignored. */
  close(final?: Showable): void;
}

// A watcher sees about four frames a second; in a batch run only the saved notebook counts, so fewer do. A plain script
// prints each frame.
const frameInterval = { interactive: 250, batch: 2000, script: 30_000 };

function interval(): number {
  const host = jupyterHost();
  return host ? frameInterval[host.interactive ? "interactive" : "batch"] : frameInterval.script;
}

function frame(bundle: MimeBundle): MimeBundle {
  return jupyterHost()?.interactive ? movingFrame(bundle) : bundle;
}

/**
 * Opens an output that later updates replace (`update_display_data` under one display id): at most four times a second,
 * every two seconds in a batch run; a plain script prints the text every 30 seconds and at the end. Figures keep their
 * zoom over updates where our JupyterLab extension draws them.
 *
 * @example
 * const live = openLive({ "text/plain": "0 of 3" });
 * for (const done of [1, 2, 3]) live.update({ "text/plain": `${done} of 3` });
 * live.close();
 */
export function openLive(value: Showable): LiveOutput {
  const initial = bundleOf(value, "openLive");
  const displayId = `live-${randomUUID()}`;
  let last = initial;
  let waiting = false;
  let timer: NodeJS.Timeout | undefined;
  let shownAt = Date.now();
  let closed = false;

  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!waiting) return;
    waiting = false;
    shownAt = Date.now();
    show(closed ? last : frame(last), { displayId, update: true });
  };

  const first = frame(initial);
  show(first, { displayId });
  return {
    update(next) {
      if (closed) return;
      last = bundleOf(next, "live.update");
      waiting = true;
      const rest = shownAt + interval() - Date.now();
      if (rest <= 0) flush();
      else if (!timer) {
        timer = setTimeout(flush, rest);
        // A script may end when its work is done; `close` brings the last state in any case.
        if (!jupyterHost()) timer.unref();
      }
    },
    close(final) {
      if (closed) return;
      if (final !== undefined) last = bundleOf(final, "live.close");
      closed = true;
      waiting ||= final !== undefined || first !== initial;
      flush();
    },
  };
}

const scriptInterval = 30_000;

/**
 * Progress of a long call: a bar in an interactive notebook, lines in a batch run; in a plain script one line every
 * 30 seconds. After `finish(text)` only that text stays (in a batch run: is the last line).
 *
 * @example
 * const progress = openProgress({ title: "reading", total: 3, unit: "files" });
 * for (const done of [1, 2, 3]) progress.update(done);
 * progress.finish("3 files read");
 */
export function openProgress(spec: ProgressSpec): Progress {
  const example = 'openProgress({ title: "reading", total: 3, unit: "files" })';
  const isSpec = hasAll(spec, "title");
  requireArgument(isSpec, { call: "openProgress", expected: "an object with title", found: spec, example });
  requireKnownNames(spec, "openProgress", ["title", "total", "unit"]);
  const text = (state: ProgressState) => progressText(spec, state);
  return checked(jupyterHost()?.progress?.({ ...spec, text }) ?? lineProgress(spec, Date.now()));
}

/** What a cell passes later is refused where it is passed, not when it is drawn. */
function checked(progress: Progress): Progress {
  const requireWords = (words: unknown, call: string, example: string) => {
    if (words !== undefined) requireText(words, call, example);
  };
  return {
    update(done, note) {
      const isNumber = typeof done === "number" && !Number.isNaN(done);
      const example = 'progress.update(100, "part 2")';
      requireArgument(isNumber, { call: "progress.update, done", expected: "a number", found: done, example });
      requireWords(note, "progress.update, note", example);
      progress.update(done, note);
    },
    finish(text) {
      requireWords(text, "progress.finish, text", 'progress.finish("3 files read")');
      progress.finish(text);
    },
  };
}

function lineProgress(spec: ProgressSpec, started: number): Progress {
  let printed = started;
  let finished = false;
  let state: ProgressState = { done: 0, elapsed: 0 };
  return {
    update(done, note) {
      const now = Date.now();
      state = { done, elapsed: now - started, note };
      if (finished || now - printed < scriptInterval) return;
      printed = now;
      process.stdout.write(`${progressText(spec, state)}\n`);
    },
    finish(text = progressText(spec, state)) {
      if (finished) return;
      finished = true;
      process.stdout.write(`${text}\n`);
    },
  };
}
