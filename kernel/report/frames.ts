import { isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { cutText } from "../core/text.js";
import { cellOfLabel } from "./sources.js";
import { mapStack } from "./stack.js";
import type { Place } from "./text-edits.js";

/** Folders of the compiled kernel and library (or of their sources, in tests). */
const ownFolders = ["kernel", "src"].map((name) => join(import.meta.dirname, "..", "..", name) + sep);

/**
 * Whether a frame is shown: files of the user's, not installed packages, nor Node, nor the kernel and what it brings.
 */
export function isUserFile(path: string): boolean {
  if (!isAbsolute(path) || path.includes(`${sep}node_modules${sep}`)) return false;
  return !ownFolders.some((folder) => path.startsWith(folder));
}

export interface Frame extends Place {
  /** Name of the function; empty at the top level of a cell. */
  readonly name: string;
  /** `Cell [3]` or a path. */
  readonly file: string;
}

const framePattern = /^\s+at (?:async )?(?:(.*) \()?((?:Cell \[\d+\])|[^()]*?):(\d+):(\d+)\)?$/;

/** Frames of the user's cells and files, the innermost first. */
export function framesOf(thrown: unknown): Frame[] {
  const stack = typeof thrown === "object" && thrown !== null ? stackOf(thrown) : undefined;
  if (stack === undefined) return [];
  const frames: Frame[] = [];
  for (const line of mapStack(stack).split("\n")) {
    const match = framePattern.exec(line);
    if (match === null) continue;
    const file = pathOf(match[2] ?? "");
    const isCell = cellOfLabel(file) !== undefined;
    if (!isCell && !isUserFile(file)) continue;
    const name = functionName(match[1], isCell);
    frames.push({
      name,
      file: isCell ? file : relativePath(file),
      line: Number(match[3]) - 1,
      column: Number(match[4]) - 1,
    });
  }
  // A cell is where the user's code begins: what called it is not of interest.
  const lastCell = frames.findLastIndex((frame) => cellOfLabel(frame.file) !== undefined);
  return lastCell < 0 ? frames : frames.slice(0, lastCell + 1);
}

function stackOf(thrown: object): string | undefined {
  try {
    const { stack } = thrown as { stack?: unknown };
    return typeof stack === "string" ? stack : undefined;
  } catch {
    return undefined;
  }
}

function pathOf(location: string): string {
  return location.startsWith("file://") ? fileURLToPath(location) : location;
}

function relativePath(file: string): string {
  const path = relative(process.cwd(), file);
  return path.startsWith("..") ? file : path;
}

function functionName(name: string | undefined, inCell: boolean): string {
  if (name === undefined) return "";
  const short = name.replace(/ \[as [^\]]*\]$/, "").replace(/^(?:Object|exports)\./, "");
  return short === "<anonymous>" || (inCell && short === "eval") ? "" : short;
}

/** Shows equal lines in a row, as from a recursion, once. */
export function withoutRepeats(lines: readonly string[]): string[] {
  const shown: string[] = [];
  for (let from = 0; from < lines.length; ) {
    const line = lines[from] ?? "";
    let end = from + 1;
    while (end < lines.length && lines[end] === line) end++;
    shown.push(line);
    if (end - from > 1) shown.push(`    … ${end - from - 1} more of the same`);
    from = end;
  }
  return shown;
}

/** Where a line is shown from, and not within a character. */
function startIn(line = "", start: number): number {
  if (line.length <= longestLine) return 0;
  return /[\udc00-\udfff]/.test(line.charAt(start)) ? start + 1 : start;
}

export function placeText({ name, file, line }: Frame): string {
  return `${file}, line ${line + 1}${name === "" ? "" : ` in ${name}`}`;
}

/** Of longer lines the part around the column is shown. */
const longestLine = 300;

/** The line with a mark under the column, two lines before it and one after. */
export function codeFrame(typed: string, at: Place): string[] {
  const long = typed.split("\n");
  const start = Math.max(0, at.column - longestLine / 2);
  const place = { ...at, column: at.column - startIn(long[at.line], start) };
  const lines = long.map((text) => cutText(text.slice(startIn(text, start)), longestLine));
  const from = Math.max(0, place.line - 2);
  const width = String(place.line + 2).length;
  const shown = lines.slice(from, place.line + 2).flatMap((text, index) => {
    const line = from + index;
    const row = `${line === place.line ? ">" : " "} ${String(line + 1).padStart(width)} | ${text}`;
    if (line !== place.line) return [row];
    const indent = text.slice(0, place.column).replace(/[^\t]/g, " ");
    return [row, `  ${" ".repeat(width)} | ${indent}^`];
  });
  return shown.map((row) => `  ${row.trimEnd()}`);
}
