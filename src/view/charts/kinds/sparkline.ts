import { displayWidth, formatNumber, oneLine, pad, shorten } from "../../text.js";
import type { Rule } from "../chart.js";
import type { Curve, Point } from "./curve.js";

/** Characters of a name in the legend; the longest names of tensors are not cut. */
export const longestName = 64;
const bars = "▁▂▃▄▅▆▇█";

interface Scale {
  readonly low: number;
  readonly high: number;
}

interface SparklineOptions {
  readonly width: number;
  readonly log?: boolean;
}

/** Means of at most `width` equal parts, as logarithms if `log`; NaN where there is nothing to draw. */
function columnsOf(values: readonly number[], { width, log }: SparklineOptions): number[] {
  const scaled = values.map((value) => (log ? Math.log10(value) : value));
  const columns = Math.min(width, scaled.length);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * scaled.length) / columns);
    const part = scaled.slice(from, Math.floor(((column + 1) * scaled.length) / columns)).filter(Number.isFinite);
    return part.length === 0 ? Number.NaN : part.reduce((sum, value) => sum + value / part.length, 0);
  });
}

function scaleOf(columns: readonly number[]): Scale {
  const present = columns.filter(Number.isFinite);
  return { low: Math.min(...present), high: Math.max(...present) };
}

function blocks(columns: readonly number[], { low, high }: Scale): string {
  return columns
    .map((mean) => {
      if (!Number.isFinite(mean)) return " ";
      return bars[high > low ? Math.min(7, Math.floor(((mean - low) / (high - low)) * 8)) : 3];
    })
    .join("");
}

/** A line of block characters, low to high; a space where there is nothing to draw. At most `width` characters. */
export function sparkline(values: readonly number[], options: SparklineOptions): string {
  const columns = columnsOf(values, options);
  return blocks(columns, scaleOf(columns));
}

interface Words {
  readonly label: string;
  readonly log: boolean;
  readonly curves: readonly Curve[];
  readonly rules: readonly Rule[];
}

/**
 * The chart in words: for each curve a sparkline with its first, last, lowest, and highest value, then the marked
 * places.
 */
export function chartText(spec: {
  readonly title: string;
  readonly xLabel: string;
  readonly panels: readonly Words[];
  readonly notes: readonly string[];
}): string {
  const { xLabel, panels } = spec;
  const names = panels.flatMap(({ curves }) => curves.map((curve) => shorten(oneLine(curve.name), longestName)));
  const width = Math.max(0, ...names.map(displayWidth));
  const lines = panels.flatMap((panel) => panelText(panel, { width, xLabel }));
  const marked = panels[0]?.rules.map(({ at, label }) => `${shorten(oneLine(label), 40)} at ${formatNumber(at)}`) ?? [];
  return [
    oneLine(spec.title),
    ...lines,
    ...(marked.length > 0 ? [`  marked: ${marked.join("; ")}`] : []),
    ...spec.notes.map((note) => `  ${note}`),
  ].join("\n");
}

/** The curves of a panel on one scale, as in the drawing, so that their heights can be compared. */
function panelText({ curves, log, label }: Words, { width, xLabel }: { width: number; xLabel: string }): string[] {
  const columns = curves.map(({ y }) => columnsOf(y, { width: 60, log }));
  const scale = scaleOf(columns.flat());
  const lines = curves.flatMap((curve, at) => {
    const name = pad(shorten(oneLine(curve.name), longestName), width, "left");
    const line = blocks(columns[at] ?? [], scale);
    return [`  ${name}  ${line}`.trimEnd(), `  ${" ".repeat(width)}  ${summaryText(curve, xLabel)}`];
  });
  if (curves.length < 2 || scale.low > scale.high) return lines;
  const [low, high] = [scale.low, scale.high].map((end) => formatNumber(log ? 10 ** end : end));
  return [
    ...lines,
    `  ${" ".repeat(width)}  all on one scale of ${oneLine(label)}: ${bars[0]} ${low} to ${bars[7]} ${high}`,
  ];
}

function summaryText(curve: Curve, xLabel: string): string {
  const { first, last, lowest, highest, notFinite, notPositive } = curve.summary;
  if (!first || !last || !lowest || !highest)
    return curve.summary.points === 0 ? "no values yet" : "no value that can be drawn";
  const at = (point: Point) => `${formatNumber(point.y)} at ${oneLine(xLabel)} ${formatNumber(point.x)}`;
  const parts = [`first ${at(first)}`, `last ${at(last)}`, `min ${at(lowest)}`, `max ${at(highest)}`];
  if (notFinite > 0) parts.push(`${formatNumber(notFinite)} not finite`);
  if (notPositive > 0) parts.push(`${formatNumber(notPositive)} not above zero, so not on the log axis`);
  return parts.join(" · ");
}
