import { shorten } from "../../text.js";
import type { Cell, Chart, ColorScale, LegendEntry } from "../chart.js";
import { chartWords, type Figure, figureOf } from "../figure.js";

/** Cells in rows: row r of column c is `cells[r][c]`; undefined is left blank. */
export interface GridDrawing {
  readonly cells: readonly (readonly (Cell | undefined)[])[];
  /** What the numbers of a cell's hover mean, if they are a list. */
  readonly words?: readonly string[];
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly notes: readonly string[];
}

export interface CellGridSpec {
  readonly title: string;
  readonly colors: readonly string[];
  readonly legend: readonly LegendEntry[];
  readonly scale?: ColorScale | undefined;
  /** For a terminal. */
  readonly text: string;
  /** From the most detailed drawing to the coarsest; the first that fits 64 KB is taken. */
  readonly drawings: readonly (() => GridDrawing)[];
}

/** Colored cells in rows and columns. */
export function cellGrid(spec: CellGridSpec): Figure {
  return figureOf(spec.drawings.map((make) => () => chartOf(spec, make())));
}

function chartOf(spec: CellGridSpec, drawing: GridDrawing): Chart {
  const { cells, words, rowLabels, columnLabels, xLabel, yLabel, notes } = drawing;
  return {
    title: spec.title,
    panels: [
      {
        height: Math.min(460, Math.max(110, cells.length * 22)),
        x: { label: xLabel, names: columnLabels },
        y: { label: yLabel, names: rowLabels.map((label) => shorten(label, 40)) },
        marks: [{ kind: "cells", colors: spec.colors, cells, words }],
        rules: [],
      },
    ],
    legend: spec.legend,
    scale: spec.scale,
    notes,
    text: chartWords(spec.title, [spec.text], notes),
  };
}
