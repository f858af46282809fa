import { displayWidth } from "../text.js";
import { type Chart, isNameAxis, type LegendEntry, type NumberAxis, type Panel, type Rule } from "./chart.js";
import { markTraces, plotlyLabel } from "./plotly-traces.js";
import { characterWidth } from "./svg-frame.js";
import { plotlyTemplate, signals } from "./theme.js";

type Json = Record<string, unknown>;

const margin = { l: 64, r: 20, t: 46, b: 52 } as const;
/** Pixels between two panels. */
const gap = 34;
/** Pixels from the drawing to the legend: tick labels and the title of the axis lie between. */
const toLegend = 56;
const legendRow = 20;
/** Pixels of the drawing in a narrow notebook, to which rows of a legend and names on an axis must fit. */
const narrow = 640;

/** The chart as a value of `application/vnd.plotly.v1+json`: plotly.js' data, layout, and config. */
export function chartPlotly(chart: Chart): Json {
  const named = chart.panels.flatMap((panel, index) => markTraces(chart, panel, suffix(index)));
  const traces = [...named, ...legendOnly(chart.legend, named)];
  const drawing = chart.panels.reduce((sum, { height }) => sum + height, 0) + gap * (chart.panels.length - 1);
  const legend = traces.some(({ showlegend }) => showlegend === true);
  const bottom = legend ? toLegend + legendRow * legendRows(traces) + 8 : margin.b;
  const bars = chart.panels.some(({ marks }) => marks.some(({ kind }) => kind === "bars"));
  return {
    data: traces,
    layout: {
      template: plotlyTemplate,
      title: { text: plotlyLabel(chart.title), yref: "container", y: 1, yanchor: "top", pad: { t: 14 } },
      height: drawing + margin.t + bottom,
      autosize: true,
      margin: { ...margin, b: bottom },
      // Zoom and hidden lines stay when the figure is drawn again.
      uirevision: "keep",
      showlegend: legend,
      ...(legend && { legend: { y: -toLegend / drawing } }),
      ...(bars && { barmode: "overlay", bargap: 0 }),
      hovermode: chart.panels.some((panel) => panel.hoverTogether) ? "x unified" : "closest",
      ...axes(chart.panels, drawing),
      shapes: chart.panels.flatMap(({ rules }, index) => rules.map((rule) => ruleShape(rule, suffix(index)))),
      annotations: chart.panels.flatMap((panel, index) =>
        panel.rules.map((rule, row) => ruleLabel(panel, rule, { at: suffix(index), row })),
      ),
    },
    config: { responsive: false, displaylogo: false },
  };
}

/** plotly gives every entry the room of the widest as soon as there are several rows. */
function legendRows(traces: readonly Json[]): number {
  const shown = traces.filter(({ showlegend }) => showlegend === true).map(({ name }) => displayWidth(String(name)));
  const perRow = Math.max(1, Math.floor(narrow / (Math.max(...shown) * characterWidth + 50)));
  const whole = shown.reduce((sum, width) => sum + width * characterWidth + 50, 0);
  return whole <= narrow ? 1 : Math.ceil(shown.length / perRow);
}

function suffix(index: number): string {
  return index === 0 ? "" : String(index + 1);
}

/** Traces without points for entries of the legend that no trace is named after. */
function legendOnly(legend: readonly LegendEntry[], traces: readonly Json[]): Json[] {
  const names = new Set(traces.map(({ name }) => name));
  return legend
    .filter(({ label }) => !names.has(plotlyLabel(label)))
    .map(({ label, color }) => ({
      type: "scatter",
      mode: "markers",
      x: [null],
      y: [null],
      name: plotlyLabel(label),
      marker: { color, symbol: "square", size: 10 },
      showlegend: true,
      hoverinfo: "skip",
    }));
}

function axes(panels: readonly Panel[], drawing: number): Json {
  const layout: Json = {};
  let top = 0;
  panels.forEach((panel, index) => {
    const at = suffix(index);
    const domain = [Math.max(0, 1 - (top + panel.height) / drawing), 1 - top / drawing];
    top += panel.height + gap;
    const shared = index < panels.length - 1 && panels[index + 1]?.x.label === panel.x.label;
    layout[`xaxis${at}`] = {
      ...axis(panel.x, shared ? "" : panel.x.label),
      ...nameTicks(panel.x),
      anchor: `y${at}`,
      showgrid: false,
      ...(index > 0 && panels[0]?.x.label === panel.x.label && { matches: "x" }),
      ...(shared && { showticklabels: false }),
    };
    layout[`yaxis${at}`] = {
      ...axis(panel.y, panel.y.label),
      anchor: `x${at}`,
      ...(panels.length > 1 && { domain }),
      ...(isNameAxis(panel.y) && { autorange: "reversed" }),
    };
  });
  return layout;
}

function axis(spec: Panel["x"], label: string): Json {
  const title = label === "" ? {} : { title: { text: plotlyLabel(label), standoff: 10 } };
  if (isNameAxis(spec)) return { ...title, type: "category", ticks: "", showgrid: false };
  // In a short range plotly would write fractions between whole numbers.
  if (!spec.log) return { ...title, ...(spec.integer && spec.high - spec.low < 8 && { dtick: 1 }) };
  // With a format plotly writes whole numbers between the powers of ten, not single digits.
  return { ...title, type: "log", dtick: logStep(spec), tickformat: spec.high >= 1e5 ? "~s" : "~g" };
}

/** Powers of ten, in a short range also 2 and 5 of them: 1, 10, 100 or 1, 2, 5, 10. */
function logStep({ low, high }: NumberAxis): number | string {
  const decades = Math.log10(high / low);
  return decades < 2.5 ? "D2" : Math.max(1, Math.ceil(decades / 8));
}

/** Names that would not stand beside each other: every second, fifth, eighth, … is written, none is turned. */
function nameTicks(spec: Panel["x"]): Json {
  if (!isNameAxis(spec)) return {};
  const { names } = spec;
  const width = Math.max(1, ...names.map(displayWidth)) * characterWidth + 14;
  const steps = [1, 2, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100, 128, 200, 256, 500, 512, 1000, 1024];
  const step = steps.find((every) => Math.ceil(names.length / every) * width <= narrow) ?? names.length;
  if (step === 1) return { tickangle: 0 };
  const shown = names.filter((_, index) => index % step === 0).map(plotlyLabel);
  return { tickangle: 0, tickmode: "array", tickvals: shown, ticktext: shown };
}

function ruleShape({ on, at, color }: Rule, axis: string): Json {
  const place =
    on === "x"
      ? { x0: at, x1: at, xref: `x${axis}`, y0: 0, y1: 1, yref: `y${axis} domain` }
      : { y0: at, y1: at, yref: `y${axis}`, x0: 0, x1: 1, xref: `x${axis} domain` };
  return { type: "line", ...place, line: { color: color ?? signals.marker, width: 1.2, dash: "dash" } };
}

/** Annotations on a logarithmic axis stand at the logarithm, unlike shapes. */
function ruleLabel({ x, y }: Panel, rule: Rule, { at, row }: { at: string; row: number }): Json {
  const { on, label, color } = rule;
  const own = on === "x" ? x : y;
  const value = !isNameAxis(own) && own.log ? Math.log10(rule.at) : rule.at;
  const place =
    on === "x"
      ? { x: value, xref: `x${at}`, y: 1 - 0.07 * (row % 4), yref: `y${at} domain`, xanchor: "left", yanchor: "top" }
      : { y: value, yref: `y${at}`, x: 1, xref: `x${at} domain`, xanchor: "right", yanchor: "bottom" };
  return { ...place, text: plotlyLabel(label), showarrow: false, font: { size: 11, ...(color && { color }) } };
}
