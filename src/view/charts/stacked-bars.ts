import { fitBundle } from "../budget.js";
import type { MimeBundle } from "../display-contract.js";
import { axisOf } from "./axis.js";
import { type Drawn, figureBundle, framedPicture, legendBelow, plotlyConfig } from "./frame.js";
import { ink, type LegendEntry, pictureText, pictureWidth, plotlyLabel, plotlyLayout, px } from "./picture.js";

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
const levels = [{ bars: 128 }, { bars: 64 }, { bars: 24 }];

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function thinned(spec: StackedBarsSpec, limit: number): StackedBarsSpec {
  const step = Math.ceil(spec.bars.length / limit);
  if (step === 1) return spec;
  const bars = spec.bars.filter((_, index) => index % step === 0 || index === spec.bars.length - 1);
  return { ...spec, bars, notes: [...spec.notes, `${bars.length} of ${spec.bars.length} bars are drawn.`] };
}

function drawBars(spec: StackedBarsSpec, top: number): Drawn {
  const bottom = top + 260;
  const [left, right] = [64, pictureWidth - 20];
  const highest = Math.max(spec.limit?.value ?? 0, ...spec.bars.map(({ values }) => total(values)));
  const y = axisOf({ low: 0, high: highest * 1.05 || 1, log: false, integer: false, target: 5 }, bottom, top);
  const slot = (right - left) / Math.max(1, spec.bars.length);
  const width = Math.max(1, Math.min(60, slot * 0.8));
  const at = (bar: number): number => left + (bar + 0.5) * slot - width / 2;
  const paths = spec.parts.map(({ colour }, part) => {
    const path = spec.bars.map(({ values }, bar) => {
      const from = total(values.slice(0, part));
      const [low, high] = [y.place(from), y.place(from + (values[part] ?? 0))];
      return low - high < 0.05 ? "" : `M${px(at(bar))} ${px(low)}V${px(high)}h${px(width)}V${px(low)}z`;
    });
    return `<path d="${path.join("")}" fill="${colour}"/>`;
  });
  const labelStep = Math.max(1, Math.ceil((8 * Math.max(1, ...spec.bars.map(({ label }) => label.length))) / slot));
  const limit =
    spec.limit === undefined
      ? []
      : [
          `<path d="M${left} ${px(y.place(spec.limit.value))}H${right}" stroke="${ink.limit}" stroke-width="1.5" stroke-dasharray="6 4" fill="none"/>`,
          pictureText([right, y.place(spec.limit.value) - 5], spec.limit.label, {
            anchor: "end",
            size: 11,
            fill: ink.limit,
          }),
        ];
  const parts = [
    pictureText([14, top - 8], spec.y.label, { size: 11 }),
    `<path d="${y.ticks.map(({ at: place }) => `M${left} ${px(place)}H${right}`).join("")}" stroke="${ink.grid}" fill="none"/>`,
    ...y.ticks.map(({ at: place, label }) => pictureText([left - 8, place + 4], label, { anchor: "end" })),
    ...paths,
    `<path d="M${left} ${bottom}H${right}" stroke="${ink.line}" fill="none"/>`,
    ...spec.bars.flatMap(({ label }, bar) =>
      bar % labelStep === 0
        ? [pictureText([at(bar) + width / 2, bottom + 16], label, { anchor: "middle", size: 11 })]
        : [],
    ),
    ...limit,
    pictureText([(left + right) / 2, bottom + 34], spec.x.label, { anchor: "middle" }),
  ];
  return { bottom: bottom + 46, parts };
}

function plotlyBars(spec: StackedBarsSpec, height: number): Record<string, unknown> {
  const last = spec.parts.length - 1;
  const limit = spec.limit;
  return {
    data: spec.parts.map(({ label, colour }, part) => ({
      type: "bar",
      name: plotlyLabel(label),
      marker: { color: colour },
      x: spec.bars.map((bar) => bar.label),
      y: spec.bars.map(({ values }) => Number((values[part] ?? 0).toPrecision(6))),
      ...(part === last
        ? {
            text: spec.bars.map(({ hover }) => plotlyLabel(hover ?? "")),
            textposition: "none",
            hovertemplate: "%{y:.2f} %{text}",
          }
        : { hovertemplate: "%{y:.2f}" }),
    })),
    layout: {
      ...plotlyLayout(spec.title, Math.max(380, height)),
      barmode: "stack",
      hovermode: "x unified",
      ...legendBelow,
      xaxis: { type: "category", title: { text: plotlyLabel(spec.x.label) } },
      yaxis: { title: { text: plotlyLabel(spec.y.label) }, gridcolor: ink.grid, rangemode: "tozero" },
      ...(limit === undefined
        ? {}
        : {
            shapes: [
              {
                type: "line",
                xref: "paper",
                x0: 0,
                x1: 1,
                y0: limit.value,
                y1: limit.value,
                line: { color: ink.limit, width: 1.5, dash: "dash" },
              },
            ],
            annotations: [
              {
                xref: "paper",
                x: 1,
                y: limit.value,
                text: plotlyLabel(limit.label),
                showarrow: false,
                xanchor: "right",
                yanchor: "bottom",
                font: { size: 11, color: ink.limit },
              },
            ],
          }),
    },
    config: plotlyConfig,
  };
}

/** Bars of parts on top of each other, with a limit, as one output: interactive figure, static picture and text, at most 64 KB. */
export function stackedBars(spec: StackedBarsSpec): MimeBundle {
  return fitBundle(levels, ({ bars }) => {
    const drawn = thinned(spec, bars);
    const { svg, height } = framedPicture({ ...drawn, legend: drawn.parts }, (top) => drawBars(drawn, top + 24));
    return figureBundle(drawn, plotlyBars(drawn, height), svg);
  });
}
