import { type LineFigure, lineStyle } from "./figure.js";
import { plotlyConfig } from "./frame.js";

/**
 * The chart as a value of `application/vnd.plotly.v1+json` (plotly.js figure: data, layout, config). Gaps are null; numbers are rounded to
 * what the range of the axis needs.
 */
export function plotlyLineChart(figure: LineFigure): Record<string, unknown> {
  const axis = { gridcolor: "#e5e5e5", linecolor: "#999999", ticks: "outside", zeroline: false };
  const points = Math.max(0, ...figure.curves.map((curve) => curve.x.length));
  return {
    data: figure.curves.map((curve, i) => trace(curve, i, points <= 30 ? "lines+markers" : "lines")),
    layout: {
      title: { text: escapeLabel(figure.title), x: 0.01, xanchor: "left", font: { size: 16 } },
      height: figure.height,
      autosize: true,
      margin: { l: 60, r: 20, t: 50, b: 50 },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      font: { color: "#333333" },
      hovermode: "x unified",
      showlegend: figure.curves.length > 1,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 1, xanchor: "right" },
      xaxis: { ...axis, title: { text: escapeLabel(figure.xLabel) } },
      yaxis: { ...axis, title: { text: escapeLabel(figure.yLabel) }, ...(figure.log ? { type: "log" } : {}) },
      shapes: figure.markers.map(({ x }) => ({
        type: "line",
        x0: x,
        x1: x,
        yref: "paper",
        y0: 0,
        y1: 1,
        line: { color: "#777777", width: 1, dash: "dot" },
      })),
      annotations: figure.markers.map(({ x, label }) => ({
        x,
        yref: "paper",
        y: 1,
        text: escapeLabel(label),
        showarrow: false,
        xanchor: "left",
        yanchor: "top",
        font: { size: 11, color: "#555555" },
      })),
    },
    config: plotlyConfig,
  };
}

function trace(curve: LineFigure["curves"][number], index: number, mode: string): Record<string, unknown> {
  const { colour, dash } = lineStyle(index);
  return {
    type: "scatter",
    mode,
    name: escapeLabel(curve.name),
    x: roundToRange(curve.x),
    y: roundToRange(curve.y),
    connectgaps: false,
    line: { color: colour, width: 1.8, dash },
    marker: { size: 5 },
  };
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

/** plotly.js reads a small subset of HTML in labels. */
function escapeLabel(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
