import type { BarsMark, Chart, LegendEntry } from "../chart.js";
import { chartWords, type Figure, figureOf } from "../figure.js";
import { signals } from "../theme.js";

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
  /** What a row does where it has no bar, such as "waiting". */
  readonly idle: string;
  /** For a terminal. */
  readonly text: string;
}

/** Most bars that are drawn; if there are more, the beginning and the end of the time are shown. */
const levels = [1200, 800, 500, 250, 100];
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

/** Bars of work in rows over time. */
export function timelineChart(spec: TimelineSpec): Figure {
  return figureOf(levels.map((bars) => () => chartOf(drawingOf(spec, bars))));
}

function chartOf({ spec, rows, until, notes }: Drawing): Chart {
  const rowHeight = Math.max(6, Math.min(24, 440 / Math.max(1, rows.length)));
  const idle: BarsMark = {
    kind: "bars",
    name: spec.idle,
    color: signals.idle,
    direction: "h",
    bars: rows.map((_, at) => ({ at, width: 0.86, from: 0, to: until, label: "" })),
  };
  const work = spec.kinds.map(({ label, color }, kind): BarsMark => {
    const bars = rows.flatMap((row, at) =>
      row.bars
        .filter((bar) => bar.kind === kind)
        .map((bar) => ({ at, width: 0.86, from: bar.start, to: Math.min(until, bar.end), label: bar.label })),
    );
    return { kind: "bars", name: label, color, direction: "h", bars };
  });
  const marks = work.filter(({ bars }) => bars.length > 0);
  return {
    title: spec.title,
    panels: [
      {
        height: Math.max(60, rows.length * rowHeight),
        x: { label: spec.xLabel, low: 0, high: until || 1 },
        y: { label: "", names: rows.map(({ label }) => label) },
        marks: [idle, ...marks],
        rules: [],
      },
    ],
    legend: [...marks.map(({ name, color }) => ({ label: name, color })), { label: spec.idle, color: signals.idle }],
    notes,
    text: chartWords(spec.title, [spec.text], notes),
  };
}
