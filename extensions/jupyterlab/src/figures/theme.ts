import type { PlotlyFigure } from "./model.js";

const variables = {
  text: ["--jp-content-font-color1", "#333333"],
  grid: ["--jp-border-color2", "#e5e5e5"],
  line: ["--jp-border-color1", "#999999"],
  paper: ["--jp-layout-color0", "#ffffff"],
  font: ["--jp-ui-font-family", "sans-serif"],
} as const;

type Look = Readonly<Record<keyof typeof variables, string>>;

/** The colors and the font of the page's theme. */
function currentLook(): Look {
  const style = getComputedStyle(document.body);
  const read = ([name, otherwise]: readonly [string, string]) => style.getPropertyValue(name).trim() || otherwise;
  const entries = Object.entries(variables).map(([key, variable]) => [key, read(variable)]);
  return Object.fromEntries(entries) as Look;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The layout with the theme's colors in its template; what the figure itself sets stays. */
export function themedLayout({ layout }: PlotlyFigure): Record<string, unknown> {
  const look = currentLook();
  const template = record(layout.template);
  const base = record(template.layout);
  const axis = { gridcolor: look.grid, linecolor: look.line, tickcolor: look.line };
  const transparent = "rgba(0,0,0,0)";
  return {
    ...layout,
    template: {
      ...template,
      layout: {
        ...base,
        paper_bgcolor: transparent,
        plot_bgcolor: transparent,
        font: { ...record(base.font), color: look.text, family: look.font },
        xaxis: { ...record(base.xaxis), ...axis },
        yaxis: { ...record(base.yaxis), ...axis },
        hoverlabel: { bgcolor: look.paper, bordercolor: look.line, font: { color: look.text } },
      },
    },
    modebar: { bgcolor: transparent, color: look.line, activecolor: look.text },
  };
}

/** Calls `listener` when the page's theme changes; returns a function that ends it. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
  return () => observer.disconnect();
}
