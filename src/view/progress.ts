import { formatCount, formatDuration } from "../core/units.js";
import type { ProgressState } from "./display-contract.js";
import { shorten } from "./text.js";

/** A long job whose progress is shown. */
export interface ProgressSpec {
  /** What is being done: `"tokenizing"`. */
  readonly title: string;
  /** How much there is to do; without it only the count and the rate are shown. */
  readonly total?: number;
  /** What is counted, in the plural: `"sequences"`. */
  readonly unit: string;
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
