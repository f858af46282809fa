import { fitBundle } from "./budget.js";
import type { MimeBundle } from "./display-contract.js";
import { cellElement, frame, heading, quietStyle, ruleStyle, smallPrint, tableElement } from "./html.js";
import {
  type Cell,
  displayWidth,
  escapeMarkup,
  formatCell,
  oneLine,
  pad,
  shorten,
  shortenText,
  visibleControls,
} from "./text.js";

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
  /** Key of a text that stands below its row, over the whole width. */
  readonly detail?: string;
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

interface Row {
  readonly cells: readonly string[];
  readonly detail: string;
}

interface Grid {
  readonly labels: readonly string[];
  readonly aligns: readonly ("left" | "right")[];
  readonly head: readonly Row[];
  readonly tail: readonly Row[];
  readonly hidden: string | undefined;
  readonly footer: string;
}

/**
 * A table as text/plain (aligned columns) and text/html (theme-aware). Shows the first 30 and the last 5 rows, says how
 * many are hidden and how to get them (`more`); long names are shortened in the middle, sentences at their end. At most
 * 64 KB.
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
    rows.map((row) => ({
      cells: columns.map((column) => shortenText(formatCell(row[column.key]), limits.cell)),
      detail: spec.detail === undefined ? "" : shortenText(formatCell(row[spec.detail]), 2 * limits.cell),
    }));
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
      spec.note ? shortenText(visibleControls(spec.note), proseLimit) : "",
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
  const cut = ({ cells, detail }: Row) => ({ cells: cells.map((text) => shortenText(text, plainCell)), detail });
  const body = [...grid.head, ...grid.tail].map(cut);
  const widths = grid.labels.map((label, i) =>
    Math.max(displayWidth(label), ...body.map(({ cells }) => displayWidth(cells[i] ?? ""))),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((text, i) => pad(text, widths[i] ?? 0, grid.aligns[i] ?? "left"))
      .join("  ")
      .trimEnd();
  const lines = ({ cells, detail }: Row) => (detail === "" ? line(cells) : `${line(cells)}\n    ${detail}`);
  return [
    ...(title ? [shorten(oneLine(title), proseLimit)] : []),
    line(grid.labels),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...body.slice(0, grid.head.length).map(lines),
    ...(grid.hidden ? [grid.hidden] : []),
    ...body.slice(grid.head.length).map(lines),
    ...(grid.footer ? [grid.footer] : []),
  ].join("\n");
}

// Characters. A column of short texts keeps its lines whole, in a table that is wide less of them; one of long texts is
// not squeezed to a word per line.
const shortText = { table: 26, wideTable: 16 } as const;
const longText = 48;
const wideTable = 110;

/** The widths of a column follow from its longest text. */
function widthStyles(grid: Grid): string[] {
  const rows = [...grid.head, ...grid.tail];
  const longest = grid.labels.map((_, column) =>
    Math.max(...rows.map(({ cells }) => displayWidth(cells[column] ?? "")), 0),
  );
  const whole = longest.reduce((sum, width) => sum + Math.min(width, longText) + 2, 0);
  const short = whole > wideTable ? shortText.wideTable : shortText.table;
  return longest.map((width) => {
    if (width <= short) return ";white-space:nowrap";
    return width > longText ? ";min-width:36ch" : "";
  });
}

function htmlTable(title: string | undefined, grid: Grid): string {
  const widths = widthStyles(grid);
  const styles = grid.aligns.map((align, i) => `text-align:${align};vertical-align:top${widths[i]}`);
  const across = (text: string) =>
    `<tr><td colspan="${grid.labels.length}" style="text-align:left;${quietStyle}">${escapeMarkup(text)}</td></tr>`;
  const row = ({ cells, detail }: Row) =>
    `<tr>${cells.map((text, i) => cellElement("td", text, styles[i] ?? "")).join("")}</tr>` +
    (detail === "" ? "" : across(detail));
  const heads = grid.labels.map((label, i) => cellElement("th", label, `text-align:${grid.aligns[i]};${ruleStyle}`));
  const hidden = grid.hidden ? across(grid.hidden) : "";
  const body = grid.head.map(row).join("") + hidden + grid.tail.map(row).join("");
  return frame(
    title ? heading(shorten(title, proseLimit)) : "",
    tableElement(`<thead><tr>${heads.join("")}</tr></thead><tbody>${body}</tbody>`),
    grid.footer ? smallPrint(grid.footer) : "",
  );
}
