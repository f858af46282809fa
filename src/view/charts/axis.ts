import { type AxisSpec, isNameAxis } from "./chart.js";
import { linearTicks, logTicks, tickLabels } from "./ticks.js";

/** One axis: where values go (pixels) and where the ticks are. */
export interface Axis {
  place(value: number): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

export interface AxisRange {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** Values are whole numbers, such as steps. */
  readonly integer: boolean;
  /** About how many ticks. */
  readonly target: number;
}

/**
 * Smallest range that holds all finite values; a single value gets some room on both sides, no value at all gives 0 to
 * 1 (log: 1 to 10).
 */
export function rangeOf(values: Iterable<number>, log: boolean): { low: number; high: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return log ? { low: 1, high: 10 } : { low: 0, high: 1 };
  // The width of the range must stay finite.
  [low, high] = [Math.max(low, -8e307), Math.min(high, 8e307)];
  if (low < high) return { low, high };
  if (log) return { low: low / 2, high: high * 2 };
  const room = low === 0 ? 1 : Math.abs(low) * 0.05;
  return { low: low - room, high: high + room };
}

/** Adds a margin to both ends, as a share of the range. */
export function widen(
  range: { low: number; high: number },
  share: number,
  log: boolean,
): { low: number; high: number } {
  if (log) {
    const factor = (range.high / range.low) ** share;
    return { low: range.low / factor, high: range.high * factor };
  }
  const margin = (range.high - range.low) * share;
  return { low: range.low - margin, high: range.high + margin };
}

/** An axis of numbers that maps the range to pixels `from` … `to`. */
export function axisOf(range: AxisRange, from: number, to: number): Axis {
  const { low, high, log, integer, target } = range;
  const scale = log ? Math.log10 : (value: number) => value;
  const width = scale(high) - scale(low);
  // Divided first, so that the largest numbers don't overflow.
  const place = (value: number) => from + (scale(value) / width - scale(low) / width) * (to - from);
  const values = log ? logTicks(low, high, target) : linearTicks(low, high, { target, integer });
  const labels = log && high / low > 1000 ? values.map((value) => tickLabels([value])[0] ?? "") : tickLabels(values);
  return { place, ticks: values.map((value, i) => ({ at: place(value), label: labels[i] ?? "" })) };
}

export interface AxisRoom {
  readonly from: number;
  readonly to: number;
  /** About how many ticks of numbers. */
  readonly target: number;
  /** Pixels that a name takes along the axis; names without room are left out. */
  readonly nameRoom: number;
}

/** The axis of a panel in pixels. Names stand in the middle of equal parts. */
export function panelAxis(spec: AxisSpec, room: AxisRoom): Axis {
  const { from, to, target, nameRoom } = room;
  if (!isNameAxis(spec)) {
    return axisOf({ ...spec, log: spec.log ?? false, integer: spec.integer ?? false, target }, from, to);
  }
  const slot = (to - from) / Math.max(1, spec.names.length);
  const place = (index: number) => from + (index + 0.5) * slot;
  const step = Math.max(1, Math.ceil(nameRoom / Math.abs(slot)));
  const ticks = spec.names.flatMap((label, index) => (index % step === 0 ? [{ at: place(index), label }] : []));
  return { place, ticks };
}
