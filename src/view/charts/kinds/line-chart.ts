import { formatNumber, oneLine, shorten } from "../../text.js";
import { rangeOf, widen } from "../axis.js";
import type { Chart, Panel, Rule } from "../chart.js";
import { type Drawings, type Figure, figureOf } from "../figure.js";
import { lineStyle, maximumLines } from "../palette.js";
import { requireChart } from "./chart-spec.js";
import { type Curve, type CurveSummary, type LineSeries, requireEqualLengths, summarize, thinOut } from "./curve.js";
import { chartText, longestName } from "./sparkline.js";

/** Contents of a line chart. */
export interface LineChartSpec {
  readonly title: string;
  readonly x: { readonly label: string };
  readonly y: {
    readonly label: string /** Logarithmic axis; values at or below zero become gaps. */;
    readonly log?: boolean;
  };
  readonly series: readonly LineSeries[];
  /** Vertical lines with a label, such as "resumed here". */
  readonly markers?: readonly { readonly x: number; readonly label: string }[];
  /** Pixels, 200 to 1000; default 360. */
  readonly height?: number;
}

/** Several line charts as one figure, below each other, with one x axis. */
export interface LinePanelsSpec {
  readonly title: string;
  readonly x: { readonly label: string };
  readonly panels: readonly Pick<LineChartSpec, "y" | "series" | "markers">[];
  /** Pixels of each panel; default 180. */
  readonly height?: number;
  /** Below the drawing. */
  readonly notes?: readonly string[];
}

// Points over all lines. The interactive figure takes about 18 bytes a point, the picture 11.
const levels = [1600, 1200, 800, 500, 250, 84];
const finestBuckets = 4000;
/** Pixels of title, axis, and its labels. */
const chrome = 124;

/**
 * A line chart as a figure. It holds at most 64 KB however long the series: lines are thinned, but keep their
 * extremes and gaps. NaN and infinite values are gaps, marked in red on the x axis and counted in the text.
 * @throws LabError ARGUMENT_INVALID if a series has different numbers of x and y.
 *
 * @example
 * const series = [{ name: "loss", x: [1, 2, 3], y: [6.9, 5.1, 4.2] }];
 * show(lineChart({ title: "Loss", x: { label: "step" }, y: { label: "loss" }, series }));
 */
export function lineChart(spec: LineChartSpec): Figure {
  requireChart(spec, "series", {
    call: "lineChart",
    more: ["markers", "height"],
    example: 'lineChart({ title: "Loss", x: { label: "step" }, y: { label: "loss" }, series })',
  });
  return figureOf(lineDrawings(spec));
}

export function lineDrawings(spec: LineChartSpec): Drawings {
  const height = Math.min(1000, Math.max(200, spec.height ?? 360)) - chrome;
  return panelDrawings({ title: spec.title, x: spec.x, panels: [spec], height });
}

/**
 * The drawings of several line charts below each other. @throws LabError ARGUMENT_INVALID if a series has not as many x
 * as y.
 */
export function panelDrawings(spec: LinePanelsSpec): Drawings {
  const panels = spec.panels.map((panel) => {
    requireEqualLengths(spec.title, panel.series);
    const log = panel.y.log ?? false;
    return { panel, prepared: panel.series.slice(0, maximumLines).map((series) => prepare(series, log)) };
  });
  const lines = panels.reduce((sum, { prepared }) => sum + prepared.length, 0);
  return levels.map((points) => () => {
    const buckets = Math.max(2, Math.floor(points / Math.max(1, lines) / 2));
    return chartOf(
      spec,
      panels.map(({ panel, prepared }) => linesOf(panel, prepared, buckets)),
    );
  });
}

interface Prepared {
  readonly series: LineSeries;
  readonly summary: CurveSummary;
}

/** One panel, bounded and thinned out. */
interface Lines {
  readonly label: string;
  readonly log: boolean;
  readonly curves: readonly Curve[];
  readonly rules: readonly Rule[];
  readonly notes: string;
}

/**
 * One look at every value; very long series are thinned out once, so that trying several sizes afterwards costs
 * nothing.
 */
function prepare(series: LineSeries, log: boolean): Prepared {
  const summary = summarize(series, log);
  const name = shorten(oneLine(series.name), longestName);
  if (series.y.length <= 4 * finestBuckets) return { summary, series: { ...series, name } };
  return { summary, series: { name, ...thinOut(series, finestBuckets, log) } };
}

function linesOf(spec: LinePanelsSpec["panels"][number], prepared: readonly Prepared[], buckets: number): Lines {
  const log = spec.y.log ?? false;
  const curves = prepared.map(({ series, summary }) => ({
    name: series.name,
    summary,
    ...thinOut(series, buckets, log),
  }));
  const markers = (spec.markers ?? []).filter((marker) => Number.isFinite(marker.x));
  const rules = markers
    .slice(0, 20)
    .map(({ x, label }): Rule => ({ on: "x", at: x, label: shorten(oneLine(label), 40) }));
  const label = shorten(oneLine(spec.y.label), 80);
  return { label, log, curves, rules, notes: noteOf(spec.series.length, curves, markers.length) };
}

function chartOf(spec: LinePanelsSpec, panels: readonly Lines[]): Chart {
  const title = shorten(oneLine(spec.title), 80);
  const xLabel = shorten(oneLine(spec.x.label), 80);
  const notes = [...panels.map((panel) => panel.notes).filter(Boolean), ...(spec.notes ?? [])];
  const curves = panels.flatMap((panel) => panel.curves);
  const x = xRange(curves, panels);
  return {
    title,
    panels: panels.map((lines) => panelOf(lines, { label: xLabel, ...x }, spec.height ?? 180)),
    legend: panels
      .filter((panel) => panel.curves.length > 1)
      .slice(0, 1)
      .flatMap((panel) => panel.curves.map(({ name }, i) => ({ label: name, ...lineStyle(i) }))),
    notes,
    text: chartText({ title, xLabel, panels, notes }),
  };
}

function xRange(curves: readonly Curve[], panels: readonly Lines[]): { low: number; high: number; integer: boolean } {
  const integer = curves.every((curve) => curve.summary.integerX);
  const marked = panels.flatMap(({ rules }) => rules.map(({ at }) => at));
  const { low, high } = rangeOf([...curves.flatMap((curve) => curve.x), ...marked], false);
  const room = integer && high - low < 1 ? 1 : 0;
  return { low: low - room, high: high + room, integer };
}

function panelOf({ label, log, curves, rules }: Lines, x: Panel["x"], height: number): Panel {
  const values = curves.flatMap((curve) => curve.y);
  const points = Math.max(0, ...curves.map((curve) => curve.x.length));
  return {
    height,
    x,
    y: { label, log, ...widen(rangeOf(values, log), 0.05, log) },
    marks: curves.map(({ name, x, y }, i) => ({ kind: "line", name, x, y, dots: points <= 30, ...lineStyle(i) })),
    rules,
    hoverTogether: true,
  };
}

function noteOf(series: number, curves: readonly Curve[], markers: number): string {
  const total = curves.reduce((sum, curve) => sum + curve.summary.points, 0);
  const drawn = curves.reduce((sum, curve) => sum + curve.y.length, 0);
  const hidden = series - curves.length;
  const broken = curves.reduce((sum, curve) => sum + curve.summary.notFinite, 0);
  const low = curves.reduce((sum, curve) => sum + curve.summary.notPositive, 0);
  return [
    broken > 0 ? `red ticks: ${plural(broken, "value")} not finite` : "",
    low > 0 ? `red ticks: ${plural(low, "value")} not above zero` : "",
    hidden > 0 ? `${hidden} of ${series} series hidden` : "",
    markers > 20 ? `${markers - 20} of ${markers} markers hidden` : "",
    drawn < total ? `${formatNumber(drawn)} of ${formatNumber(total)} points drawn, extremes kept` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function plural(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}
