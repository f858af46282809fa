import type {
  DisplayOptions,
  MimeBundle,
  Progress,
  ProgressOptions,
  ProgressState,
} from "../../src/view/display-contract.js";
import { cutText } from "../core/text.js";

/** Where the progress of a cell is shown. */
export interface ProgressPlace {
  /** Somebody watches: a bar. Else lines. */
  readonly isWatched: boolean;
  readonly displayId: string;
  show(bundle: MimeBundle, options: DisplayOptions): void;
  print(line: string): void;
}

/** A watcher sees about four states a second; in a batch run each is a line that stays. In ms. */
const intervals = { bar: 250, lines: 30_000 };
const barCells = 30;

/** One job's progress: a moving bar in an interactive notebook, else a line every 30 s and one at the end. */
export function openProgress(place: ProgressPlace, options: ProgressOptions): Progress {
  const started = Date.now();
  const interval = place.isWatched ? intervals.bar : intervals.lines;
  let shownAt = started;
  let state: ProgressState = { done: 0, elapsed: 0 };
  let timer: NodeJS.Timeout | undefined;
  let finished = false;

  const put = (text: string, bundle: MimeBundle, isFirst = false): void => {
    clearTimeout(timer);
    timer = undefined;
    shownAt = Date.now();
    if (place.isWatched) place.show(bundle, { displayId: place.displayId, update: !isFirst });
    else if (!isFirst) place.print(text);
  };
  const putState = (isFirst = false): void => {
    const text = textOf(options, state);
    put(text, barBundle(text, options.total, state.done), isFirst);
  };
  putState(true);
  return {
    update(done, note) {
      if (finished) return;
      state = { done, elapsed: Date.now() - started, note };
      const rest = shownAt + interval - Date.now();
      if (rest <= 0) putState();
      else if (place.isWatched) timer ??= setTimeout(putState, rest).unref();
    },
    finish(text = endOf(options, { ...state, elapsed: Date.now() - started })) {
      if (finished) return;
      finished = true;
      put(text, { "text/plain": text, "text/html": block(text) });
    },
  };
}

/** `reading: 1,200 of 5,000 files (24 %), 40/s, about 1m 35s left`. */
function textOf(options: ProgressOptions, state: ProgressState): string {
  if (options.text !== undefined) return options.text(state);
  const { done, elapsed, note } = state;
  const { total } = options;
  const rate = elapsed > 0 ? (done / elapsed) * 1000 : 0;
  const parts = [countOf(options, done)];
  if (total) parts[0] += ` (${Math.min(100, Math.floor((100 * done) / total))} %)`;
  if (rate > 0) parts.push(`${rate >= 10 ? Math.round(rate).toLocaleString("en-US") : rate.toPrecision(2)}/s`);
  // An estimate from the first moments would be noise.
  if (total !== undefined && rate > 0 && done < total && elapsed >= 2000)
    parts.push(`about ${durationOf(((total - done) / rate) * 1000)} left`);
  if (note) parts.push(cutText(note, 200));
  return `${options.title}: ${parts.join(", ")}`;
}

function endOf(options: ProgressOptions, { done, elapsed }: ProgressState): string {
  const counted = done === options.total ? { ...options, total: undefined } : options;
  return `${options.title}: ${countOf(counted, done)} in ${durationOf(elapsed)}`;
}

function countOf(
  { total, unit = "items" }: { readonly total?: number | undefined; readonly unit?: string },
  done: number,
): string {
  return `${done.toLocaleString("en-US")}${total === undefined ? "" : ` of ${total.toLocaleString("en-US")}`} ${unit}`;
}

/** The two largest units: `3.2 s`, `1m 35s`, `2h 5m`. */
function durationOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${(ms / 1000).toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  return `${Math.floor(seconds / 3600)}h ${Math.floor(seconds / 60) % 60}m`;
}

/** Without a total there is only the text. */
function barBundle(text: string, total: number | undefined, done: number): MimeBundle {
  if (!total) return { "text/plain": text, "text/html": block(text) };
  const share = Math.min(1, Math.max(0, done / total));
  const full = Math.round(share * barCells);
  const line = "height:8px;border-radius:4px";
  const track = `width:320px;max-width:100%;${line};margin:4px 0;background:var(--jp-layout-color3,#bdbdbd)`;
  const fill = `width:${(share * 100).toFixed(1)}%;${line};background:var(--jp-brand-color1,#1976d2)`;
  return {
    "text/plain": `${"█".repeat(full)}${"░".repeat(barCells - full)} ${text}`,
    "text/html": block(text, `<div style="${track}"><div style="${fill}"></div></div>`),
  };
}

function block(text: string, below = ""): string {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const font = "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,13px)";
  return `<div style="color:var(--jp-content-font-color1,inherit);${font}"><div>${escaped}</div>${below}</div>`;
}
