import { escapeMarkup } from "../text.js";

/** Width of every picture in pixels; it scales down. */
export const pictureWidth = 760;

export const ink = { title: "#1a1a1a", text: "#4d4d4d", grid: "#e5e5e5", line: "#999999", limit: "#c62828" } as const;

/** A number of pixels with one decimal at most. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function pictureText(
  [x, y]: readonly [number, number],
  content: string,
  options: { readonly anchor?: "middle" | "end"; readonly size?: number; readonly fill?: string } = {},
): string {
  const { anchor, size, fill } = options;
  const attributes = [
    ...(anchor ? [` text-anchor="${anchor}"`] : []),
    ...(size ? [` font-size="${size}"`] : []),
    ...(fill ? [` fill="${fill}"`] : []),
  ].join("");
  return `<text x="${px(x)}" y="${px(y)}"${attributes}>${escapeMarkup(content)}</text>`;
}

/** A static SVG 1.1 picture with its own white background, a title and small print; no scripts, style sheets or ids. */
export function picture(
  about: { readonly title: string; readonly height: number; readonly notes: readonly string[] },
  parts: readonly string[],
): string {
  const { title, height, notes } = about;
  const label = escapeMarkup(title);
  const notesAt = (index: number): number => height - 8 - 14 * (notes.length - 1 - index);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pictureWidth}" height="${height}" viewBox="0 0 ${pictureWidth} ${height}" ` +
      `role="img" aria-label="${label}" style="max-width:100%;height:auto" ` +
      `font-family="system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif" font-size="12" fill="${ink.text}">`,
    `<title>${label}</title>`,
    `<rect width="${pictureWidth}" height="${height}" rx="4" fill="#ffffff"/>`,
    `<text x="14" y="24" font-size="15" font-weight="600" fill="${ink.title}">${label}</text>`,
    ...parts,
    ...notes.map((note, index) => pictureText([14, notesAt(index)], note, { size: 11 })),
    "</svg>",
  ]
    .filter(Boolean)
    .join("\n");
}

/** Room for small print under a picture. */
export function notesHeight(notes: readonly string[]): number {
  return notes.length === 0 ? 8 : 14 * notes.length + 12;
}

/** Cuts a remark into lines that fit under a picture. */
export function noteLines(notes: readonly string[], limit = 125): string[] {
  return notes.flatMap((note) => {
    const lines: string[] = [""];
    for (const word of note.split(" ")) {
      const last = lines.length - 1;
      if ((lines[last] as string).length + word.length + 1 > limit) lines.push(word);
      else lines[last] = `${lines[last]}${lines[last] === "" ? "" : " "}${word}`;
    }
    return lines;
  });
}

export interface LegendEntry {
  readonly label: string;
  readonly colour: string;
}

/** Coloured squares with labels in rows; returns the markup and the height that it takes. */
export function legendRows(
  entries: readonly LegendEntry[],
  top: number,
): { readonly markup: string; readonly height: number } {
  let [left, row] = [14, 0];
  const parts = entries.map(({ label, colour }) => {
    const room = 20 + label.length * 6.7 + 14;
    if (left > 14 && left + room > pictureWidth) [left, row] = [14, row + 1];
    const y = top + 18 * row;
    const markup = `<rect x="${px(left)}" y="${y}" width="12" height="12" rx="2" fill="${colour}"/>${pictureText([left + 18, y + 10], label)}`;
    left += room;
    return markup;
  });
  return { markup: parts.join("\n"), height: entries.length === 0 ? 0 : 18 * (row + 1) };
}

/** plotly.js reads a small subset of HTML in labels. */
export function plotlyLabel(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Layout that all interactive figures share. */
export function plotlyLayout(title: string, height: number): Record<string, unknown> {
  return {
    title: { text: plotlyLabel(title), x: 0.01, xanchor: "left", font: { size: 16 } },
    height,
    autosize: true,
    margin: { l: 70, r: 20, t: 60, b: 50 },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    font: { color: "#333333" },
  };
}
