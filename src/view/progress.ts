import { formatCount, formatDuration } from "../core/units.js";
import type { MimeBundle } from "./display-contract.js";
import { frame } from "./html.js";
import { escapeMarkup, shorten } from "./text.js";

export interface ProgressSpec {
  /** What is being done: `"tokenizing"`. */
  readonly title: string;
  /** How much there is to do; without it only the count and the rate are shown. */
  readonly total?: number;
  /** What is counted, in the plural: `"sequences"`. */
  readonly unit: string;
}

export interface ProgressState {
  /** In the spec's unit. */
  readonly done: number;
  /** Milliseconds since the beginning. */
  readonly elapsed: number;
  readonly note?: string | undefined;
}

/** `tokenizing: 1,200 of 5,000 sequences (24 %), 40/s, about 1m 35s left`. */
export function progressText(spec: ProgressSpec, { done, elapsed, note }: ProgressState): string {
  const { total, unit, title } = spec;
  const rate = elapsed > 0 ? (done / elapsed) * 1000 : 0;
  const percent = total ? ` (${Math.min(100, Math.floor((100 * done) / total))} %)` : "";
  const parts = [`${formatCount(done)}${total === undefined ? "" : ` of ${formatCount(total)}`} ${unit}${percent}`];
  if (rate > 0) parts.push(rate >= 10 ? `${formatCount(Math.round(rate))}/s` : `${rate.toPrecision(2)}/s`);
  // An estimate from the first moments would be noise.
  if (total !== undefined && rate > 0 && done < total && elapsed >= 2000) {
    parts.push(`about ${formatDuration(((total - done) / rate) * 1000)} left`);
  }
  if (note) parts.push(shorten(note, 200));
  return `${title}: ${parts.join(", ")}`;
}

/** Bar and text; without a total only the text. */
export function progressBundle(spec: ProgressSpec, state: ProgressState): MimeBundle {
  const text = progressText(spec, state);
  const share = spec.total ? Math.min(1, Math.max(0, state.done / spec.total)) : 0;
  const cells = Math.round(share * 30);
  const bar = spec.total ? `${"█".repeat(cells)}${"░".repeat(30 - cells)} ` : "";
  const track = "width:320px;max-width:100%;height:8px;border-radius:4px;background:var(--jp-layout-color3,#bdbdbd)";
  const fill = `width:${(share * 100).toFixed(1)}%;height:8px;border-radius:4px;background:var(--jp-brand-color1,#1976d2)`;
  const htmlBar = spec.total ? `<div style="${track};margin:4px 0"><div style="${fill}"></div></div>` : "";
  return { "text/plain": bar + text, "text/html": frame(`<div>${escapeMarkup(text)}</div>`, htmlBar) };
}
