import type { Chart, LegendEntry } from "../chart.js";
import { chartWords, type Figure, figureOf } from "../figure.js";
import { signals } from "../theme.js";

export interface StackedBarsSpec {
  readonly title: string;
  readonly x: { readonly label: string };
  readonly y: { readonly label: string };
  /** One bar each; `values[part]` lie on top of each other, the first at the bottom; none is negative. */
  readonly bars: readonly { readonly label: string; readonly values: readonly number[]; readonly hover?: string }[];
  readonly parts: readonly LegendEntry[];
  /** A line that no bar should pass. */
  readonly limit?: { readonly value: number; readonly label: string };
  readonly notes: readonly string[];
  /** For a terminal. */
  readonly text: string;
}

/** Most bars; of more, some in between are left out. */
const levels = [128, 64, 24];

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function thinned(spec: StackedBarsSpec, limit: number): StackedBarsSpec {
  const step = Math.ceil(spec.bars.length / limit);
  if (step === 1) return spec;
  const bars = spec.bars.filter((_, index) => index % step === 0 || index === spec.bars.length - 1);
  return { ...spec, bars, notes: [...spec.notes, `${bars.length} of ${spec.bars.length} bars are drawn.`] };
}

/** Bars of parts on top of each other, with a limit. */
export function stackedBars(spec: StackedBarsSpec): Figure {
  return figureOf(levels.map((bars) => () => chartOf(thinned(spec, bars))));
}

function chartOf(spec: StackedBarsSpec): Chart {
  const { title, bars, parts, limit, notes } = spec;
  const highest = Math.max(limit?.value ?? 0, ...bars.map(({ values }) => total(values)));
  return {
    title,
    panels: [
      {
        height: 260,
        x: { label: spec.x.label, names: bars.map(({ label }) => label) },
        y: { label: spec.y.label, low: 0, high: highest * 1.05 || 1 },
        marks: parts.map(({ label, color }, part) => ({
          kind: "bars",
          name: label,
          color,
          direction: "v",
          bars: bars.map(({ values, hover }, at) => {
            const [from, size] = [total(values.slice(0, part)), values[part] ?? 0];
            const words = `${label} ${size.toFixed(2)}${part === parts.length - 1 && hover ? ` ${hover}` : ""}`;
            return { at, width: 0.8, from, to: from + size, hover: words };
          }),
        })),
        rules: limit === undefined ? [] : [{ on: "y", at: limit.value, label: limit.label, color: signals.limit }],
        hoverTogether: true,
      },
    ],
    legend: parts,
    notes,
    text: chartWords(title, [spec.text], notes),
  };
}
