import { plotlyConfig } from "./frame.js";
import type { TradeOffFigure, TradeOffPoint } from "./trade-off-chart.js";

/** plotly.js reads a small subset of HTML in labels. */
const escapeLabel = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const rounded = (value: number): number => Number(value.toPrecision(6));

function trace(points: readonly TradeOffPoint[], look: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return {
    type: "scatter",
    x: points.map(({ x }) => rounded(x)),
    y: points.map(({ y }) => rounded(y)),
    text: points.map(({ label }) => escapeLabel(label)),
    hovertemplate: "%{text}<br>%{x:.1f}, %{y:.3g}<extra></extra>",
    ...look,
  };
}

/** The trade-off as a value of `application/vnd.plotly.v1+json`. */
export function plotlyTradeOff(figure: TradeOffFigure): Record<string, unknown> {
  const axis = { gridcolor: "#e5e5e5", linecolor: "#999999", ticks: "outside", zeroline: false };
  const { limit } = figure;
  return {
    data: [
      trace(figure.points, { mode: "markers", name: "others", marker: { size: 5, color: "#b9c7d3" } }),
      trace(figure.front, {
        mode: "lines+markers",
        name: "none is both faster and smaller",
        line: { color: "#0072b2", width: 1.6 },
        marker: { size: 8, color: figure.front.map((_, index) => (index === 0 ? "#d55e00" : "#0072b2")) },
      }),
    ],
    layout: {
      title: { text: escapeLabel(figure.title), x: 0.01, xanchor: "left", font: { size: 16 } },
      height: figure.height,
      autosize: true,
      margin: { l: 60, r: 20, t: 50, b: 50 },
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      font: { color: "#333333" },
      hovermode: "closest",
      showlegend: true,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 1, xanchor: "right" },
      xaxis: { ...axis, title: { text: escapeLabel(figure.x.label) } },
      yaxis: { ...axis, title: { text: escapeLabel(figure.y.label) }, type: "log" },
      shapes:
        limit === undefined
          ? []
          : [
              {
                type: "line",
                x0: limit.x,
                x1: limit.x,
                yref: "paper",
                y0: 0,
                y1: 1,
                line: { color: "#777777", width: 1, dash: "dot" },
              },
            ],
      annotations:
        limit === undefined
          ? []
          : [
              {
                x: limit.x,
                yref: "paper",
                y: 1,
                text: escapeLabel(limit.label),
                showarrow: false,
                xanchor: "right",
                yanchor: "top",
                font: { size: 11, color: "#555555" },
              },
            ],
    },
    config: plotlyConfig,
  };
}
