/**
 * Colors of everything in a figure that is no data: as they are on white, and the name that JupyterLab's themes have
 * for them.
 */
const paints = {
  paper: ["#ffffff", "--jp-layout-color0"],
  title: ["#1a1a1a", "--jp-content-font-color1"],
  text: ["#4d4d4d", "--jp-content-font-color1"],
  grid: ["#e5e5e5", "--jp-border-color2"],
  line: ["#999999", "--jp-border-color1"],
} as const;

export type Paint = keyof typeof paints;

/** The color on white paper. */
export function paintOf(paint: Paint): string {
  return paints[paint][0];
}

/** A style that follows the theme of the page around the picture; where the page has none it is the color on white. */
export function themed(property: "fill" | "stroke", paint: Paint): string {
  const [color, variable] = paints[paint];
  return `${property}:var(${variable},${color})`;
}

/** The attribute for programs that read no styles, and the style for pages with a theme. */
export function paintAttributes(property: "fill" | "stroke", paint: Paint): string {
  return `${property}="${paints[paint][0]}" style="${themed(property, paint)}"`;
}

/** Signal colors that are readable on white and on black; nothing is fainter than what is idle. */
export const signals = {
  ...{ limit: "#c62828", marker: "#777777", broken: "#c62828" },
  idle: "rgba(128,128,128,0.3)",
} as const;

const axis = {
  gridcolor: paints.grid[0],
  linecolor: paints.line[0],
  zeroline: false,
  ticks: "outside",
  tickcolor: paints.line[0],
  automargin: true,
  exponentformat: "B",
};

/**
 * What the look of every interactive figure has in common, as plotly's template: a figure's own layout wins over it,
 * and our JupyterLab extension puts the colors of the page's theme in its place.
 */
export const plotlyTemplate = {
  layout: {
    paper_bgcolor: paints.paper[0],
    plot_bgcolor: paints.paper[0],
    font: { color: "#333333" },
    title: { x: 0.01, xanchor: "left", font: { size: 16 } },
    legend: { orientation: "h", xanchor: "left", x: 0, yanchor: "top", traceorder: "normal" },
    xaxis: axis,
    yaxis: axis,
  },
} as const;
