import { requireArgument, requireText } from "../../../core/arguments.js";
import { LabError } from "../../../core/error.js";

/** One line of a chart as the caller gives it: as many x as y; y may hold NaN and infinities. */
export interface LineSeries {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What was found while looking at every value once. */
export interface CurveSummary {
  readonly points: number;
  readonly first: Point | undefined;
  readonly last: Point | undefined;
  readonly lowest: Point | undefined;
  readonly highest: Point | undefined;
  /** Values that are NaN or infinite. */
  readonly notFinite: number;
  /** Values at or below zero that a logarithmic axis can't show; 0 on a linear axis. */
  readonly notPositive: number;
  /** True if every x is an integer, as steps are. */
  readonly integerX: boolean;
}

/** A series thinned out for drawing: in order, a NaN in `y` is a gap at its `x`. */
export interface Curve {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly summary: CurveSummary;
}

/** Throws ARGUMENT_INVALID unless every series has as many x as y. */
export function requireEqualLengths(title: string, series: readonly LineSeries[]): void {
  for (const { name, x, y } of series) {
    const example = '{ name: "loss", x: [1, 2, 3], y: [6.9, 5.1, 4.2] }';
    requireText(name, "series, name", example);
    for (const [axis, found] of Object.entries({ x, y })) {
      const call = `series ${JSON.stringify(name)}, ${axis}`;
      const isList = Array.isArray(found) || ArrayBuffer.isView(found);
      requireArgument(isList, { call, expected: "a list of numbers", found, example });
    }
    if (x.length === y.length) continue;
    const message =
      `chart ${JSON.stringify(title)}, series ${JSON.stringify(name)}: expected as many x as y, ` +
      `found ${x.length} and ${y.length}`;
    throw new LabError("ARGUMENT_INVALID", message, { hint: "give every y its x" });
  }
}

/** Looks at every value once. `log`: values at or below zero count as not drawable. */
export function summarize(series: LineSeries, log: boolean): CurveSummary {
  const { x, y } = series;
  let [first, last, lowest, highest, notFinite, notPositive] = [-1, -1, -1, -1, 0, 0];
  let [low, high, integerX] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (let i = 0; i < y.length; i++) {
    const value = y[i] as number;
    const position = x[i] as number;
    if (integerX && !Number.isInteger(position)) integerX = false;
    if (!Number.isFinite(value) || !Number.isFinite(position)) notFinite += 1;
    else if (log && value <= 0) notPositive += 1;
    else {
      if (first < 0) first = i;
      last = i;
      if (value < low) {
        low = value;
        lowest = i;
      }
      if (value > high) {
        high = value;
        highest = i;
      }
    }
  }
  const at = (i: number) => (i < 0 ? undefined : { x: x[i] as number, y: y[i] as number });
  return {
    points: y.length,
    first: at(first),
    last: at(last),
    lowest: at(lowest),
    highest: at(highest),
    notFinite,
    notPositive,
    integerX,
  };
}

/**
 * Thins a line out: the values, in their order, are cut into `buckets` equal parts, and of each part the lowest, the
 * highest and the first value that can't be drawn are kept; so no extreme and no gap is lost. The first and the last
 * value are always kept.
 */
export function thinOut(series: LineSeries, buckets: number, log: boolean): { x: number[]; y: number[] } {
  const { x, y } = series;
  const count = y.length;
  const floor = log ? 0 : Number.NEGATIVE_INFINITY;
  const out = { x: [] as number[], y: [] as number[] };
  const keep = (i: number) => {
    const value = y[i] as number;
    out.x.push(x[i] as number);
    out.y.push(value > floor && value < Number.POSITIVE_INFINITY && Number.isFinite(x[i]) ? value : Number.NaN);
  };
  if (count <= 2 * buckets) {
    for (let i = 0; i < count; i++) keep(i);
    return out;
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * count) / buckets);
    const end = Math.floor(((bucket + 1) * count) / buckets);
    const chosen = extremes(series, { start, end, floor });
    if (bucket === 0) chosen.add(0);
    if (bucket === buckets - 1) chosen.add(count - 1);
    for (const i of [...chosen].sort((a, b) => a - b)) keep(i);
  }
  return out;
}

function extremes(series: LineSeries, part: { start: number; end: number; floor: number }): Set<number> {
  const { x, y } = series;
  let [lowest, highest, gap] = [-1, -1, -1];
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = part.start; i < part.end; i++) {
    const value = y[i] as number;
    // False for NaN as well.
    if (value > part.floor && value < Number.POSITIVE_INFINITY && Number.isFinite(x[i])) {
      if (value < low) {
        low = value;
        lowest = i;
      }
      if (value > high) {
        high = value;
        highest = i;
      }
    } else if (gap < 0) gap = i;
  }
  return new Set([lowest, highest, gap].filter((i) => i >= 0));
}
