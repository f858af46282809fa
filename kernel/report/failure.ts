import { inspect } from "node:util";
import { cutText } from "../core/text.js";
import { codeFrame, type Frame, framesOf, placeText, withoutRepeats } from "./frames.js";
import { cellOfLabel } from "./sources.js";

/** What a front end shows of an error: the three fields of the protocol. */
export interface Failure {
  /** Class or code of the error, `TypeScriptError` for diagnostics, `KeyboardInterrupt` after an interrupt. */
  readonly ename: string;
  /** Message; followed by a line with the error's `hint` if it has one. */
  readonly evalue: string;
  /** Lines to show, ANSI colors allowed; only frames of the user's cells and of the user's own files. */
  readonly traceback: readonly string[];
}

/**
 * What a cell threw → what the front end shows. Chains of `cause` and the parts of an AggregateError follow under the
 * error.
 */
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

/**
 * A property of what was thrown; undefined if its getter throws: the error itself says more than that of its getter.
 */
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
    : `${cutText(message, longestMessage)} … and ${more.toLocaleString("en-US")} more characters`;
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

/**
 * V8 names what can't be called as the script has it: `exports.f`, `(0 , exports.f)`, `(0, node_fs_1.f)`; in the cell
 * it is `f`.
 */
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

/** Text of an error that is shown without being thrown, and of uncaught ones. */
export function errorText(error: unknown): string {
  return describeFailure(error).traceback.join("\n");
}
