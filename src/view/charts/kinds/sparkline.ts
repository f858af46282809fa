import { displayWidth, formatNumber, oneLine, pad, shorten } from "../../text.js";
import type { Rule } from "../chart.js";
import type { Curve, Point } from "./curve.js";

const bars = "▁▂▃▄▅▆▇█";

/** A line of block characters, low to high; a space where there is nothing to draw. At most `width` characters. */
export function sparkline(values: readonly number[], options: { width: number; log?: boolean }): string {
  const scaled = values.map((value) => (options.log ? Math.log10(value) : value));
  const columns = Math.min(options.width, scaled.length);
  const means = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * scaled.length) / columns);
    const part = scaled.slice(from, Math.floor(((column + 1) * scaled.length) / columns)).filter(Number.isFinite);
    return part.length === 0 ? Number.NaN : part.reduce((sum, value) => sum + value / part.length, 0);
  });
  const present = means.filter(Number.isFinite);
  const low = Math.min(...present);
  const range = Math.max(...present) - low;
  return means
    .map((mean) => {
      if (!Number.isFinite(mean)) return " ";
      return bars[range > 0 ? Math.min(7, Math.floor(((mean - low) / range) * 8)) : 3];
    })
    .join("");
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
  const names = panels.flatMap(({ curves }) => curves.map((curve) => shorten(oneLine(curve.name), 40)));
  const width = Math.max(0, ...names.map(displayWidth));
  const lines = panels.flatMap((panel) =>
    panel.curves.flatMap((curve) => {
      const name = pad(shorten(oneLine(curve.name), 40), width, "left");
      const line = sparkline(curve.y, { width: 60, log: panel.log });
      return [`  ${name}  ${line}`.trimEnd(), `  ${" ".repeat(width)}  ${summaryText(curve, xLabel)}`];
    }),
  );
  const marked = panels[0]?.rules.map(({ at, label }) => `${shorten(oneLine(label), 40)} at ${formatNumber(at)}`) ?? [];
  return [
    oneLine(spec.title),
    ...lines,
    ...(marked.length > 0 ? [`  marked: ${marked.join("; ")}`] : []),
    ...spec.notes.map((note) => `  ${note}`),
  ].join("\n");
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
