import { fitBundle } from "../budget.js";
import type { MimeBundle } from "../display-contract.js";
import { axisOf } from "./axis.js";
import { type Drawn, figureBundle, framedPicture, legendBelow, plotlyConfig } from "./frame.js";
import { ink, type LegendEntry, pictureText, pictureWidth, plotlyLabel, plotlyLayout, px } from "./picture.js";

/** A piece of work in a row. */
export interface TimelineBar {
  readonly start: number;
  readonly end: number;
  /** Position in `kinds`. */
  readonly kind: number;
  /** Short text for the bar, such as the micro-batch's number. */
  readonly label: string;
}

export interface TimelineSpec {
  readonly title: string;
  readonly xLabel: string;
  readonly rows: readonly { readonly label: string; readonly bars: readonly TimelineBar[] }[];
  readonly kinds: readonly LegendEntry[];
  readonly notes: readonly string[];
  /** For a terminal. */
  readonly text: string;
}

/** Most bars that are drawn; if there are more, the beginning and the end of the time are shown. */
const levels = [{ bars: 1200 }, { bars: 800 }, { bars: 500 }, { bars: 250 }, { bars: 100 }];
const maximumRows = 64;

interface Drawing {
  readonly spec: TimelineSpec;
  readonly rows: TimelineSpec["rows"];
  /** Time that is shown: 0 to `until`. */
  readonly until: number;
  readonly notes: readonly string[];
}

function countUntil(rows: TimelineSpec["rows"], until: number): number {
  return rows.reduce((sum, { bars }) => sum + bars.filter(({ start }) => start < until).length, 0);
}

/** The beginning of the time that has no more bars than the limit; of many rows some in between are left out. */
function drawingOf(spec: TimelineSpec, limit: number): Drawing {
  const step = Math.ceil(spec.rows.length / Math.min(maximumRows, Math.max(8, limit / 12)));
  const last = spec.rows.length - 1;
  const rows = spec.rows.filter((_, index) => index % step === 0 || index === last);
  const whole = Math.max(0, ...rows.flatMap(({ bars }) => bars.map(({ end }) => end)));
  let until = whole;
  while (countUntil(rows, until) > limit) until *= 0.85;
  const shown = rows.map(({ label, bars }) => ({ label, bars: bars.filter(({ start }) => start < until) }));
  const notes = [
    ...spec.notes,
    ...(until < whole ? [`The first ${Math.round((until / whole) * 100)} % of the time is drawn.`] : []),
    ...(rows.length < spec.rows.length ? [`${rows.length} of ${spec.rows.length} rows are drawn.`] : []),
  ];
  return { spec, rows: shown, until, notes };
}

function svgTimeline(drawing: Drawing): { svg: string; height: number } {
  const { spec, notes } = drawing;
  return framedPicture({ title: spec.title, legend: spec.kinds, notes }, (top) => drawTimeline(drawing, top + 14));
}

function drawTimeline({ spec, rows, until }: Drawing, top: number): Drawn {
  const rowHeight = Math.max(6, Math.min(24, 440 / rows.length));
  const left = 24 + Math.max(...rows.map(({ label }) => label.length)) * 6.4;
  const scale = (pictureWidth - left - 20) / (until || 1);
  const bottom = top + rows.length * rowHeight;
  const axis = axisOf({ low: 0, high: until || 1, log: false, integer: false, target: 8 }, left, pictureWidth - 20);
  const bar = rowHeight >= 10 ? rowHeight - 3 : rowHeight - 1;
  const paths = spec.kinds.map(({ colour }, kind) => {
    const path = rows.flatMap(({ bars }, row) =>
      bars
        .filter((each) => each.kind === kind)
        .map(({ start, end }) => {
          const width = (Math.min(end, until) - start) * scale;
          const gap = width > 3 ? 0.6 : 0;
          return `M${px(left + start * scale)} ${px(top + row * rowHeight)}h${px(width - gap)}v${px(bar)}h${px(gap - width)}z`;
        }),
    );
    return `<path d="${path.join("")}" fill="${colour}"/>`;
  });
  const labels = rows.flatMap(({ bars }, row) =>
    bars.flatMap(({ start, end, label }) => {
      const width = (Math.min(end, until) - start) * scale;
      if (rowHeight < 14 || width < label.length * 6 + 2) return [];
      return [
        pictureText([left + start * scale + width / 2, top + row * rowHeight + bar / 2 + 3.5], label, {
          anchor: "middle",
          size: 9,
          fill: "#ffffff",
        }),
      ];
    }),
  );
  const rowStep = Math.max(1, Math.ceil(13 / rowHeight));
  const parts = [
    `<rect x="${px(left)}" y="${top}" width="${px(pictureWidth - left - 20)}" height="${px(rows.length * rowHeight)}" fill="#f1f1f1"/>`,
    ...paths,
    // More labels than that can't be read and cost bytes.
    ...(labels.length <= 300 ? labels : []),
    ...rows.flatMap(({ label }, row) =>
      row % rowStep === 0
        ? [pictureText([left - 6, top + row * rowHeight + bar / 2 + 4], label, { anchor: "end", size: 11 })]
        : [],
    ),
    `<path d="M${px(left)} ${px(bottom + 2)}H${pictureWidth - 20}${axis.ticks.map(({ at }) => `M${px(at)} ${px(bottom + 2)}v4`).join("")}" stroke="${ink.line}" fill="none"/>`,
    ...axis.ticks.map(({ at, label }) => pictureText([at, bottom + 18], label, { anchor: "middle", size: 11 })),
    pictureText([(left + pictureWidth) / 2, bottom + 34], spec.xLabel, { anchor: "middle" }),
  ];
  return { bottom: bottom + 46, parts };
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

function plotlyTimeline(drawing: Drawing, height: number): Record<string, unknown> {
  const { spec, rows } = drawing;
  const traces = spec.kinds.map(({ label, colour }, kind) => {
    const bars = rows.flatMap((row) =>
      row.bars.filter((bar) => bar.kind === kind).map((bar) => ({ ...bar, row: row.label })),
    );
    return {
      type: "bar",
      orientation: "h",
      name: plotlyLabel(label),
      marker: { color: colour },
      y: bars.map(({ row }) => row),
      base: bars.map(({ start }) => rounded(start)),
      x: bars.map(({ start, end }) => rounded(end - start)),
      text: bars.map((bar) => plotlyLabel(bar.label)),
      hovertemplate: `%{y}<br>${plotlyLabel(label)} %{text}<extra></extra>`,
      textposition: "none",
    };
  });
  return {
    data: traces.filter(({ x }) => x.length > 0),
    layout: {
      ...plotlyLayout(spec.title, height),
      barmode: "overlay",
      bargap: 0.1,
      ...legendBelow,
      xaxis: { title: { text: plotlyLabel(spec.xLabel) }, zeroline: false, gridcolor: ink.grid },
      yaxis: { autorange: "reversed", type: "category" },
    },
    config: plotlyConfig,
  };
}

/** Bars of work in rows over time as one output: interactive figure, static picture and text, at most 64 KB. */
export function timelineChart(spec: TimelineSpec): MimeBundle {
  return fitBundle(levels, ({ bars }) => {
    const drawing = drawingOf(spec, bars);
    const { svg, height } = svgTimeline(drawing);
    const figure = plotlyTimeline(drawing, Math.max(300, height + 10));
    return figureBundle({ ...spec, notes: drawing.notes }, figure, svg);
  });
}
