import { fitBundle } from "./budget.js";
import type { MimeBundle } from "./display-contract.js";
import { cellElement, frame, heading, quietStyle, ruleStyle, smallPrint, tableElement } from "./html.js";
import { type Cell, displayWidth, formatCell, oneLine, pad, shorten, visibleControls } from "./text.js";

export interface Column {
  /** Name of the value in each row. */
  readonly key: string;
  /** Head of the column; default: the key. */
  readonly label?: string;
  /** Default: right if all values of the column are numbers, else left. */
  readonly align?: "left" | "right";
}

export interface TableSpec {
  readonly title?: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  /** Shown under the table. */
  readonly note?: string;
  /** How to get at rows that are hidden, as one types it: `"checkpoints.all"`. */
  readonly more?: string;
}

interface Limits {
  readonly head: number;
  readonly tail: number;
  readonly columns: number;
  readonly cell: number;
}

const levels: readonly Limits[] = [
  { head: 30, tail: 5, columns: 24, cell: 200 },
  { head: 30, tail: 5, columns: 24, cell: 60 },
  { head: 30, tail: 5, columns: 16, cell: 24 },
  { head: 8, tail: 2, columns: 12, cell: 16 },
];
// A line of text/plain gets long before the bytes do: cells are cut earlier there than in HTML, where they wrap.
const plainCell = 80;
const proseLimit = 4000;

interface Grid {
  readonly labels: readonly string[];
  readonly aligns: readonly ("left" | "right")[];
  readonly head: readonly (readonly string[])[];
  readonly tail: readonly (readonly string[])[];
  readonly hidden: string | undefined;
  readonly footer: string;
}

/**
 * A table as text/plain (aligned columns) and text/html (theme-aware). Shows the first 30 and the last 5 rows, says how
 * many are hidden and how to get them (`more`); long cells are shortened in the middle. At most 64 KB.
 */
export function tableBundle(spec: TableSpec): MimeBundle {
  return fitBundle(levels, (limits) => {
    const grid = gridOf(spec, limits);
    return { "text/plain": plainTable(spec.title, grid), "text/html": htmlTable(spec.title, grid) };
  });
}

function gridOf(spec: TableSpec, limits: Limits): Grid {
  const columns = spec.columns.slice(0, limits.columns);
  const count = spec.rows.length;
  const all = count <= limits.head + limits.tail;
  const first = spec.rows.slice(0, all ? count : limits.head);
  const last = all ? [] : spec.rows.slice(-limits.tail);
  const texts = (rows: TableSpec["rows"]) =>
    rows.map((row) => columns.map((column) => shorten(formatCell(row[column.key]), limits.cell)));
  const hiddenRows = count - first.length - last.length;
  const hiddenColumns = spec.columns.length - columns.length;
  return {
    labels: columns.map((column) => shorten(oneLine(column.label ?? column.key), limits.cell)),
    aligns: columns.map((column) => column.align ?? naturalAlign([...first, ...last], column.key)),
    head: texts(first),
    tail: texts(last),
    hidden: hiddenRows > 0 ? `⋮ ${formatCell(hiddenRows)} of ${formatCell(count)} rows hidden` : undefined,
    footer: [
      count === 0 ? "(no rows)" : "",
      hiddenRows > 0 && spec.more ? `All rows: ${spec.more}` : "",
      hiddenColumns > 0 ? `${hiddenColumns} of ${spec.columns.length} columns hidden` : "",
      spec.note ? shorten(visibleControls(spec.note), proseLimit) : "",
    ]
      .filter(Boolean)
      .join("\n"),
  };
}

function naturalAlign(rows: TableSpec["rows"], key: string): "left" | "right" {
  const present = rows.map((row) => row[key]).filter((value) => value !== null && value !== undefined);
  return present.length > 0 && present.every((value) => typeof value === "number") ? "right" : "left";
}

function plainTable(title: string | undefined, grid: Grid): string {
  const cut = (row: readonly string[]) => row.map((text) => shorten(text, plainCell));
  const body = [...grid.head, ...grid.tail].map(cut);
  const widths = grid.labels.map((label, i) =>
    Math.max(displayWidth(label), ...body.map((r) => displayWidth(r[i] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) => pad(text, widths[i] ?? 0, grid.aligns[i] ?? "left"))
      .join("  ")
      .trimEnd();
  return [
    ...(title ? [shorten(oneLine(title), proseLimit)] : []),
    line(grid.labels),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...body.slice(0, grid.head.length).map(line),
    ...(grid.hidden ? [grid.hidden] : []),
    ...body.slice(grid.head.length).map(line),
    ...(grid.footer ? [grid.footer] : []),
  ].join("\n");
}

// Characters. A column of short texts keeps its lines whole; one of long texts is not squeezed to a word per line.
const shortText = 26;
const longText = 48;

/** The widths of a column follow from its longest text. */
function widthStyle(grid: Grid, column: number): string {
  const longest = Math.max(...[...grid.head, ...grid.tail].map((row) => displayWidth(row[column] ?? "")), 0);
  if (longest <= shortText) return ";white-space:nowrap";
  return longest > longText ? ";min-width:36ch" : "";
}

function htmlTable(title: string | undefined, grid: Grid): string {
  const styles = grid.aligns.map((align, i) => `text-align:${align};vertical-align:top${widthStyle(grid, i)}`);
  const row = (cells: readonly string[]) =>
    `<tr>${cells.map((text, i) => cellElement("td", text, styles[i] ?? "")).join("")}</tr>`;
  const heads = grid.labels.map((label, i) => cellElement("th", label, `text-align:${grid.aligns[i]};${ruleStyle}`));
  const hidden = grid.hidden
    ? `<tr><td colspan="${grid.labels.length}" style="text-align:left;${quietStyle}">${grid.hidden}</td></tr>`
    : "";
  const body = grid.head.map(row).join("") + hidden + grid.tail.map(row).join("");
  return frame(
    title ? heading(shorten(title, proseLimit)) : "",
    tableElement(`<thead><tr>${heads.join("")}</tr></thead><tbody>${body}</tbody>`),
    grid.footer ? smallPrint(grid.footer) : "",
  );
}
