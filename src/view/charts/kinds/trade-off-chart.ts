import { formatNumber, oneLine, pad, shorten } from "../../text.js";
import { rangeOf, widen } from "../axis.js";
import type { Chart, DotsMark } from "../chart.js";
import { type Figure, figureOf } from "../figure.js";

/** One alternative: two costs, less of both is better. */
export interface TradeOffPoint {
  readonly x: number;
  /** Above zero: the axis is logarithmic. */
  readonly y: number;
  readonly label: string;
}

export interface TradeOffSpec {
  readonly title: string;
  readonly x: { readonly label: string };
  readonly y: { readonly label: string };
  /** Alternatives in the background. */
  readonly points: readonly TradeOffPoint[];
  /** Those that none beats in both costs, in order of rising y. */
  readonly front: readonly TradeOffPoint[];
  /** A vertical line that alternatives must stay left of. */
  readonly limit?: { readonly x: number; readonly label: string };
  /** Pixels, 200 to 1000; default 400. */
  readonly height?: number;
}

const levels = [400, 200, 60, 0];
const mostOnFront = 40;
const looks = { cloud: "#9fb1c0", front: "#0072b2", best: "#d55e00" } as const;
/** Pixels of title, legend, axis, and its labels. */
const chrome = 142;

/**
 * Two costs of many alternatives, and the line of those that none beats in both (Pareto front). The text lists the
 * front. At most 64 KB: points in the background are thinned out first.
 */
export function tradeOffChart(spec: TradeOffSpec): Figure {
  const clean = (point: TradeOffPoint): TradeOffPoint => ({ ...point, label: shorten(oneLine(point.label), 60) });
  const drawable = ({ x, y }: TradeOffPoint): boolean => Number.isFinite(x) && Number.isFinite(y) && y > 0;
  const points = spec.points.filter(drawable).map(clean);
  const front = spec.front.filter(drawable).slice(0, mostOnFront).map(clean);
  return figureOf(
    levels.map((most) => () => {
      const step = Math.max(1, points.length / Math.max(1, most));
      const count = Math.min(most, points.length);
      const shown = Array.from({ length: count }, (_, i) => points[Math.floor(i * step)] as TradeOffPoint);
      return chartOf({ ...spec, title: shorten(oneLine(spec.title), 80), points: shown, front });
    }),
  );
}

function dots(points: readonly TradeOffPoint[], look: Pick<DotsMark, "name" | "color" | "radius">): DotsMark {
  return {
    kind: "dots",
    x: points.map(({ x }) => x),
    y: points.map(({ y }) => y),
    hover: points.map(({ label }) => label),
    ...look,
  };
}

function chartOf(spec: TradeOffSpec): Chart {
  const { title, points, front, limit } = spec;
  const all = [...points, ...front];
  const xs = [...all.map(({ x }) => x), ...(limit === undefined ? [] : [limit.x])];
  const names = { others: "others", front: "none is both faster and smaller" };
  const color = front.map((_, index) => (index === 0 ? looks.best : looks.front));
  return {
    title,
    panels: [
      {
        height: Math.min(1000, Math.max(200, spec.height ?? 400)) - chrome,
        x: { label: spec.x.label, ...widen(rangeOf(xs, false), 0.03, false) },
        y: { label: spec.y.label, log: true, ...widen(yRange(all), 0.1, true) },
        marks: [
          dots(points, { name: names.others, color: looks.cloud, radius: 2.4 }),
          {
            ...dots(front, { name: names.front, color, radius: 4 }),
            line: looks.front,
            labeled: true,
          },
        ],
        rules: limit === undefined ? [] : [{ on: "x", at: limit.x, label: limit.label }],
      },
    ],
    legend: [
      { label: names.front, color: looks.front },
      { label: names.others, color: looks.cloud },
    ],
    notes: [],
    text: tradeOffText(spec),
  };
}

function yRange(points: readonly TradeOffPoint[]): { low: number; high: number } {
  return rangeOf(
    points.map(({ y }) => y),
    true,
  );
}

function tradeOffText({ title, x, y, front, points, limit }: TradeOffSpec): string {
  const rows = front.map((point) => [formatNumber(point.x), formatNumber(point.y), point.label] as const);
  const widths = [0, 1].map((column) => Math.max(8, ...rows.map((row) => row[column as 0 | 1].length)));
  return [
    title,
    `  ${pad("x", widths[0] ?? 8, "right")}  ${pad("y", widths[1] ?? 8, "right")}   x: ${x.label}; y: ${y.label}`,
    ...rows.map(
      ([a, b, label]) => `  ${pad(a, widths[0] ?? 8, "right")}  ${pad(b, widths[1] ?? 8, "right")}   ${label}`,
    ),
    ...(limit === undefined ? [] : [`  ${limit.label}: ${formatNumber(limit.x)}`]),
    `  none of the others (${points.length} drawn) is both faster and smaller than one of these`,
  ].join("\n");
}
