import { lineStyle } from "./figure.js";
import { plotlyConfig } from "./frame.js";
import type { HistogramSpec } from "./histogram.js";

/** The histogram as a value of `application/vnd.plotly.v1+json`: one bar per bin, as wide as the bin, the range on hovering. */
export function plotlyHistogram(spec: HistogramSpec): Record<string, unknown> {
  const { title, x, y, bins } = spec;
  const markers = spec.markers ?? [];
  const axis = { gridcolor: "#e5e5e5", linecolor: "#999999", ticks: "outside", zeroline: false };
  // Both ends of a bar are values: plotly places them on a logarithmic axis afterwards.
  const centre = bins.map(({ from, to }) => (from + to) / 2);
  const mode = (log: boolean | undefined) => (log ? { type: "log" } : {});
  const place = (value: number) => (x.log ? Math.log10(value) : value);
  return {
    data: [
      {
        type: "bar",
        x: centre.map(round),
        y: bins.map(({ count }) => count),
        width: bins.map(({ from, to }) => round(to - from)),
        text: bins.map(({ from, to }) => `${round(from)} to below ${round(to)}`),
        textposition: "none",
        hovertemplate: "%{text}: %{y}<extra></extra>",
        marker: { color: lineStyle(0).colour },
      },
    ],
    layout: {
      title: { text: escapeLabel(title), x: 0.01, xanchor: "left", font: { size: 16 } },
      height: 360,
      autosize: true,
      bargap: 0.05,
      margin: { l: 60, r: 20, t: 50, b: 50 },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      font: { color: "#333333" },
      showlegend: false,
      xaxis: { ...axis, title: { text: escapeLabel(x.label) }, ...mode(x.log) },
      yaxis: { ...axis, title: { text: escapeLabel(y.label) }, ...mode(y.log) },
      shapes: markers.map((marker) => ({
        type: "line",
        x0: marker.x,
        x1: marker.x,
        yref: "paper",
        y0: 0,
        y1: 1,
        line: { color: "#777777", width: 1, dash: "dot" },
      })),
      annotations: markers.map((marker, i) => ({
        x: place(marker.x),
        yref: "paper",
        y: 1 - 0.06 * i,
        text: escapeLabel(marker.label),
        showarrow: false,
        xanchor: "left",
        yanchor: "top",
        font: { size: 11, color: "#555555" },
      })),
    },
    config: plotlyConfig,
  };
}

function round(value: number): number {
  return Number.isSafeInteger(value) ? value : Number(value.toPrecision(8));
}

/** plotly.js reads a small subset of HTML in labels. */
function escapeLabel(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
