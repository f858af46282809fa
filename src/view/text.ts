/** What a table cell may hold; null and undefined are drawn as an en dash. */
export type Cell = string | number | boolean | null | undefined;

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Makes text safe inside HTML and SVG, both as content and as a quoted attribute value. */
export function escapeMarkup(text: string): string {
  return visibleControls(text).replace(/[&<>"']/g, (character) => escapes[character] as string);
}

/**
 * Replaces control characters but the line feed by their pictures (U+2400…) and lone surrogates by U+FFFD: SVG forbids
 * them, and a terminal obeys them.
 */
export function visibleControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this function is about
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ufffe\uffff\ud800-\udfff]/gu, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
  });
}

/** The text in one line: line ends become `↵`. */
export function oneLine(text: string): string {
  return visibleControls(text.replace(/\r?\n/g, "↵"));
}

/**
 * A number for reading: integers in full with thousands separators, other numbers with six significant digits,
 * very large and very small ones with an exponent.
 */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  if (Number.isSafeInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-4) return shortExponent(value.toExponential(4));
  return Number(value.toPrecision(6)).toLocaleString("en-US", { maximumFractionDigits: 9 });
}

/** `1.2000e-7` → `1.2e-7`. */
export function shortExponent(text: string): string {
  return text.replace(/\.?0+e/, "e").replace("e+", "e");
}

/** Text of a cell, in one line. */
export function formatCell(value: Cell): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? formatNumber(value) : oneLine(value);
}

// Wide in a terminal (two columns): East Asian scripts, full-width forms, most pictographs. Combining marks take none.
const wide = new RegExp(
  [
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u,
    /[\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u,
  ]
    .map(({ source }) => source)
    .join("|"),
  "u",
);
const zero = /\p{Mn}|\p{Me}|\p{Cf}/u;

/** Columns that the text takes in a terminal or in monospaced output. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (character <= "\u02ff") width += 1;
    else if (!zero.test(character)) width += wide.test(character) ? 2 : 1;
  }
  return width;
}

/** Pads with spaces to a width in terminal columns. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + space : space + text;
}

/**
 * Shortens from the middle, so that the start of a name and the end of a path stay: `decoder.la…weight`. Counts code
 * points.
 */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  if (text.length <= 2 * limit && Array.from(text).length <= limit) return text;
  const head = Math.ceil((limit - 1) * 0.6);
  const tail = Math.max(0, limit - 1 - head);
  const start = Array.from(text.slice(0, 2 * head)).slice(0, head);
  const end = tail > 0 ? Array.from(text.slice(-2 * tail)).slice(-tail) : [];
  return `${start.join("")}…${end.join("")}`;
}

/** Four words in a row: a sentence, not a name or a path. */
const sentence = /\S \S+ \S+ \S/;

/** Shortens a sentence at its end, at a word where one ends near the limit, and every other text as `shorten` does. */
export function shortenText(text: string, limit: number): string {
  if (text.length <= limit || !sentence.test(text)) return shorten(text, limit);
  const characters = Array.from(text.slice(0, 2 * limit));
  if (text.length <= 2 * limit && characters.length <= limit) return text;
  const start = characters.slice(0, limit - 1).join("");
  const cut = start.lastIndexOf(" ");
  return `${(cut > start.length * 0.7 ? start.slice(0, cut) : start).trimEnd()}…`;
}
