import type { MimeBundle } from "../display-contract.js";
import { type LegendEntry, legendRows, noteLines, notesHeight, picture } from "./picture.js";

export interface FrameSpec {
  readonly title: string;
  readonly legend: readonly LegendEntry[];
  /** Small print under the drawing. */
  readonly notes: readonly string[];
}

export interface Drawn {
  /** Where the drawing ends, the texts of its axes included. */
  readonly bottom: number;
  readonly parts: readonly string[];
}

/** A picture with a legend under its title and small print under its drawing; `draw` is told where the drawing may begin. */
export function framedPicture(
  { title, legend, notes: remarks }: FrameSpec,
  draw: (top: number) => Drawn,
): { readonly svg: string; readonly height: number } {
  const notes = noteLines(remarks);
  const { markup, height: legendHeight } = legendRows(legend, 38);
  const { bottom, parts } = draw(38 + legendHeight);
  const height = Math.ceil(bottom + notesHeight(notes));
  return { svg: picture({ title, height, notes }, [markup, ...parts]), height };
}

/** plotly's settings for every figure. */
export const plotlyConfig = { responsive: true, displaylogo: false } as const;

/** plotly's legend under the figure, with the room that it needs. */
export const legendBelow = {
  margin: { l: 70, r: 20, t: 50, b: 90 },
  legend: { orientation: "h", y: -0.22, yanchor: "top", x: 0, xanchor: "left", traceorder: "normal" },
} as const;

/** Interactive figure, static picture and text as one output. */
export function figureBundle(
  about: { readonly title: string; readonly text: string; readonly notes: readonly string[] },
  figure: Record<string, unknown>,
  svg: string,
): MimeBundle {
  return {
    "application/vnd.plotly.v1+json": figure,
    "image/svg+xml": svg,
    "text/plain": [about.title, about.text, ...about.notes].filter(Boolean).join("\n"),
  };
}
