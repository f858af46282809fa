import { displayWidth } from "../text.js";
import type { Axis } from "./axis.js";
import type { Bar, BarsMark, CellsMark, DotsMark, LineMark, Mark } from "./chart.js";
import { characterWidth, dashArrays, px, svgText } from "./svg-frame.js";
import { paintAttributes } from "./theme.js";

/** Where the drawing area of a panel lies, in pixels. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Place {
  readonly box: Box;
  readonly x: Axis;
  readonly y: Axis;
}

export function svgMark(mark: Mark, place: Place): string {
  if (mark.kind === "line") return svgCurve(mark, place);
  if (mark.kind === "dots") return svgDots(mark, place);
  return mark.kind === "bars" ? svgBars(mark, place) : svgCells(mark, place);
}

function svgCurve({ x, y, color, dash, dots: dotted }: LineMark, place: Place): string {
  const pieces: string[][] = [[]];
  y.forEach((value, i) => {
    if (Number.isNaN(value)) pieces.push([]);
    else pieces.at(-1)?.push(`${px(place.x.place(x[i] as number))} ${px(place.y.place(value))}`);
  });
  const drawn = pieces.filter((piece) => piece.length > 0);
  const path = drawn.filter((piece) => piece.length > 1).map((piece) => `M${piece.join(" ")}`);
  // A value alone between gaps is always a dot, or it would not be seen.
  const dots = (dotted ? drawn : drawn.filter((piece) => piece.length === 1)).flat().map(circle(2.6));
  const array = dashArrays[dash] ? ` stroke-dasharray="${dashArrays[dash]}"` : "";
  const stroke = `stroke="${color}" stroke-width="1.8" stroke-linejoin="round" fill="none"${array}`;
  return (
    (path.length > 0 ? `<path d="${path.join("")}" ${stroke}/>` : "") +
    (dots.length > 0 ? `<g fill="${color}">${dots.join("")}</g>` : "")
  );
}

function circle(radius: number): (point: string) => string {
  return (point) => {
    const [x, y] = point.split(" ");
    return `<circle cx="${x}" cy="${y}" r="${radius}"/>`;
  };
}

function svgDots(mark: DotsMark, place: Place): string {
  const points = mark.x.map((x, i) => `${px(place.x.place(x))} ${px(place.y.place(mark.y[i] as number))}`);
  const colorOf = (i: number): string => (typeof mark.color === "string" ? mark.color : (mark.color[i] ?? "#767676"));
  const line =
    mark.line !== undefined && points.length > 1
      ? `<path d="M${points.join(" ")}" stroke="${mark.line}" stroke-width="1.6" fill="none"/>`
      : "";
  const groups = new Map<string, string[]>();
  points.forEach((point, i) => {
    const group = groups.get(colorOf(i)) ?? [];
    groups.set(colorOf(i), group);
    group.push(circle(mark.radius)(point));
  });
  const dots = [...groups].map(([color, circles]) => `<g fill="${color}">${circles.join("")}</g>`);
  return line + dots.join("") + (mark.labeled ? labelsBeside(mark, place) : "");
}

/** Labels that don't run into each other: the first point's always, then those far enough from the last one written. */
function labelsBeside(mark: DotsMark, place: Place): string {
  let last: readonly [number, number] | undefined;
  return mark.hover
    .map((label, i) => {
      const [cx, cy] = [place.x.place(mark.x[i] as number), place.y.place(mark.y[i] as number)];
      const room = displayWidth(label) * characterWidth;
      if (last !== undefined && Math.abs(cy - last[1]) < 16 && Math.abs(cx - last[0]) < room + 20) return "";
      last = [cx, cy];
      const leftward = cx + 9 + room > place.box.right;
      const look = { size: 11, halo: true, ...(leftward ? { anchor: "end" as const } : {}) };
      return svgText([leftward ? cx - 9 : cx + 9, cy + 4], label, look);
    })
    .join("");
}

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function rectangleOf({ at, width, from, to }: Bar, direction: "v" | "h", place: Place): Rectangle {
  const [along, across] = direction === "v" ? [place.x, place.y] : [place.y, place.x];
  const ends = [along.place(at - width / 2), along.place(at + width / 2)];
  const values = [clamp(across.place(from), place, direction), clamp(across.place(to), place, direction)];
  const [low, span] = [Math.min(...ends), Math.abs((ends[1] ?? 0) - (ends[0] ?? 0))];
  const [start, length] = [Math.min(...values), Math.abs((values[1] ?? 0) - (values[0] ?? 0))];
  return direction === "v"
    ? { x: low, y: start, width: span, height: length }
    : { x: start, y: low, width: length, height: span };
}

/** A bar on a logarithmic axis begins at zero, which is nowhere: it begins at the edge. */
function clamp(value: number, { box }: Place, direction: "v" | "h"): number {
  if (direction === "v") return Math.min(box.bottom, Math.max(box.top, value));
  return Math.min(box.right, Math.max(box.left, value));
}

// More words than that can't be read and cost bytes.
const mostLabels = 300;

function svgBars({ bars, color, direction }: BarsMark, place: Place): string {
  const drawn = bars.map((bar) => ({ bar, box: rectangleOf(bar, direction, place) }));
  const path = drawn.map(({ box: { x, y, width, height } }) => {
    const along = direction === "v" ? width : height;
    if ((direction === "v" ? height : width) < 0.05) return "";
    const gap = along > 4 ? 1 : 0;
    const [w, h] = direction === "v" ? [width - gap, height] : [width > 3 ? width - 0.6 : width, height - gap];
    return `M${px(x)} ${px(y)}h${px(w)}v${px(h)}h${px(-w)}z`;
  });
  const labels = drawn.flatMap(({ bar, box: { x, y, width, height } }) => {
    if (!bar.label || height < 12 || width < bar.label.length * 6 + 2) return [];
    return [svgText([x + width / 2, y + height / 2 + 3.5], bar.label)];
  });
  return (
    (path.some(Boolean) ? `<path d="${path.join("")}" fill="${color}"/>` : "") +
    (labels.length > 0 && labels.length <= mostLabels
      ? `<g text-anchor="middle" font-size="9" style="fill:#ffffff" fill="#ffffff">${labels.join("")}</g>`
      : "")
  );
}

/**
 * Rectangles of equal color: runs in a row, then equal runs of following rows joined; as `[column, row, columns, rows]`
 * by color.
 */
function rectangles(cells: CellsMark["cells"]): Map<number, [number, number, number, number][]> {
  const done = new Map<number, [number, number, number, number][]>();
  let open = new Map<string, [number, number, number, number]>();
  cells.forEach((row, y) => {
    const next = new Map<string, [number, number, number, number]>();
    let x = 0;
    while (x < row.length) {
      const color = row[x]?.color;
      let end = x + 1;
      while (end < row.length && row[end]?.color === color) end += 1;
      if (color !== undefined) {
        const key = `${color}:${x}:${end}`;
        const above = open.get(key);
        const rectangle = above ?? [x, y, end - x, 0];
        rectangle[3] += 1;
        if (above === undefined) {
          const list = done.get(color) ?? [];
          done.set(color, list);
          list.push(rectangle);
        }
        next.set(key, rectangle);
      }
      x = end;
    }
    open = next;
  });
  return done;
}

function svgCells({ cells, colors }: CellsMark, { box }: Place): string {
  const [rows, columns] = [cells.length, Math.max(1, ...cells.map((row) => row.length))];
  const [width, height] = [(box.right - box.left) / columns, (box.bottom - box.top) / Math.max(1, rows)];
  const paths = [...rectangles(cells)].map(([color, list]) => {
    const path = list.map(([x, y, wide, tall]) => {
      const start = `M${px(box.left + x * width)} ${px(box.top + y * height)}`;
      return `${start}h${px(wide * width)}v${px(tall * height)}h${px(-wide * width)}z`;
    });
    return `<path d="${path.join("")}" fill="${colors[color]}"/>`;
  });
  // Lines between the cells as long as they leave something to see.
  const lines = (count: number, size: number, line: (i: number) => string): string =>
    size < 5 ? "" : Array.from({ length: count + 1 }, (_, i) => line(i)).join("");
  const across = lines(rows, height, (i) => `M${px(box.left)} ${px(box.top + i * height)}H${px(box.right)}`);
  const down = lines(columns, width, (i) => `M${px(box.left + i * width)} ${px(box.top)}V${px(box.bottom)}`);
  const grid = across + down;
  return paths.join("") + (grid === "" ? "" : `<path d="${grid}" ${paintAttributes("stroke", "paper")} fill="none"/>`);
}
