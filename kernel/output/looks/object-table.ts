import { cutText } from "../../core/text.js";

/** At most so many rows and columns of a table are shown, and so many characters of a cell. */
const limits = { rows: 50, columns: 20, characters: 200 };

/**
 * HTML of a table with a row per object and a column per key; undefined if `value` is no list of at least two plain
 * objects, or an object in it holds anything but text, numbers, booleans, dates and empty places (a table would hide
 * what the text shows).
 */
export function tableOf(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length < 2) return undefined;
  const rows = value.slice(0, limits.rows);
  if (!rows.every(isFlatObject)) return undefined;
  return formatTable(rows, value.length);
}

/**
 * HTML of a table of objects, whatever they hold; what is no text or number is shown by `textOf`. `total` counts rows
 * that aren't given, too.
 */
export function formatTable(
  rows: readonly Readonly<Record<string, unknown>>[],
  total: number,
  textOf: (value: unknown) => string = String,
): string {
  const shown = rows.slice(0, limits.rows);
  const keys = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const columns = keys.slice(0, limits.columns);
  const head = ["", ...columns].map((key) => `<th>${escaped(cutText(key, limits.characters))}</th>`).join("");
  const body = shown.map((row, index) => {
    const cells = columns.map((key) => cellOf(row[key], textOf));
    return `<tr><th>${index}</th>${cells.join("")}</tr>`;
  });
  const left = [
    total > shown.length ? `${(total - shown.length).toLocaleString("en-US")} more rows` : "",
    keys.length > columns.length ? `${keys.length - columns.length} more columns` : "",
  ].filter((text) => text !== "");
  const caption = left.length === 0 ? "" : `<p>… ${left.join(", ")}</p>`;
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join("")}</tbody></table>${caption}`;
}

function isFlatObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const values = Object.values(value);
  return values.length > 0 && Object.getOwnPropertySymbols(value).length === 0 && values.every(isFlat);
}

function isFlat(value: unknown): boolean {
  return value === null || value instanceof Date || !["object", "function", "symbol"].includes(typeof value);
}

function cellOf(value: unknown, textOf: (value: unknown) => string): string {
  if (value === undefined || value === null) return `<td style="opacity:.5">${String(value ?? "")}</td>`;
  if (typeof value === "number" || typeof value === "bigint") return `<td style="text-align:right">${value}</td>`;
  const isDate = value instanceof Date && !Number.isNaN(value.getTime());
  const text = isDate ? value.toISOString() : typeof value === "object" ? textOf(value) : String(value);
  const short = text.length > limits.characters ? `${cutText(text, limits.characters)}…` : text;
  return `<td style="text-align:left">${escaped(short)}</td>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
