import {
  type BarsMark,
  type CellsMark,
  type Chart,
  type DotsMark,
  isNameAxis,
  type Mark,
  type Panel,
} from "./chart.js";

type Json = Record<string, unknown>;

/** plotly.js reads a small subset of HTML in labels. */
export function plotlyLabel(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** plotly's traces of one panel, in the order in which they are drawn. */
export function markTraces(chart: Chart, panel: Panel, axis: string): Json[] {
  const named = new Set(chart.legend.map(({ label }) => label));
  return panel.marks.map((mark) => ({
    ...trace(mark, panel, chart),
    ...(axis !== "" && { xaxis: `x${axis}`, yaxis: `y${axis}` }),
    ...("name" in mark && { name: plotlyLabel(mark.name), showlegend: named.has(mark.name) && axis === "" }),
  }));
}

function trace(mark: Mark, panel: Panel, chart: Chart): Json {
  if (mark.kind === "dots") return dotsTrace(mark);
  if (mark.kind === "bars") return barsTrace(mark, panel);
  if (mark.kind === "cells") return cellsTrace(mark, panel, chart);
  return {
    type: "scatter",
    mode: mark.dots ? "lines+markers" : "lines",
    x: roundToRange(mark.x),
    y: roundToRange(mark.y),
    connectgaps: false,
    line: { color: mark.color, width: 1.8, dash: mark.dash },
    ...(mark.dots && { marker: { size: 5 } }),
  };
}

function dotsTrace({ x, y, hover, color, radius, line }: DotsMark): Json {
  return {
    type: "scatter",
    mode: line === undefined ? "markers" : "lines+markers",
    x: x.map(shortened),
    y: y.map(shortened),
    text: hover.map(plotlyLabel),
    hovertemplate: "%{text}<br>%{x:,.4~g}, %{y:,.4~g}<extra></extra>",
    marker: { size: radius * 2, color },
    ...(line !== undefined && { line: { color: line, width: 1.6 } }),
  };
}

function barsTrace({ bars, color, direction, name }: BarsMark, { x, y }: Panel): Json {
  const [along, values] = direction === "v" ? [x, y] : [y, x];
  // A hundred-thousandth of the axis can't be seen.
  const digits = isNameAxis(values) ? 7 : Math.max(0, 5 - Math.floor(Math.log10(values.high - values.low || 1)));
  const rounded = (value: number): number => (digits > 20 ? value : Number(value.toFixed(digits)));
  const at = bars.map((bar) => (isNameAxis(along) ? plotlyLabel(along.names[bar.at] ?? "") : shortened(bar.at)));
  const length = bars.map(({ from, to }) => rounded(to - from));
  const base = bars.map(({ from }) => rounded(from));
  const width = bars.map((bar) => shortened(bar.width));
  const even = width.every((each) => each === width[0]);
  return {
    type: "bar",
    ...(direction === "v" ? { x: at, y: length } : { orientation: "h", y: at, x: length }),
    ...(base.some((each) => each !== 0) && { base }),
    width: even ? (width[0] ?? 1) : width,
    marker: { color },
    text: bars.map(({ hover, label }) => plotlyLabel(hover ?? label ?? "")),
    textposition: "none",
    hovertemplate: bars.some(({ hover }) => hover !== undefined)
      ? "%{text}<extra></extra>"
      : `%{y}<br>${plotlyLabel(name)} %{text}<extra></extra>`,
  };
}

function cellsTrace({ cells, colors, words }: CellsMark, { x, y }: Panel, chart: Chart): Json {
  const lines = words?.map((word, i) => `${plotlyLabel(word)} %{customdata[${i}]}`);
  const hover = lines
    ? {
        customdata: cells.map((row) => row.map((cell) => cell?.hover ?? null)),
        hovertemplate: `${lines.join("<br>")}<extra></extra>`,
      }
    : {
        text: cells.map((row) => row.map((cell) => plotlyLabel(String(cell?.hover ?? "")).replaceAll("\n", "<br>"))),
        hovertemplate: "%{text}<extra></extra>",
      };
  return {
    type: "heatmap",
    z: cells.map((row) => row.map((cell) => cell?.color ?? null)),
    x: isNameAxis(x) ? x.names.map(plotlyLabel) : undefined,
    y: isNameAxis(y) ? y.names.map(plotlyLabel) : undefined,
    ...hover,
    hoverongaps: false,
    ...colorBar(chart, colors),
    zmin: -0.5,
    zmax: colors.length - 0.5,
    xgap: cells.some((row) => row.length > 100) ? 0 : 1,
    ygap: cells.length > 100 ? 0 : 1,
  };
}

/**
 * Bands of equal color instead of a course: each color from its own number to the next. The bar beside it shows the
 * scale's part of them.
 */
function colorBar({ scale }: Chart, colors: readonly string[]): Json {
  const count = Math.max(1, colors.length);
  const colorscale = colors.flatMap((color, i) => [
    [i / count, color],
    [(i + 1) / count, color],
  ]);
  if (scale === undefined) return { colorscale, showscale: false };
  const colorbar = {
    title: { text: plotlyLabel(scale.label), side: "right" },
    thickness: 14,
    outlinewidth: 0,
    tickvals: scale.ticks.map(({ share }) => share * scale.colors.length - 0.5),
    ticktext: scale.ticks.map(({ label }) => plotlyLabel(label)),
  };
  return { colorscale, showscale: true, colorbar };
}

function shortened(value: number): number {
  return Number.isSafeInteger(value) ? value : Number(value.toPrecision(7));
}

/** Keeps five digits beyond what tells the ends of the range apart; NaN becomes null. */
function roundToRange(values: readonly number[]): (number | null)[] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const largest = Math.max(Math.abs(low), Math.abs(high));
  const lost = high > low && Number.isFinite(largest) ? Math.log10(largest / (high - low)) : 0;
  const digits = Math.min(17, Math.max(6, Math.ceil(lost) + 5));
  return values.map((value) => {
    if (!Number.isFinite(value)) return null;
    return Number.isSafeInteger(value) ? value : Number(value.toPrecision(digits));
  });
}
