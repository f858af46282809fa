import { types } from "node:util";
import { boundedText, valueText } from "../core/value-text.js";
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
  const lines = [...textOf(thrown, frames), ...causesOf(thrown, new Set([thrown]))];
  return { ename, evalue, traceback: boundedLines(lines, failureLimits.traceback) };
}

/**
 * At most so much is shown of what was thrown, in UTF-16 units: a front end would stand still over millions. `errors`
 * counts the error itself, its causes, and its parts; `all` is what follows for the three fields together.
 */
export const failureLimits = {
  name: 200,
  message: 100_000,
  hint: 10_000,
  properties: 10_000,
  traceback: 200_000,
  errors: 30,
  all: 320_000,
};

function boundedLines(lines: readonly string[], limit: number): string[] {
  const text = lines.join("\n");
  return text.length <= limit ? [...lines] : boundedText(text, limit).split("\n");
}

function nameOf(thrown: unknown): string {
  if (typeof thrown !== "object" || thrown === null) return thrown === null ? "null" : typeof thrown;
  const name = readOf(thrown, "name");
  const className = String((readOf(thrown, "constructor") as { name?: unknown } | undefined)?.name || "Object");
  // Classes that extend Error seldom set a name. The class's name says more than "Error".
  const isSet = typeof name === "string" && name !== "" && !(name === "Error" && isError(thrown));
  return boundedText(isSet ? name : className, failureLimits.name);
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

function bounded(message: string): string {
  return boundedText(message, failureLimits.message);
}

/** `message`, and on the next line `hint`, if the error has one. */
function messageOf(thrown: unknown): string {
  if (!isErrorLike(thrown)) return typeof thrown === "string" ? bounded(thrown) : valueText(thrown, 2);
  const hint = readOf(thrown, "hint") ?? hintOfNode(thrown);
  // Node lists which file asked for a missing module; for a cell that is a file that doesn't exist.
  const message = bounded(asTyped(thrown).replace(/\nRequire stack:(?:\n- .*)*$/, ""));
  return typeof hint === "string" && hint !== "" ? `${message}\n${boundedText(hint, failureLimits.hint)}` : message;
}

/** A cure for Node's error about threads in TypeScript. */
function hintOfNode(thrown: object): string | undefined {
  const isOfTypeScript = /\.[mc]?ts\b/.test(String(readOf(thrown, "message")));
  const code = String(readOf(thrown, "code"));
  const isRefused = /^ERR_(?:UNKNOWN_FILE_EXTENSION|WORKER_UNSUPPORTED_EXTENSION)$/.test(code);
  if (!isOfTypeScript || !isRefused) return undefined;
  return "threads run JavaScript: compile the file first (npx tsc file.ts), or new Worker(text, { eval: true })";
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

/** Also one of another context (`node:vm`). */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || types.isNativeError(thrown);
}

function isErrorLike(thrown: unknown): thrown is Error {
  return (
    isError(thrown) || (typeof thrown === "object" && thrown !== null && typeof readOf(thrown, "message") === "string")
  );
}

function textOf(thrown: unknown, frames: readonly Frame[]): string[] {
  const head = `${nameOf(thrown)}: ${messageOf(thrown)}`;
  const [first, ...rest] = frames;
  const properties = propertiesOf(thrown);
  if (first === undefined) return [head, ...properties];
  const cell = cellOfLabel(first.file);
  const frame = cell === undefined ? [] : codeFrame(cell.code, first);
  const others = withoutRepeats(rest.map((other) => `    at ${placeText(other)}`));
  return [head, placeText(first), ...frame, ...others, ...properties];
}

/** Properties that the text of an error shows elsewhere, if their value is what is shown there. */
const shownElsewhere: Readonly<Record<string, (value: unknown) => boolean>> = {
  name: (value) => typeof value === "string",
  message: () => true,
  stack: () => true,
  cause: () => true,
  errors: Array.isArray,
  hint: (value) => typeof value === "string",
};

/** Own properties of an error, such as `code` and `status`, as Node prints them. */
function propertiesOf(thrown: unknown): string[] {
  if (!isErrorLike(thrown) || saysItAll(thrown)) return [];
  try {
    const own = Object.create(null) as Record<PropertyKey, unknown>;
    for (const key of Reflect.ownKeys(thrown)) {
      const descriptor = Object.getOwnPropertyDescriptor(thrown, key);
      if (descriptor?.enumerable !== true || isShownElsewhere(thrown, String(key), descriptor.value)) continue;
      Object.defineProperty(own, key, descriptor);
    }
    if (Reflect.ownKeys(own).length === 0) return [];
    return boundedText(valueText(own, 2).replace("[Object: null prototype] ", ""), failureLimits.properties).split(
      "\n",
    );
  } catch {
    // What they are made of can't be read.
    return [];
  }
}

function isShownElsewhere(thrown: object, key: string, value: unknown): boolean {
  // Errors of `execFileSync` hold themselves; a missing module is asked for by a file that no cell has.
  if (value === thrown || (key === "requireStack" && readOf(thrown, "code") === "MODULE_NOT_FOUND")) return true;
  return Object.hasOwn(shownElsewhere, key) && shownElsewhere[key]?.(value) === true;
}

/** Errors that a library wrote for people: the name is the code, and there is a hint. */
function saysItAll(error: Error): boolean {
  return typeof readOf(error, "hint") === "string" && readOf(error, "code") === error.name;
}

/** Errors inside of an error that are shown. */
const mostParts = 5;

function causesOf(thrown: unknown, seen: Set<unknown>): string[] {
  if (typeof thrown !== "object" || thrown === null) return [];
  const [cause, errors] = [readOf(thrown, "cause"), readOf(thrown, "errors")];
  const parts = Array.isArray(errors) ? errors.slice(0, mostParts).map((part) => ["One of them", part] as const) : [];
  const left = Array.isArray(errors) ? errors.length - parts.length : 0;
  const chain = cause === undefined ? parts : [["Caused by", cause] as const, ...parts];
  const texts = chain.flatMap(([label, inner]) => {
    if (seen.has(inner) || seen.size > failureLimits.errors) return [];
    seen.add(inner);
    if (seen.size > failureLimits.errors) return ["", "and more of them, not shown"];
    const [head, ...rest] = textOf(inner, framesOf(inner));
    return ["", `${label} ${head}`, ...rest, ...causesOf(inner, seen)];
  });
  return left > 0 ? [...texts, "", `and ${left.toLocaleString("en-US")} more of them`] : texts;
}

/** Text of an error that is shown without being thrown, and of uncaught ones. */
export function errorText(error: unknown): string {
  return describeFailure(error).traceback.join("\n");
}
