import { cutText } from "../../core/text.js";

/**
 * At most so many rows and columns of a table are shown, and so many characters of a cell, of all cells together, and
 * of the HTML.
 */
export const tableLimits = { rows: 50, columns: 20, characters: 200, together: 100_000, html: 250_000 };
const limits = tableLimits;

/**
 * HTML of a table with a row per object and a column per key; undefined if `value` is no list of at least two plain
 * objects, or an object in it holds anything but text, numbers, booleans, dates, and empty places (a table would hide
 * what the text shows).
 */
export function tableOf(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length < 2) return undefined;
  // `every` skips the holes of a list.
  const rows = Array.from(value.slice(0, limits.rows));
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
  const room = Math.floor(Math.min(limits.characters, limits.together / (shown.length * columns.length)));
  const head = ["", ...columns].map((key) => `<th>${short(key, limits.characters)}</th>`).join("");
  const body = shown.map((row, index) => {
    const cells = columns.map((key) => cellOf(row[key], { room, textOf }));
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
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  // Runs no getter.
  const properties = Object.values(Object.getOwnPropertyDescriptors(value)).filter(({ enumerable }) => enumerable);
  return properties.length > 0 && properties.every((one) => "value" in one && isFlat(one.value));
}

function isFlat(value: unknown): boolean {
  return value === null || value instanceof Date || !["object", "function", "symbol"].includes(typeof value);
}

interface CellStyle {
  /** Characters at most. */
  readonly room: number;
  textOf(value: unknown): string;
}

function cellOf(value: unknown, { room, textOf }: CellStyle): string {
  if (value === undefined || value === null) return `<td style="opacity:.5">${String(value ?? "")}</td>`;
  const isNumber = typeof value === "number" || typeof value === "bigint";
  const isDate = value instanceof Date && !Number.isNaN(value.getTime());
  const text = isDate ? value.toISOString() : typeof value === "object" ? textOf(value) : String(value);
  return `<td style="text-align:${isNumber ? "right" : "left"}">${short(text, room)}</td>`;
}

/** As HTML; less of what the entities make longer. */
function short(text: string, room: number): string {
  if (text.length <= room && escaped(text).length <= 2 * room) return escaped(text);
  const cut = cutText(text, room);
  return `${escaped(escaped(cut).length <= 2 * room ? cut : cutText(text, Math.floor(room / 3)))}…`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
