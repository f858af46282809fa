import { fitBundle } from "../budget.js";
import { type Displayable, displayKey, type MimeBundle } from "../display-contract.js";
import { figureMime, plotlyMime } from "../figure-mime.js";
import type { Chart } from "./chart.js";
import { chartPlotly } from "./plotly.js";
import { chartSvg } from "./svg.js";

/** Drawings of the same chart, from the most detailed one to the coarsest. */
export type Drawings = readonly (() => Chart)[];

/**
 * A chart as one output: an interactive figure, a static picture and text, so that JupyterLab, nbconvert, papermill,
 * web viewers and a terminal all show it. There is no text/html: nbconvert would prefer it to the picture. The first
 * drawing that fits 64 KB is taken.
 */
export function drawFigure(drawings: Drawings): MimeBundle {
  return fitBundle(drawings, (draw) => {
    const chart = draw();
    return {
      [figureMime]: { version: 1 },
      [plotlyMime]: chartPlotly(chart),
      "image/svg+xml": chartSvg(chart),
      "text/plain": chart.text,
    };
  });
}

/**
 * A figure, drawn when it is shown: as the last expression of a cell or by `show(figure)`. If it reads files first,
 * its bundle is a promise.
 *
 * @example
 * const series = [{ name: "first", x: [1, 2, 3], y: [9, 7, 6] }];
 * show(lineChart({ title: "loss", x: { label: "step" }, y: { label: "loss" }, series }));
 */
export class Figure<Bundle extends MimeBundle | Promise<MimeBundle> = MimeBundle> implements Displayable {
  readonly #draw: () => Bundle;

  /**
   * @internal Figures come from `lineChart`, `histogram`, `plan.meshFigure()`, `compareRuns(…).plot()`, and the like.
   */
  constructor(draw: () => Bundle) {
    this.#draw = draw;
  }

  [displayKey](): Bundle {
    return this.#draw();
  }
}

/** A figure of drawings that are at hand. */
export function figureOf(drawings: Drawings): Figure {
  return new Figure(() => drawFigure(drawings));
}

/** Title, body, and remarks of a chart below each other, without empty lines. */
export function chartWords(title: string, body: readonly string[], notes: readonly string[]): string {
  return [title, ...body, ...notes].filter(Boolean).join("\n");
}
