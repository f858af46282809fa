/**
 * Our own MIME type: `{ version: 1 }` beside plotly's, or `{ version: 1, figure }` without it. See
 * src/view/charts/figure.ts of the library.
 */
export const figureMime = "application/vnd.mindformers-lab.figure+json";
const plotlyMime = "application/vnd.plotly.v1+json";

/** What plotly.js draws. */
export interface PlotlyFigure {
  readonly data: readonly unknown[];
  readonly layout: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The figure of an output; undefined if the output holds none. */
export function figureIn(bundle: Readonly<Record<string, unknown>>): PlotlyFigure | undefined {
  const own = bundle[figureMime];
  const found = (isRecord(own) && own.figure) || bundle[plotlyMime];
  if (!isRecord(found) || !Array.isArray(found.data)) return undefined;
  const { layout, config } = found;
  return { data: found.data, layout: isRecord(layout) ? layout : {}, config: isRecord(config) ? config : {} };
}

/** The static picture of an output. */
export function pictureIn(bundle: Readonly<Record<string, unknown>>): string | undefined {
  const picture = bundle["image/svg+xml"];
  if (Array.isArray(picture)) return picture.join("");
  return typeof picture === "string" ? picture : undefined;
}

/** Height of the figure in pixels. */
export function heightOf(figure: PlotlyFigure): number {
  return typeof figure.layout.height === "number" ? figure.layout.height : 360;
}
