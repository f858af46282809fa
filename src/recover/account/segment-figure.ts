import { formatCount, formatDuration } from "../../core/units.js";
import type { Figure } from "../../view/charts/figure.js";
import { stackedBars } from "../../view/charts/kinds/stacked-bars.js";
import { timelineChart } from "../../view/charts/kinds/timeline.js";
import type { Account } from "./account.js";
import type { Segment, SegmentKind } from "./timeline.js";

/** Kinds as the figures show them; Okabe and Ito's colors. */
const kinds: readonly { readonly kinds: readonly SegmentKind[]; readonly label: string; readonly color: string }[] = [
  { kinds: ["training"], label: "training", color: "#009e73" },
  { kinds: ["saving"], label: "saving", color: "#56b4e9" },
  { kinds: ["lost"], label: "lost, repeated (T0)", color: "#d55e00" },
  { kinds: ["detecting"], label: "not yet found (T1)", color: "#cc79a7" },
  { kinds: ["resources"], label: "waiting (T2)", color: "#e69f00" },
  { kinds: ["starting"], label: "starting (T3)", color: "#666666" },
  { kinds: ["compiling"], label: "compiling (T4)", color: "#0072b2" },
];

const legend = kinds.map(({ label, color }) => ({ label, color }));
/** More bars cannot be told apart; then shares per day or hour are drawn. */
const mostBars = 400;
const bins = [60_000, 600_000, 3_600_000, 6 * 3_600_000, 86_400_000, 7 * 86_400_000];
const mostBins = 48;

function positionOf(kind: SegmentKind): number {
  return kinds.findIndex((each) => each.kinds.includes(kind));
}

function summaryText(account: Account): string {
  const all = account.end - account.start;
  const share = (kind: SegmentKind): string => `${kind} ${((account.totals[kind] / all) * 100).toFixed(1)} %`;
  const parts = kinds.flatMap(({ kinds: names }) => names).filter((kind) => account.totals[kind] > 0);
  return `${formatDuration(all)}, ${formatCount(account.incidents.length, "incident")}: ${parts.map(share).join(", ")}`;
}

/** Unit of the time axis for a run of `all` milliseconds. */
function unitOf(all: number): { readonly ms: number; readonly name: string } {
  if (all > 3 * 86_400_000) return { ms: 86_400_000, name: "days" };
  if (all > 3 * 3_600_000) return { ms: 3_600_000, name: "hours" };
  return all > 180_000 ? { ms: 60_000, name: "minutes" } : { ms: 1000, name: "seconds" };
}

/**
 * Where the time went: a timeline of a run with few incidents, shares per hour or day of one with many. At most 64 KB.
 */
export function accountFigure(account: Account, title: string): Figure {
  return account.segments.length <= mostBars ? timeline(account, title) : shares(account, title);
}

function timeline(account: Account, title: string): Figure {
  const unit = unitOf(account.end - account.start);
  const bar = ({ kind, start, end }: Segment) => ({
    kind: positionOf(kind),
    start: (start - account.start) / unit.ms,
    end: (end - account.start) / unit.ms,
    label: formatDuration(end - start),
  });
  const of = (...names: SegmentKind[]) => account.segments.filter(({ kind }) => names.includes(kind)).map(bar);
  return timelineChart({
    title,
    xLabel: `time in ${unit.name}`,
    rows: [
      { label: "training", bars: of("training") },
      { label: "saving", bars: of("saving") },
      { label: "lost", bars: of("lost") },
      { label: "down", bars: of("detecting", "resources", "starting", "compiling") },
    ],
    kinds: legend,
    idle: "nothing of this kind",
    notes: [`Effective training time ${(account.effective * 100).toFixed(1)} %.`],
    text: summaryText(account),
  });
}

/** Milliseconds of each kind in every bin. */
function binned(segments: readonly Segment[], start: number, bin: number): number[][] {
  const sums: number[][] = [];
  for (const segment of segments) {
    const position = positionOf(segment.kind);
    let at = segment.start;
    while (at < segment.end) {
      const index = Math.floor((at - start) / bin);
      const end = Math.min(segment.end, start + (index + 1) * bin);
      while (sums.length <= index) sums.push(kinds.map(() => 0));
      const row = sums[index] as number[];
      row[position] = (row[position] ?? 0) + end - at;
      at = end;
    }
  }
  return sums;
}

function shares(account: Account, title: string): Figure {
  const all = account.end - account.start;
  const bin = bins.find((each) => all / each <= mostBins) ?? all / mostBins;
  const unit = unitOf(bin * 4);
  const rows = binned(account.segments, account.start, bin);
  return stackedBars({
    title,
    x: { label: `time in ${unit.name}` },
    y: { label: "share of the time in %" },
    bars: rows.map((values, index) => {
      const sum = values.reduce((a, b) => a + b, 0) || 1;
      return { label: String(Math.round((index * bin) / unit.ms)), values: values.map((ms) => (ms / sum) * 100) };
    }),
    parts: legend,
    notes: [`Effective training time ${(account.effective * 100).toFixed(1)} %, one bar = ${formatDuration(bin)}.`],
    text: summaryText(account),
  });
}
