import { displayWidth, escapeMarkup } from "../text.js";
import { type Axis, axisOf, rangeOf, widen } from "./axis.js";
import type { TradeOffFigure, TradeOffPoint } from "./trade-off-chart.js";

const width = 760;
const characterWidth = 6.7; // at 12 px, on the wide side
const ink = {
  title: "#1a1a1a",
  text: "#4d4d4d",
  grid: "#e5e5e5",
  line: "#999999",
  cloud: "#b9c7d3",
  front: "#0072b2",
  best: "#d55e00",
};

const round = (value: number): string => String(Math.round(value * 10) / 10);

function text([x, y]: readonly [number, number], content: string, extra = ""): string {
  return `<text x="${round(x)}" y="${round(y)}"${extra}>${escapeMarkup(content)}</text>`;
}

interface Place {
  readonly x: Axis;
  readonly y: Axis;
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
}

function layOut(figure: TradeOffFigure): Place {
  const all = [...figure.points, ...figure.front];
  const top = 58;
  const bottom = figure.height - 50;
  const yRange = widen(
    rangeOf(
      all.map(({ y }) => y),
      true,
    ),
    0.1,
    true,
  );
  const y = axisOf({ ...yRange, log: true, integer: false, target: Math.max(2, (bottom - top) / 48) }, bottom, top);
  const left = 14 + 8 + Math.max(16, ...y.ticks.map(({ label }) => displayWidth(label) * characterWidth));
  const xs = [...all.map((point) => point.x), ...(figure.limit === undefined ? [] : [figure.limit.x])];
  const xRange = widen(rangeOf(xs, false), 0.03, false);
  const x = axisOf({ ...xRange, log: false, integer: false, target: 8 }, left + 6, width - 26);
  return { x, y, left, top, bottom };
}

function grid({ x, y, left, bottom }: Place): string {
  const right = width - 20;
  const horizontal = y.ticks.map(({ at }) => `M${round(left)} ${round(at)}H${right}`).join("");
  const vertical = x.ticks.map(({ at }) => `M${round(at)} ${bottom}v5`).join("");
  return [
    `<path d="${horizontal}" stroke="${ink.grid}" fill="none"/>`,
    `<path d="M${round(left)} ${bottom}H${right}${vertical}" stroke="${ink.line}" fill="none"/>`,
    ...y.ticks.map(({ at, label }) => text([left - 8, at + 4], label, ' text-anchor="end"')),
    ...x.ticks.map(({ at, label }) => text([at, bottom + 19], label, ' text-anchor="middle"')),
  ].join("\n");
}

/** Labels of the front that don't run into each other: the first point's always, then those far enough below or above the last one written. */
function labels(front: readonly TradeOffPoint[], place: Place): string {
  let last: readonly [number, number] | undefined;
  return front
    .map((point, index) => {
      const [cx, cy] = [place.x.place(point.x), place.y.place(point.y)];
      const room = displayWidth(point.label) * characterWidth;
      const crowded = last !== undefined && Math.abs(cy - last[1]) < 16 && Math.abs(cx - last[0]) < room + 20;
      if (crowded) return "";
      last = [cx, cy];
      const leftward = cx + 10 + room > width - 20;
      const at = [leftward ? cx - 9 : cx + 9, cy + (index === 0 ? 17 : -7)] as const;
      const halo = ' stroke="#ffffff" stroke-width="3" paint-order="stroke"';
      return text(at, point.label, `${halo} font-size="11"${leftward ? ' text-anchor="end"' : ""}`);
    })
    .filter(Boolean)
    .join("\n");
}

function limitLine(figure: TradeOffFigure, place: Place): string {
  if (figure.limit === undefined) return "";
  const at = place.x.place(figure.limit.x);
  const line = `<path d="M${round(at)} ${place.top}V${place.bottom}" stroke="#777777" stroke-dasharray="3 3" fill="none"/>`;
  return line + text([at - 6, place.top + 10], figure.limit.label, ' text-anchor="end" font-size="11"');
}

function dots(points: readonly TradeOffPoint[], place: Place, style: { colour: string; radius: number }): string {
  return points
    .map((p) => `<circle cx="${round(place.x.place(p.x))}" cy="${round(place.y.place(p.y))}" r="${style.radius}"/>`)
    .join("")
    .replace(/^(?=.)/, `<g fill="${style.colour}">`)
    .replace(/(?<=.)$/, "</g>");
}

/** The trade-off as a static SVG 1.1 picture on its own white background, 760 pixels wide. */
export function svgTradeOff(figure: TradeOffFigure): string {
  const place = layOut(figure);
  const label = escapeMarkup(figure.title);
  const front = figure.front.map((p) => `${round(place.x.place(p.x))} ${round(place.y.place(p.y))}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${figure.height}" viewBox="0 0 ${width} ${figure.height}" ` +
      `role="img" aria-label="${label}" style="max-width:100%;height:auto" ` +
      `font-family="system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif" font-size="12" fill="${ink.text}">`,
    `<title>${label}</title>`,
    `<rect width="${width}" height="${figure.height}" rx="4" fill="#ffffff"/>`,
    `<text x="14" y="24" font-size="15" font-weight="600" fill="${ink.title}">${label}</text>`,
    text([14, place.top - 12], figure.y.label),
    text([(place.left + width - 20) / 2, place.bottom + 38], figure.x.label, ' text-anchor="middle"'),
    grid(place),
    limitLine(figure, place),
    dots(figure.points, place, { colour: ink.cloud, radius: 2.2 }),
    front.length > 1 ? `<path d="M${front.join(" ")}" stroke="${ink.front}" stroke-width="1.6" fill="none"/>` : "",
    dots(figure.front, place, { colour: ink.front, radius: 3.6 }),
    dots(figure.front.slice(0, 1), place, { colour: ink.best, radius: 5 }),
    labels(figure.front, place),
    "</svg>",
  ]
    .filter(Boolean)
    .join("\n");
}
