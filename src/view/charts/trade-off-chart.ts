import { fitBundle } from "../budget.js";
import type { MimeBundle } from "../display-contract.js";
import { formatNumber, oneLine, pad, shorten } from "../text.js";
import { plotlyTradeOff } from "./plotly-trade-off.js";
import { svgTradeOff } from "./svg-trade-off.js";

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

/** A chart ready for drawing. */
export interface TradeOffFigure extends TradeOffSpec {
  readonly height: number;
}

const levels = [{ points: 400 }, { points: 200 }, { points: 60 }, { points: 0 }];
const mostOnFront = 40;

/**
 * Two costs of many alternatives, and the line of those that none beats in both (Pareto front): an interactive figure, a static picture and text that
 * lists the front. At most 64 KB: background points are thinned out first.
 */
export function tradeOffChart(spec: TradeOffSpec): MimeBundle {
  const clean = (point: TradeOffPoint): TradeOffPoint => ({ ...point, label: shorten(oneLine(point.label), 60) });
  const drawable = ({ x, y }: TradeOffPoint): boolean => Number.isFinite(x) && Number.isFinite(y) && y > 0;
  const points = spec.points.filter(drawable).map(clean);
  const front = spec.front.filter(drawable).slice(0, mostOnFront).map(clean);
  return fitBundle(levels, ({ points: most }) => {
    const step = Math.max(1, points.length / Math.max(1, most));
    const shown = Array.from(
      { length: Math.min(most, points.length) },
      (_, index) => points[Math.floor(index * step)] as TradeOffPoint,
    );
    const figure: TradeOffFigure = {
      ...spec,
      title: shorten(oneLine(spec.title), 80),
      height: Math.min(1000, Math.max(200, spec.height ?? 400)),
      points: shown,
      front,
    };
    return {
      "application/vnd.plotly.v1+json": plotlyTradeOff(figure),
      "image/svg+xml": svgTradeOff(figure),
      "text/plain": tradeOffText(figure),
    };
  });
}

function tradeOffText({ title, x, y, front, points, limit }: TradeOffFigure): string {
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
