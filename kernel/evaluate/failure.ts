import { isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { cellOfLabel, mapStack } from "./cell-source.js";
import type { Failure } from "./evaluator.js";
import { hintFor } from "./hints.js";
import type { Place } from "./text-edits.js";

/** Folders of the compiled kernel and library (or of their sources, in tests). */
const ownFolders = ["kernel", "src"].map((name) => join(import.meta.dirname, "..", "..", name) + sep);

/** Whether a frame is shown: files of the user's, not installed packages, nor Node, nor the kernel and what it brings. */
export function isUserFile(path: string): boolean {
  if (!isAbsolute(path) || path.includes(`${sep}node_modules${sep}`)) return false;
  return !ownFolders.some((folder) => path.startsWith(folder));
}

interface Frame extends Place {
  /** Name of the function; empty at the top level of a cell. */
  readonly name: string;
  /** `Cell [3]` or a path. */
  readonly file: string;
}

/** What a cell threw → what the front end shows. Chains of `cause` and the parts of an AggregateError follow under the error. */
export function describeFailure(thrown: unknown): Failure {
  const ename = nameOf(thrown);
  const evalue = messageOf(thrown);
  const frames = framesOf(thrown);
  return { ename, evalue, traceback: [...textOf(thrown, frames), ...causesOf(thrown, new Set([thrown]))] };
}

function nameOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return thrown === null ? "null" : typeof thrown;
  const name = readOf(thrown, "name");
  const className = String((readOf(thrown, "constructor") as { name?: unknown } | undefined)?.name || "Object");
  // Classes that extend Error seldom set a name; theirs says more than "Error".
  const isSet = typeof name === "string" && name !== "" && !(name === "Error" && thrown instanceof Error);
  return isSet ? name : className;
}

/** A property of what was thrown; undefined if its getter throws: the error itself says more than that of its getter. */
function readOf(thrown: object, name: string): unknown {
  try {
    return (thrown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** Longest message that is shown, in UTF-16 units: a front end would stand still over millions. */
const longestMessage = 100_000;

function bounded(message: string): string {
  const more = message.length - longestMessage;
  return more <= 0
    ? message
    : `${message.slice(0, longestMessage)} … and ${more.toLocaleString("en-US")} more characters`;
}

/** `message`, and on the next line `hint`, if the error has one. */
function messageOf(thrown: unknown): string {
  if (!isErrorLike(thrown))
    return typeof thrown === "string" ? bounded(thrown) : inspect(thrown, { depth: 2, colors: false });
  const hint = readOf(thrown, "hint");
  // Node lists which file asked for a missing module; for a cell that is a file that doesn't exist.
  const message = bounded(asTyped(thrown).replace(/\nRequire stack:(?:\n- .*)*$/, ""));
  return typeof hint === "string" && hint !== "" ? `${message}\n${hint}` : message;
}

/** V8 names what can't be called as the script has it: `exports.f`, `(0 , exports.f)`, `(0, node_fs_1.f)`; in the cell it is `f`. */
function asTyped(thrown: Error): string {
  const message = String(readOf(thrown, "message") ?? "");
  return thrown instanceof TypeError ? withoutExports(message) : message;
}

function withoutExports(message: string): string {
  return message.replace(/^\(0 ?, [\w$]+\.([\w$.]+)\)(?= is not a)/, "$1").replace(/^exports\.(?=[\w$])/, "");
}

function isErrorLike(thrown: unknown): thrown is Error {
  return (
    thrown instanceof Error ||
    (typeof thrown === "object" && thrown !== null && typeof readOf(thrown, "message") === "string")
  );
}

function textOf(thrown: unknown, frames: readonly Frame[]): string[] {
  const head = `${nameOf(thrown)}: ${messageOf(thrown)}`;
  const [first, ...rest] = frames;
  if (first === undefined) return [head];
  const cell = cellOfLabel(first.file);
  const frame = cell === undefined ? [] : codeFrame(cell.code, first);
  return [head, placeText(first), ...frame, ...withoutRepeats(rest.map((other) => `    at ${placeText(other)}`))];
}

/** Equal lines in a row, as a recursion gives them, stand once. */
function withoutRepeats(lines: readonly string[]): string[] {
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

function placeText({ name, file, line }: Frame): string {
  return `${file}, line ${line + 1}${name === "" ? "" : ` in ${name}`}`;
}

/** The line with a mark under the column, two lines before it and one after. */
export function codeFrame(code: string, place: Place): string[] {
  const lines = code.split("\n");
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

const framePattern = /^\s+at (?:async )?(?:(.*) \()?((?:Cell \[\d+\])|[^()]*?):(\d+):(\d+)\)?$/;

function framesOf(thrown: unknown): Frame[] {
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

function causesOf(thrown: unknown, seen: Set<unknown>): string[] {
  if (typeof thrown !== "object" || thrown === null) return [];
  const { cause, errors } = thrown as { cause?: unknown; errors?: unknown };
  const parts = Array.isArray(errors) ? errors.slice(0, 5).map((part) => ["One of them", part] as const) : [];
  const chain = cause === undefined ? parts : [["Caused by", cause] as const, ...parts];
  return chain.flatMap(([label, inner]) => {
    if (seen.has(inner)) return [];
    seen.add(inner);
    const [head, ...rest] = textOf(inner, framesOf(inner));
    return ["", `${label} ${head}`, ...rest, ...causesOf(inner, seen)];
  });
}

/** One finding of the type checker about a cell, with the place in the cell's own source. */
export interface Diagnostic {
  readonly message: string;
  readonly code: number;
  readonly place: Place;
  /** Another file than the cell: one of the user's own that it imports. */
  readonly file?: string;
}

/** Diagnostics shown in full; the rest are counted. */
const shownDiagnostics = 5;

/** What the type checker refused. At least one diagnostic. */
export function describeDiagnostics(
  diagnostics: readonly Diagnostic[],
  cell: { readonly label: string; readonly code: string },
): Failure {
  const shown = diagnostics.slice(0, shownDiagnostics);
  const more = diagnostics.length - shown.length;
  const position = ({ place, file }: Diagnostic): string =>
    `${file === undefined ? "" : `${file}, `}line ${place.line + 1}, column ${place.column + 1}`;
  const traceback = shown.flatMap((diagnostic) => [
    `TypeScriptError: ${diagnostic.message} (TS${diagnostic.code})`,
    `${diagnostic.file === undefined ? `${cell.label}, ` : ""}${position(diagnostic)}`,
    ...(diagnostic.file === undefined ? codeFrame(cell.code, diagnostic.place) : []),
  ]);
  const hint = hintFor(cell.code, diagnostics);
  const rest = [...andMore(more), ...(hint === undefined ? [] : [hint])];
  return {
    ename: "TypeScriptError",
    evalue: [...shown.map((diagnostic) => `${diagnostic.message} (${position(diagnostic)})`), ...rest].join("\n"),
    traceback: [...traceback, ...rest],
  };
}

function andMore(count: number): string[] {
  return count > 0 ? [`and ${count} more`] : [];
}

/** Text of an error that is shown without being thrown, and of uncaught ones. */
export function errorText(error: unknown): string {
  return describeFailure(error).traceback.join("\n");
}
