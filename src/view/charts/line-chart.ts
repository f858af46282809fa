import { fitBundle } from "../budget.js";
import type { MimeBundle } from "../display-contract.js";
import { formatNumber, oneLine, shorten } from "../text.js";
import { type CurveSummary, type LineSeries, requireEqualLengths, summarize, thinOut } from "./curve.js";
import { type LineFigure, maximumLines } from "./figure.js";
import { plotlyLineChart } from "./plotly-line-chart.js";
import { chartText } from "./sparkline.js";
import { svgLineChart } from "./svg-line-chart.js";

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

// Points over all lines. The interactive figure takes about 18 bytes a point, the picture 11.
const levels = [{ points: 1600 }, { points: 1200 }, { points: 800 }, { points: 500 }, { points: 250 }, { points: 84 }];
const finestBuckets = 4000;

/**
 * A line chart as one output: an interactive figure (`application/vnd.plotly.v1+json`), a static picture (`image/svg+xml`) and text with
 * a sparkline, so that JupyterLab, nbconvert, papermill, web viewers and a terminal all show it. (No text/html: nbconvert would prefer it to
 * the picture.) At most 64 KB however long the series: lines are thinned out such that their extremes and gaps stay. NaN and infinite
 * values are gaps, marked in red on the x axis and counted in the text.
 * @throws LabError ARGUMENT_INVALID if a series has not as many x as y.
 */
export function lineChart(spec: LineChartSpec): MimeBundle {
  requireEqualLengths(spec.title, spec.series);
  const log = spec.y.log ?? false;
  const prepared = spec.series.slice(0, maximumLines).map((series) => prepare(series, log));
  return fitBundle(levels, ({ points }) => {
    const figure = figureOf(spec, prepared, Math.max(2, Math.floor(points / Math.max(1, prepared.length) / 2)));
    return {
      "application/vnd.plotly.v1+json": plotlyLineChart(figure),
      "image/svg+xml": svgLineChart(figure),
      "text/plain": chartText(figure),
    };
  });
}

interface Prepared {
  readonly series: LineSeries;
  readonly summary: CurveSummary;
}

/** One look at every value; very long series are thinned out once, so that trying several sizes afterwards costs nothing. */
function prepare(series: LineSeries, log: boolean): Prepared {
  const summary = summarize(series, log);
  const name = shorten(oneLine(series.name), 40);
  if (series.y.length <= 4 * finestBuckets) return { summary, series: { ...series, name } };
  return { summary, series: { name, ...thinOut(series, finestBuckets, log) } };
}

function figureOf(spec: LineChartSpec, prepared: readonly Prepared[], buckets: number): LineFigure {
  const log = spec.y.log ?? false;
  const curves = prepared.map(({ series, summary }) => ({
    name: series.name,
    summary,
    ...thinOut(series, buckets, log),
  }));
  const markers = (spec.markers ?? []).filter((marker) => Number.isFinite(marker.x));
  return {
    title: shorten(oneLine(spec.title), 80),
    xLabel: shorten(oneLine(spec.x.label), 80),
    yLabel: shorten(oneLine(spec.y.label), 80),
    log,
    height: Math.min(1000, Math.max(200, spec.height ?? 360)),
    curves,
    markers: markers.slice(0, 20).map(({ x, label }) => ({ x, label: shorten(oneLine(label), 40) })),
    notes: notesOf(spec, curves, markers.length),
  };
}

function notesOf(spec: LineChartSpec, curves: LineFigure["curves"], markers: number): string[] {
  const total = curves.reduce((sum, curve) => sum + curve.summary.points, 0);
  const drawn = curves.reduce((sum, curve) => sum + curve.y.length, 0);
  const hidden = spec.series.length - curves.length;
  const broken = curves.reduce((sum, curve) => sum + curve.summary.notFinite, 0);
  const low = curves.reduce((sum, curve) => sum + curve.summary.notPositive, 0);
  return [
    [
      broken > 0 ? `red ticks: ${plural(broken, "value")} not finite` : "",
      low > 0 ? `red ticks: ${plural(low, "value")} not above zero` : "",
      hidden > 0 ? `${hidden} of ${spec.series.length} series hidden` : "",
      markers > 20 ? `${markers - 20} of ${markers} markers hidden` : "",
      drawn < total ? `${formatNumber(drawn)} of ${formatNumber(total)} points drawn, extremes kept` : "",
    ]
      .filter(Boolean)
      .join(" · "),
  ].filter(Boolean);
}

function plural(count: number, noun: string): string {
  return `${formatNumber(count)} ${noun}${count === 1 ? "" : "s"}`;
}
