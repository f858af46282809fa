import { fitBundle } from "../budget.js";
import type { MimeBundle } from "../display-contract.js";
import { shorten } from "../text.js";
import { type Drawn, figureBundle, framedPicture, plotlyConfig } from "./frame.js";
import { ink, type LegendEntry, pictureText, pictureWidth, plotlyLabel, plotlyLayout, px } from "./picture.js";

/** One square of a grid. */
export interface GridCell {
  /** Position in `colours`. */
  readonly colour: number;
  /** Shown when the mouse is over it. */
  readonly hover: string;
}

/** Cells in rows: row r of column c is `cells[r][c]`; undefined is left blank. */
export interface GridDrawing {
  readonly cells: readonly (readonly (GridCell | undefined)[])[];
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  readonly xLabel: string;
  readonly yLabel: string;
  readonly notes: readonly string[];
}

export interface CellGridSpec {
  readonly title: string;
  readonly colours: readonly string[];
  readonly legend: readonly LegendEntry[];
  /** For a terminal. */
  readonly text: string;
  /** From the most detailed drawing to the coarsest; the first that fits 64 KB is taken. */
  readonly drawings: readonly (() => GridDrawing)[];
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Rectangles of equal colour: runs in a row, then equal runs of following rows joined; as `[column, row, columns, rows]` by colour. */
function rectangles(cells: GridDrawing["cells"]): Map<number, [number, number, number, number][]> {
  const done = new Map<number, [number, number, number, number][]>();
  let open = new Map<string, [number, number, number, number]>();
  cells.forEach((row, y) => {
    const next = new Map<string, [number, number, number, number]>();
    let x = 0;
    while (x < row.length) {
      const colour = row[x]?.colour;
      let end = x + 1;
      while (end < row.length && row[end]?.colour === colour) end += 1;
      if (colour !== undefined) {
        const key = `${colour}:${x}:${end}`;
        const above = open.get(key);
        const rectangle = above ?? [x, y, end - x, 0];
        rectangle[3] += 1;
        if (above === undefined) {
          const list = done.get(colour) ?? [];
          list.push(rectangle);
          done.set(colour, list);
        }
        next.set(key, rectangle);
      }
      x = end;
    }
    open = next;
  });
  return done;
}

function every(labels: readonly string[], room: number, each: number): number {
  return Math.max(1, Math.ceil((labels.length * each) / Math.max(1, room)));
}

function axisTexts(drawing: GridDrawing, box: Box, cell: { width: number; height: number }): string[] {
  const rowStep = every(drawing.rowLabels, box.height, 13);
  const columnStep = every(
    drawing.columnLabels,
    box.width,
    7 * Math.max(2, ...drawing.columnLabels.map((label) => label.length)),
  );
  return [
    ...drawing.rowLabels.flatMap((label, index) =>
      index % rowStep === 0
        ? [
            pictureText([box.left - 6, box.top + (index + 0.5) * cell.height + 4], shorten(label, 22), {
              anchor: "end",
              size: 11,
            }),
          ]
        : [],
    ),
    ...drawing.columnLabels.flatMap((label, index) =>
      index % columnStep === 0
        ? [
            pictureText([box.left + (index + 0.5) * cell.width, box.top + box.height + 14], label, {
              anchor: "middle",
              size: 11,
            }),
          ]
        : [],
    ),
  ];
}

function gridLines(drawing: GridDrawing, box: Box, cell: { width: number; height: number }): string {
  const rows = drawing.cells.length;
  const columns = drawing.columnLabels.length;
  // White lines between the cells as long as they leave something to see.
  const across =
    cell.height >= 5
      ? Array.from(
          { length: rows + 1 },
          (_, row) => `M${px(box.left)} ${px(box.top + row * cell.height)}h${px(box.width)}`,
        )
      : [];
  const down =
    cell.width >= 5
      ? Array.from(
          { length: columns + 1 },
          (_, column) => `M${px(box.left + column * cell.width)} ${px(box.top)}v${px(box.height)}`,
        )
      : [];
  return `<path d="${[...across, ...down].join("")}" stroke="#ffffff" stroke-width="1" fill="none"/>`;
}

function svgGrid(spec: CellGridSpec, drawing: GridDrawing): { svg: string; height: number } {
  const about = { title: spec.title, legend: spec.legend, notes: drawing.notes };
  return framedPicture(about, (top) => drawGrid(spec, drawing, top + 20));
}

function drawGrid(spec: CellGridSpec, drawing: GridDrawing, top: number): Drawn {
  const rows = drawing.cells.length;
  const columns = drawing.columnLabels.length;
  const left = 24 + Math.min(150, Math.max(...drawing.rowLabels.map((label) => Math.min(22, label.length))) * 6.4);
  const boxHeight = Math.min(460, Math.max(60, rows * 22));
  const box = { left, top, width: pictureWidth - left - 20, height: boxHeight };
  const cell = { width: box.width / columns, height: box.height / rows };
  const paths = [...rectangles(drawing.cells)].map(([colour, list]) => {
    const path = list.map(([x, y, width, tall]) => {
      const start = `M${px(left + x * cell.width)} ${px(top + y * cell.height)}`;
      return `${start}h${px(width * cell.width)}v${px(tall * cell.height)}h${px(-width * cell.width)}z`;
    });
    return `<path d="${path.join("")}" fill="${spec.colours[colour]}"/>`;
  });
  const parts = [
    pictureText([14, top - 8], drawing.yLabel, { size: 11 }),
    ...paths,
    gridLines(drawing, box, cell),
    ...axisTexts(drawing, box, cell),
    pictureText([left + box.width / 2, top + boxHeight + 32], drawing.xLabel, { anchor: "middle" }),
  ];
  return { bottom: top + boxHeight + 42, parts };
}

/** Bands of equal colour instead of a course: each colour from its own number to the next. */
function colourScale(colours: readonly string[]): [number, string][] {
  const count = Math.max(1, colours.length);
  return colours.flatMap((colour, index): [number, string][] => [
    [index / count, colour],
    [(index + 1) / count, colour],
  ]);
}

function plotlyGrid(spec: CellGridSpec, drawing: GridDrawing, height: number): Record<string, unknown> {
  const axis = { showgrid: false, zeroline: false, linecolor: ink.line, ticks: "" };
  return {
    data: [
      {
        type: "heatmap",
        z: drawing.cells.map((row) => row.map((cell) => cell?.colour ?? null)),
        x: drawing.columnLabels,
        y: drawing.rowLabels,
        text: drawing.cells.map((row) =>
          row.map((cell) => (cell === undefined ? "" : plotlyLabel(cell.hover).replaceAll("\n", "<br>"))),
        ),
        hovertemplate: "%{text}<extra></extra>",
        showscale: false,
        colorscale: colourScale(spec.colours),
        zmin: -0.5,
        zmax: spec.colours.length - 0.5,
        xgap: 1,
        ygap: drawing.cells.length > 100 ? 0 : 1,
      },
    ],
    layout: {
      ...plotlyLayout(spec.title, height),
      margin: { l: 120, r: 20, t: 50, b: 50 },
      xaxis: { ...axis, type: "category", title: { text: plotlyLabel(drawing.xLabel) } },
      yaxis: { ...axis, type: "category", autorange: "reversed", title: { text: plotlyLabel(drawing.yLabel) } },
    },
    config: plotlyConfig,
  };
}

/** Coloured cells in rows and columns as one output: interactive figure, static picture and text, at most 64 KB. */
export function cellGrid(spec: CellGridSpec): MimeBundle {
  return fitBundle(spec.drawings, (make) => {
    const drawing = make();
    const { svg, height } = svgGrid(spec, drawing);
    const figure = plotlyGrid(spec, drawing, Math.max(300, height - 40));
    return figureBundle({ ...spec, notes: drawing.notes }, figure, svg);
  });
}
