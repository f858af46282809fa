import { formatNumber, oneLine, shorten } from "../../text.js";
import type { Chart } from "../chart.js";
import { type Figure, figureOf } from "../figure.js";
import { lineStyle } from "../palette.js";
import { requireChart } from "./chart-spec.js";

/** Values from `from` (inclusive) to `to` (exclusive) and how many there are. */
export interface HistogramBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Contents of a histogram. */
export interface HistogramSpec {
  readonly title: string;
  readonly x: {
    readonly label: string;
    /** Logarithmic axis; bins then begin above zero. */
    readonly log?: boolean;
    /** Whole numbers; default: true. */
    readonly integer?: boolean;
  };
  readonly y: { readonly label: string; readonly log?: boolean };
  /** Ascending, next to each other; at most 200. */
  readonly bins: readonly HistogramBin[];
  /** Vertical lines with a label, such as "median". */
  readonly markers?: readonly { readonly x: number; readonly label: string }[];
  /** Facts in words, a line each: above the bars in the text, not in the picture. */
  readonly facts?: readonly string[];
}

const most = 200;

/** A bin alone would fill the whole picture: it gets empty neighbors. */
function withRoom({ bins, x }: HistogramSpec): readonly HistogramBin[] {
  const [only] = bins;
  if (bins.length !== 1 || !only || x.log) return bins.slice(0, most);
  const width = only.to - only.from;
  const around = [-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5]
    .map((i) => only.from + i * width)
    .filter((from) => from >= 0 || x.integer === false);
  return around.map((from) => ({ from, to: from + width, count: from === only.from ? only.count : 0 }));
}

/**
 * A histogram as a figure of at most 64 KB: 200 bins take 30 KB.
 *
 * @example
 * const bins = [{ from: 0, to: 128, count: 40 }, { from: 128, to: 256, count: 12 }];
 * show(histogram({ title: "Lengths", x: { label: "tokens" }, y: { label: "documents" }, bins }));
 */
export function histogram(spec: HistogramSpec): Figure {
  requireChart(spec, "bins", {
    call: "histogram",
    more: ["markers", "facts"],
    example: 'histogram({ title: "Lengths", x: { label: "tokens" }, y: { label: "documents" }, bins })',
  });
  return figureOf([() => chartOf(spec)]);
}

function chartOf(spec: HistogramSpec): Chart {
  const title = shorten(oneLine(spec.title), 80);
  const bins = withRoom(spec);
  const highest = Math.max(1, ...bins.map(({ count }) => count));
  const { x, y } = spec;
  return {
    title,
    panels: [
      {
        height: 240,
        x: {
          ...x,
          integer: x.integer ?? true,
          low: bins[0]?.from ?? (x.log ? 1 : 0),
          high: bins.at(-1)?.to ?? (x.log ? 10 : 1),
        },
        y: { ...y, integer: true, ...(y.log ? { low: 0.7, high: highest * 1.3 } : { low: 0, high: highest * 1.05 }) },
        marks: [
          {
            kind: "bars",
            name: y.label,
            color: lineStyle(0).color,
            direction: "v",
            bars: bins.map(({ from, to, count }) => ({
              at: (from + to) / 2,
              width: to - from,
              from: 0,
              to: count,
              hover: `${rangeText(from, to)}: ${formatNumber(count)}`,
            })),
          },
        ],
        rules: (spec.markers ?? [])
          .slice(0, 8)
          .map(({ x: at, label }) => ({ on: "x", at, label: shorten(oneLine(label), 40) })),
      },
    ],
    legend: [],
    notes: [],
    text: histogramText({ ...spec, title, bins }),
  };
}

const rows = 20;

/** The bins as bars of characters; many bins are put together, so that there are at most 20 lines. */
export function histogramText(spec: HistogramSpec): string {
  const { title, x, bins } = spec;
  const facts = spec.facts ?? [];
  const step = Math.ceil(bins.length / rows);
  const joined = Array.from({ length: Math.ceil(bins.length / step || 0) }, (_, i) => {
    const part = bins.slice(i * step, (i + 1) * step);
    const count = part.reduce((sum, bin) => sum + bin.count, 0);
    return { from: part[0]?.from ?? 0, to: part.at(-1)?.to ?? 0, count };
  });
  const highest = Math.max(1, ...joined.map(({ count }) => count));
  const names = joined.map(({ from, to }) => rangeText(from, to));
  const width = Math.max(0, ...names.map(({ length }) => length));
  const lines = joined.map(({ count }, i) => {
    const bar = count === 0 ? "" : "█".repeat(Math.max(1, Math.round((40 * count) / highest)));
    return `  ${(names[i] as string).padStart(width)}  ${bar} ${formatNumber(count)}`;
  });
  return [title, ...facts.map((fact) => `  ${fact}`), `  by ${oneLine(x.label)}:`, ...lines].join("\n");
}

function rangeText(from: number, to: number): string {
  const last = Number.isInteger(from) && Number.isInteger(to) ? to - 1 : to;
  return last <= from ? formatNumber(from) : `${formatNumber(from)}–${formatNumber(last)}`;
}
