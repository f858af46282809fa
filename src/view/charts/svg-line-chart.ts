import { displayWidth, escapeMarkup } from "../text.js";
import { type Axis, axisOf, rangeOf, widen } from "./axis.js";
import { type LineFigure, lineStyle } from "./figure.js";

const width = 760;
const characterWidth = 6.7; // at 12 px, on the wide side
const ink = {
  title: "#1a1a1a",
  text: "#4d4d4d",
  grid: "#e5e5e5",
  line: "#999999",
  marker: "#777777",
  broken: "#c62828",
};
const dashArrays = { solid: "", dash: "7 4", dot: "2 3" };

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/**
 * The chart as a static SVG 1.1 picture (760 pixels wide, scales down): own white background, so that it is readable on dark pages too;
 * no scripts, no style sheet, no ids, so that many of them can stand in one page.
 */
export function svgLineChart(figure: LineFigure): string {
  const { box, x, y } = layOut(figure);
  const label = escapeMarkup(figure.title);
  const open =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${figure.height}" viewBox="0 0 ${width} ${figure.height}" ` +
    `role="img" aria-label="${label}" style="max-width:100%;height:auto" ` +
    `font-family="system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif" font-size="12" fill="${ink.text}">`;
  return [
    open,
    `<title>${label}</title>`,
    `<rect width="${width}" height="${figure.height}" rx="4" fill="#ffffff"/>`,
    `<text x="14" y="24" font-size="15" font-weight="600" fill="${ink.title}">${label}</text>`,
    legend(figure),
    text([14, box.top - 10], figure.yLabel),
    text([(box.left + box.right) / 2, box.bottom + 36], figure.xLabel, "middle"),
    grid(box, x, y),
    markerLines(figure, box, x),
    ...figure.curves.map((_, i) => curvePath(figure, i, { x, y })),
    brokenTicks(figure, box, x),
    markerLabels(figure, box, x),
    ...figure.notes.map((note, i) => {
      const line = figure.height - 8 - 14 * (figure.notes.length - 1 - i);
      return `<text x="${width - 14}" y="${line}" font-size="11" text-anchor="end">${escapeMarkup(note)}</text>`;
    }),
    "</svg>",
  ]
    .filter(Boolean)
    .join("\n");
}

function layOut(figure: LineFigure): { box: Box; x: Axis; y: Axis } {
  const { log, height, markers, curves } = figure;
  const top = 58 + 20 * legendRows(figure).length;
  const bottom = height - 46 - 14 * figure.notes.length;
  const yRange = widen(
    rangeOf(
      curves.flatMap((curve) => curve.y),
      log,
    ),
    0.05,
    log,
  );
  const y = axisOf({ ...yRange, log, integer: false, target: Math.max(2, (bottom - top) / 48) }, bottom, top);
  const left = 14 + 8 + Math.max(16, ...y.ticks.map(({ label }) => displayWidth(label) * characterWidth));
  const integer = curves.every((curve) => curve.summary.integerX);
  const xRange = rangeOf([...curves.flatMap((curve) => curve.x), ...markers.map((marker) => marker.x)], false);
  const room = integer && xRange.high - xRange.low < 1 ? 1 : 0;
  const xScale = { low: xRange.low - room, high: xRange.high + room, log: false, integer, target: 8 };
  const x = axisOf(xScale, left + 6, width - 26);
  return { box: { left, right: width - 20, top, bottom }, x, y };
}

function text([x, y]: readonly [number, number], content: string, anchor?: "middle" | "end"): string {
  const place = `x="${round(x)}" y="${round(y)}"${anchor ? ` text-anchor="${anchor}"` : ""}`;
  return `<text ${place}>${escapeMarkup(content)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function grid(box: Box, x: Axis, y: Axis): string {
  const horizontal = y.ticks.map(({ at }) => `M${round(box.left)} ${round(at)}H${box.right}`).join("");
  const vertical = x.ticks.map(({ at }) => `M${round(at)} ${box.bottom}v5`).join("");
  return [
    `<path d="${horizontal}" stroke="${ink.grid}" fill="none"/>`,
    `<path d="M${round(box.left)} ${box.bottom}H${box.right}${vertical}" stroke="${ink.line}" fill="none"/>`,
    ...y.ticks.map(({ at, label }) => text([box.left - 8, at + 4], label, "end")),
    ...x.ticks.map(({ at, label }) => text([at, box.bottom + 19], label, "middle")),
  ].join("\n");
}

/** Legend entries in rows; none for a single line, whose name then stands in no way. */
function legendRows(figure: LineFigure): { index: number; left: number }[][] {
  if (figure.curves.length < 2) return [];
  const rows: { index: number; left: number }[][] = [[]];
  let left = 14;
  figure.curves.forEach(({ name }, index) => {
    const room = 34 + displayWidth(name) * characterWidth + 14;
    if (left > 14 && left + room > width) {
      rows.push([]);
      left = 14;
    }
    rows.at(-1)?.push({ index, left });
    left += room;
  });
  return rows;
}

function legend(figure: LineFigure): string {
  return legendRows(figure)
    .flatMap((row, i) =>
      row.map(({ index, left }) => {
        const y = 46 + 20 * i;
        const line = `<path d="M${round(left)} ${y - 4}h26" ${stroke(index)}/>`;
        return line + text([left + 34, y], figure.curves[index]?.name ?? "");
      }),
    )
    .join("\n");
}

function stroke(index: number): string {
  const { colour, dash } = lineStyle(index);
  const array = dashArrays[dash];
  return `stroke="${colour}" stroke-width="1.8" stroke-linejoin="round" fill="none"${array ? ` stroke-dasharray="${array}"` : ""}`;
}

function curvePath(figure: LineFigure, index: number, axes: { x: Axis; y: Axis }): string {
  const curve = figure.curves[index];
  if (!curve) return "";
  const pieces: string[][] = [[]];
  curve.y.forEach((value, i) => {
    if (Number.isNaN(value)) pieces.push([]);
    else pieces.at(-1)?.push(`${round(axes.x.place(curve.x[i] as number))} ${round(axes.y.place(value))}`);
  });
  const drawn = pieces.filter((piece) => piece.length > 0);
  const path = drawn.filter((piece) => piece.length > 1).map((piece) => `M${piece.join(" ")}`);
  // Few values are dots on the line; a value alone between gaps is always a dot, or it would not be seen.
  const dotted = curve.y.length <= 30 ? drawn.flat() : drawn.filter((piece) => piece.length === 1).flat();
  const dots = dotted.map((point) => {
    const [x, y] = point.split(" ");
    return `<circle cx="${x}" cy="${y}" r="2.6"/>`;
  });
  return (
    (path.length > 0 ? `<path d="${path.join("")}" ${stroke(index)}/>` : "") +
    (dots.length > 0 ? `<g fill="${lineStyle(index).colour}">${dots.join("")}</g>` : "")
  );
}

/** Red ticks on the x axis where a value can't be drawn. */
function brokenTicks(figure: LineFigure, box: Box, x: Axis): string {
  const places = new Set<string>();
  for (const curve of figure.curves) {
    curve.y.forEach((value, i) => {
      const position = curve.x[i] as number;
      if (Number.isNaN(value) && Number.isFinite(position)) places.add(round(x.place(position)));
    });
  }
  if (places.size === 0) return "";
  const ticks = [...places].map((place) => `M${place} ${box.bottom}v-8`).join("");
  return `<path d="${ticks}" stroke="${ink.broken}" stroke-width="2" fill="none"/>`;
}

function markerLines(figure: LineFigure, box: Box, x: Axis): string {
  if (figure.markers.length === 0) return "";
  const lines = figure.markers.map((marker) => `M${round(x.place(marker.x))} ${box.bottom}V${box.top}`).join("");
  return `<path d="${lines}" stroke="${ink.marker}" stroke-dasharray="3 3" fill="none"/>`;
}

/** Labels at the upper end of their lines, each in the first row that has room. */
function markerLabels(figure: LineFigure, box: Box, x: Axis): string {
  const rowEnds: number[] = [];
  return [...figure.markers]
    .sort((a, b) => a.x - b.x)
    .map(({ x: position, label }) => {
      const room = displayWidth(label) * characterWidth * 0.92;
      const at = x.place(position);
      const left = at + 5 + room > box.right ? at - 5 - room : at + 5;
      let row = rowEnds.findIndex((end) => end < left);
      if (row < 0) row = rowEnds.length < 4 ? rowEnds.length : 3;
      rowEnds[row] = left + room + 8;
      const halo = 'font-size="11" stroke="#ffffff" stroke-width="3" paint-order="stroke" stroke-linejoin="round"';
      return `<text x="${round(left)}" y="${box.top + 11 + 14 * row}" ${halo}>${escapeMarkup(label)}</text>`;
    })
    .join("\n");
}
