import { displayWidth, escapeMarkup } from "../text.js";
import { type Axis, axisOf } from "./axis.js";
import { lineStyle } from "./figure.js";
import type { HistogramSpec } from "./histogram.js";

const width = 760;
const height = 340;
const top = 62;
const bottom = height - 46;
const ink = { title: "#1a1a1a", text: "#4d4d4d", grid: "#e5e5e5", line: "#999999", marker: "#777777" };

/** The histogram as a static SVG 1.1 picture (760 pixels wide, scales down), with its own white background, without scripts and styles. */
export function svgHistogram(spec: HistogramSpec): string {
  const { x, y, left } = layOut(spec);
  const label = escapeMarkup(spec.title);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `role="img" aria-label="${label}" style="max-width:100%;height:auto" ` +
      `font-family="system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif" font-size="12" fill="${ink.text}">`,
    `<title>${label}</title>`,
    `<rect width="${width}" height="${height}" rx="4" fill="#ffffff"/>`,
    `<text x="14" y="24" font-size="15" font-weight="600" fill="${ink.title}">${label}</text>`,
    text([14, top - 14], spec.y.label),
    text([(left + width - 20) / 2, bottom + 36], spec.x.label, "middle"),
    grid(left, x, y),
    bars(spec, x, y),
    markerLines(spec, x),
    "</svg>",
  ]
    .filter(Boolean)
    .join("\n");
}

function layOut({ bins, x, y }: HistogramSpec): { x: Axis; y: Axis; left: number } {
  const counts = bins.map(({ count }) => count);
  const highest = Math.max(1, ...counts);
  const range = y.log ? { low: 0.7, high: highest * 1.3 } : { low: 0, high: highest * 1.05 };
  const yAxis = axisOf({ ...range, log: y.log ?? false, integer: true, target: 5 }, bottom, top);
  const left = 22 + Math.max(16, ...yAxis.ticks.map(({ label }) => displayWidth(label) * 6.7));
  const [low, high] = [bins[0]?.from ?? 0, bins.at(-1)?.to ?? 1];
  const xAxis = axisOf({ low, high, log: x.log ?? false, integer: true, target: 8 }, left, width - 26);
  return { x: xAxis, y: yAxis, left };
}

function text([x, y]: readonly [number, number], content: string, anchor?: "middle" | "end"): string {
  const place = `x="${round(x)}" y="${round(y)}"${anchor ? ` text-anchor="${anchor}"` : ""}`;
  return `<text ${place}>${escapeMarkup(content)}</text>`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function grid(left: number, x: Axis, y: Axis): string {
  const horizontal = y.ticks.map(({ at }) => `M${round(left)} ${round(at)}H${width - 20}`).join("");
  const vertical = x.ticks.map(({ at }) => `M${round(at)} ${bottom}v5`).join("");
  return [
    `<path d="${horizontal}" stroke="${ink.grid}" fill="none"/>`,
    `<path d="M${round(left)} ${bottom}H${width - 20}${vertical}" stroke="${ink.line}" fill="none"/>`,
    ...y.ticks.map(({ at, label }) => text([left - 8, at + 4], label, "end")),
    ...x.ticks.map(({ at, label }) => text([at, bottom + 19], label, "middle")),
  ].join("\n");
}

function bars({ bins }: HistogramSpec, x: Axis, y: Axis): string {
  const rectangles = bins
    .filter(({ count }) => count > 0)
    .map(({ from, to, count }) => {
      const [start, end, head] = [x.place(from), x.place(to), y.place(count)];
      const gap = end - start > 4 ? 1 : 0;
      return `M${round(start)} ${bottom}V${round(head)}H${round(end - gap)}V${bottom}z`;
    });
  return rectangles.length === 0 ? "" : `<path d="${rectangles.join("")}" fill="${lineStyle(0).colour}"/>`;
}

function markerLines({ markers = [] }: HistogramSpec, x: Axis): string {
  return markers
    .map(({ x: value, label }, i) => {
      const at = x.place(value);
      const right = at + 5 + displayWidth(label) * 6.2 > width - 20;
      const halo = `font-size="11" stroke="#ffffff" stroke-width="3" paint-order="stroke" stroke-linejoin="round"`;
      const place = `x="${round(right ? at - 5 : at + 5)}" y="${top + 11 + 14 * i}"${right ? ' text-anchor="end"' : ""}`;
      const line = `<path d="M${round(at)} ${bottom}V${top}" stroke="${ink.marker}" stroke-dasharray="3 3" fill="none"/>`;
      return `${line}<text ${place} ${halo}>${escapeMarkup(label)}</text>`;
    })
    .join("\n");
}
