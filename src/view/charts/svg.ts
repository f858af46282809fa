import { displayWidth, shorten } from "../text.js";
import { type Axis, panelAxis } from "./axis.js";
import { type Chart, isNameAxis, type Panel, type Rule } from "./chart.js";
import { characterWidth, pictureWidth, px, svgLine, svgPicture, svgText } from "./svg-frame.js";
import { type Box, type Place, svgMark } from "./svg-marks.js";
import { signals } from "./theme.js";

const right = pictureWidth - 20;
const longestName = 22;

/** The chart as a static SVG 1.1 picture, 760 pixels wide; it scales down to the width of the page. */
export function chartSvg(chart: Chart): string {
  return svgPicture(chart, (start) => {
    const left = leftOf(chart.panels);
    let top = start + 28;
    const parts = chart.panels.flatMap((panel, index) => {
      const box = { left, right, top, bottom: top + panel.height };
      const labeled = index === chart.panels.length - 1 || panel.x.label !== chart.panels[index + 1]?.x.label;
      top = box.bottom + (labeled ? 46 : 26) + 24;
      return drawPanel(panel, box, labeled);
    });
    return { bottom: top - 24, parts };
  });
}

function yAxis(panel: Panel, top: number): Axis {
  const bottom = top + panel.height;
  const [from, to] = isNameAxis(panel.y) ? [top, bottom] : [bottom, top];
  return panelAxis(panel.y, { from, to, target: Math.max(2, panel.height / 48), nameRoom: 13 });
}

/** All panels begin at the same place: behind the widest label. */
function leftOf(panels: readonly Panel[]): number {
  const widths = panels.flatMap((panel) =>
    yAxis(panel, 0).ticks.map(({ label }) => displayWidth(shorten(label, longestName)) * characterWidth),
  );
  return 22 + Math.max(16, ...widths);
}

function xAxis({ x }: Panel, box: Box): Axis {
  if (!isNameAxis(x)) {
    // Lines begin beside the axis, not on it.
    const inset = box.right - box.left > 200 ? 6 : 0;
    return panelAxis(x, { from: box.left + inset, to: box.right - inset, target: 8, nameRoom: 0 });
  }
  const widest = Math.max(1, ...x.names.map((name) => displayWidth(shorten(name, longestName))));
  const nameRoom = 6.2 * widest + 8;
  return panelAxis(x, { from: box.left, to: box.right, target: 8, nameRoom });
}

function drawPanel(panel: Panel, box: Box, labeled: boolean): string[] {
  const place: Place = { box, x: xAxis(panel, box), y: yAxis(panel, box.top) };
  const { ticks: across } = place.x;
  const grid = isNameAxis(panel.y)
    ? ""
    : place.y.ticks.map(({ at }) => `M${px(box.left)} ${px(at)}H${px(box.right)}`).join("");
  const axis = isNameAxis(panel.x) ? "" : across.map(({ at }) => `M${px(at)} ${px(box.bottom)}v5`).join("");
  return [
    ...(panel.y.label === "" ? [] : [svgText([14, box.top - 10], panel.y.label)]),
    svgLine(grid, "grid"),
    ...panel.marks.map((mark) => svgMark(mark, place)),
    svgLine(`M${px(box.left)} ${px(box.bottom)}H${px(box.right)}${axis}`, "line"),
    ...place.y.ticks.map(({ at, label }) =>
      svgText([box.left - 8, at + 4], shorten(label, longestName), { anchor: "end", size: 11 }),
    ),
    ...across.map(({ at, label }) =>
      svgText([at, box.bottom + 18], shorten(label, longestName), { anchor: "middle", size: 11 }),
    ),
    brokenTicks(panel, place),
    ruleLines(panel.rules, place),
    ...(labeled ? [svgText([(box.left + box.right) / 2, box.bottom + 36], panel.x.label, { anchor: "middle" })] : []),
  ].filter(Boolean);
}

/** Red ticks on the x axis where a value can't be drawn. */
function brokenTicks(panel: Panel, { x, box }: Place): string {
  const places = new Set<string>();
  for (const mark of panel.marks) {
    if (mark.kind !== "line") continue;
    mark.y.forEach((value, i) => {
      const position = mark.x[i] as number;
      if (Number.isNaN(value) && Number.isFinite(position)) places.add(px(x.place(position)));
    });
  }
  if (places.size === 0) return "";
  const ticks = [...places].map((place) => `M${place} ${box.bottom}v-8`).join("");
  return `<path d="${ticks}" stroke="${signals.broken}" stroke-width="2" fill="none"/>`;
}

function ruleLines(rules: readonly Rule[], place: Place): string {
  const rows: number[] = [];
  return [...rules]
    .sort((a, b) => a.at - b.at)
    .map((rule) => (rule.on === "x" ? verticalRule(rule, place, rows) : horizontalRule(rule, place)))
    .join("\n");
}

function ruleLine(path: string, color: string): string {
  return `<path d="${path}" stroke="${color}" stroke-dasharray="4 3" fill="none"/>`;
}

/** The label stands at the upper end of its line, in the first row that has room. */
function verticalRule({ at: value, label, color }: Rule, { box, x }: Place, rowEnds: number[]): string {
  const room = displayWidth(label) * characterWidth * 0.92;
  const at = x.place(value);
  const left = at + 5 + room > box.right ? at - 5 - room : at + 5;
  let row = rowEnds.findIndex((end) => end < left);
  if (row < 0) row = rowEnds.length < 4 ? rowEnds.length : 3;
  rowEnds[row] = left + room + 8;
  const line = ruleLine(`M${px(at)} ${px(box.bottom)}V${px(box.top)}`, color ?? signals.marker);
  return (
    line + svgText([left, box.top + 11 + 14 * row], label, { size: 11, halo: true, ...(color && { fill: color }) })
  );
}

function horizontalRule({ at: value, label, color }: Rule, { box, y }: Place): string {
  const at = y.place(value);
  const line = ruleLine(`M${px(box.left)} ${px(at)}H${px(box.right)}`, color ?? signals.marker);
  const look = { anchor: "end", size: 11, halo: true, ...(color && { fill: color }) } as const;
  return line + svgText([box.right, at - 5], label, look);
}
