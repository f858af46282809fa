import { displayWidth, escapeMarkup, shorten } from "../text.js";
import type { Chart, ColorScale, Dash, LegendEntry } from "./chart.js";
import { type Paint, paintAttributes, paintOf, themed } from "./theme.js";

/** Width of every picture in pixels; it scales down. */
export const pictureWidth = 760;
/** Pixels of a character at 12 px, on the wide side. */
export const characterWidth = 6.7;

export const dashArrays: Readonly<Record<Dash, string>> = { solid: "", dash: "7 4", dot: "2 3" };

/** A number of pixels with one decimal at most. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export interface TextLook {
  readonly anchor?: "middle" | "end";
  readonly size?: number;
  readonly fill?: string;
  /** A rim in the color of the paper, for words over lines. */
  readonly halo?: boolean;
}

export function svgText([x, y]: readonly [number, number], content: string, look: TextLook = {}): string {
  const { anchor, size, fill, halo } = look;
  const attributes = [
    anchor ? ` text-anchor="${anchor}"` : "",
    size ? ` font-size="${size}"` : "",
    fill ? ` fill="${fill}"` : "",
    halo
      ? ` stroke="${paintOf("paper")}" stroke-width="3" paint-order="stroke" stroke-linejoin="round"` +
        ` style="${themed("stroke", "paper")}"`
      : "",
  ];
  return `<text x="${px(x)}" y="${px(y)}"${attributes.join("")}>${escapeMarkup(content)}</text>`;
}

/** A path in a color of the theme. */
export function svgLine(path: string, paint: Paint): string {
  return path === "" ? "" : `<path d="${path}" ${paintAttributes("stroke", paint)} fill="none"/>`;
}

/** Legend entries in rows from `top` on; returns the markup and the height that it takes. */
export function svgLegend(entries: readonly LegendEntry[], top: number): { markup: string; height: number } {
  let [left, row] = [14, 0];
  const parts = entries.map(({ label, color, dash }) => {
    const sign = dash === undefined ? 18 : 34;
    const room = sign + displayWidth(label) * characterWidth + 16;
    if (left > 14 && left + room > pictureWidth) [left, row] = [14, row + 1];
    const y = top + 18 * row;
    const array = dash !== undefined && dashArrays[dash] ? ` stroke-dasharray="${dashArrays[dash]}"` : "";
    const drawn =
      dash === undefined
        ? `<rect x="${px(left)}" y="${y}" width="12" height="12" rx="2" fill="${color}"/>`
        : `<path d="M${px(left)} ${y + 6}h26" stroke="${color}" stroke-width="1.8" fill="none"${array}/>`;
    const markup = drawn + svgText([left + sign, y + 10], label);
    left += room;
    return markup;
  });
  return { markup: parts.join("\n"), height: entries.length === 0 ? 0 : 18 * (row + 1) };
}

/** A bar of the scale's colors with its label before and its ticks below. */
export function svgScale(scale: ColorScale | undefined, top: number): { markup: string; height: number } {
  if (scale === undefined) return { markup: "", height: 0 };
  const left = 14 + displayWidth(scale.label) * characterWidth + 18;
  const width = Math.min(360, pictureWidth - left - 60);
  const step = width / scale.colors.length;
  const markup = [
    svgText([14, top + 10], scale.label),
    ...scale.colors.map(
      (color, i) =>
        `<rect x="${px(left + i * step)}" y="${top}" width="${px(step + 0.3)}" height="12" fill="${color}"/>`,
    ),
    ...scale.ticks.map(({ share, label }) =>
      svgText([left + share * width, top + 25], label, { anchor: "middle", size: 11 }),
    ),
  ];
  return { markup: markup.join("\n"), height: 32 };
}

/** Cuts remarks into lines that fit under a picture. */
export function noteLines(notes: readonly string[], limit = 122): string[] {
  return notes.flatMap((note) => {
    const lines: string[] = [""];
    for (const word of note.split(" ").map((each) => shorten(each, limit))) {
      const last = lines.length - 1;
      if ((lines[last] as string).length + word.length + 1 > limit) lines.push(word);
      else lines[last] = `${lines[last]}${lines[last] === "" ? "" : " "}${word}`;
    }
    return lines;
  });
}

/**
 * A static SVG 1.1 picture of its own paper, title and small print. It has no scripts, style sheets or ids, so that
 * many of them can stand in one page. In a page with JupyterLab's theme it takes the theme's colors. It has no width of
 * its own: as an image element, as nbconvert writes it, a width of 760 pixels would be cut at the edge of a printed
 * page.
 */
export function svgPicture(chart: Chart, draw: (top: number) => { bottom: number; parts: readonly string[] }): string {
  const label = escapeMarkup(chart.title);
  const legend = svgLegend(chart.legend, 38);
  const scale = svgScale(chart.scale, 38 + legend.height);
  const { bottom, parts } = draw(38 + legend.height + scale.height);
  const notes = noteLines(chart.notes);
  const height = Math.ceil(bottom + (notes.length === 0 ? 8 : 14 * notes.length + 12));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${pictureWidth} ${height}" ` +
      `role="img" aria-label="${label}" style="${themed("fill", "text")}" ` +
      `font-family="system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif" font-size="12" ` +
      `fill="${paintOf("text")}">`,
    `<title>${label}</title>`,
    `<rect width="${pictureWidth}" height="${height}" rx="4" ${paintAttributes("fill", "paper")}/>`,
    `<text x="14" y="24" font-size="15" font-weight="600" ${paintAttributes("fill", "title")}>${label}</text>`,
    legend.markup,
    scale.markup,
    ...parts,
    ...notes.map((note, i) => svgText([14, height - 8 - 14 * (notes.length - 1 - i)], note, { size: 11 })),
    "</svg>",
  ]
    .filter(Boolean)
    .join("\n");
}
