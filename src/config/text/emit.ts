import { formatScalar, isPlainSafe, type QuoteStyle, quoteDouble, type ScalarValue } from "./scalars.js";
import { isSection } from "./values.js";

export interface EmitOptions {
  /** Line separator of the file. */
  readonly lineBreak: string;
  /** Quotes for strings; the default leaves them away where PyYAML needs none. */
  readonly style?: QuoteStyle;
  /** Path of the value, for `asFloat`. */
  readonly path: string;
  /** True for paths where an integral number gets a point, so that Python reads a float. */
  readonly asFloat: (path: string) => boolean;
}

/** The options of a value one step deeper. */
function below(options: EmitOptions, key: string | number): EmitOptions {
  return { ...options, path: options.path === "" ? String(key) : `${options.path}.${key}` };
}

function isScalar(value: unknown): value is ScalarValue {
  return value === null || typeof value !== "object" || value instanceof Date;
}

export function emitKey(key: string): string {
  return isPlainSafe(key) && key.length < 128 ? key : quoteDouble(key);
}

/** Any value on one line. */
export function emitFlow(value: unknown, options: EmitOptions): string {
  if (isScalar(value)) {
    const asFloat = typeof value === "number" && options.asFloat(options.path);
    return formatScalar(value, { ...(options.style && { style: options.style }), asFloat });
  }
  if (Array.isArray(value)) return `[${value.map((item, index) => emitFlow(item, below(options, index))).join(", ")}]`;
  const pairs = Object.entries(value as object).map(
    ([key, item]) => `${emitKey(key)}: ${emitFlow(item, below(options, key))}`,
  );
  return `{${pairs.join(", ")}}`;
}

/** True for what stands on the key's own line: scalars, lists without mappings in them, empty mappings. */
export function isInline(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => (Array.isArray(item) ? isInline(item) : isScalar(item)));
  return isScalar(value) || Object.keys(value as object).length === 0;
}

/**
 * Lines of a mapping or list in block style at `indent`; the first line has no indentation (the caller knows where it
 * goes).
 */
export function emitBlock(value: unknown, indent: number, options: EmitOptions): string {
  const separator = options.lineBreak + " ".repeat(indent);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => {
      const inner = below(options, index);
      return `- ${isInline(item) ? emitFlow(item, inner) : emitBlock(item, indent + 2, inner)}`;
    });
    return items.join(separator);
  }
  return Object.entries(value as object)
    .map(([key, item]) => emitKey(key) + emitAfterColon(item, indent, below(options, key)))
    .join(separator);
}

/**
 * What follows `key` for a value of a block mapping whose keys stand at `indent`: `: 1`, or `:` and deeper lines.
 * `options.path` is that of the value.
 */
export function emitAfterColon(value: unknown, indent: number, options: EmitOptions): string {
  if (isInline(value)) return `: ${emitFlow(value, options)}`;
  const deeper = indent + 2;
  return `:${options.lineBreak}${" ".repeat(deeper)}${emitBlock(value, deeper, options)}`;
}

/** The path's remaining keys wrapped around the value: (["a", "b"], 1) → {a: {b: 1}}. */
export function nest(segments: readonly string[], value: unknown): unknown {
  return segments.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

/** A place in a value that YAML can't hold. */
export interface Unwritable {
  /** Path below the value, with a point at its beginning; "" for the value itself. */
  readonly path: string;
  readonly reason: "kind" | "circle" | "depth";
}

/** Levels of lists and sections in one value; MindFormers reads at most 10. */
export const deepestValue = 100;

/**
 * The first place that YAML can't hold: functions, undefined, symbols, class instances, and a list or an object inside
 * of itself. A value may stand at several places.
 */
export function findUnwritable(value: unknown): Unwritable | undefined {
  return search(value, "", new Set());
}

/** `around`: the lists and objects that the value stands in. */
function search(value: unknown, path: string, around: Set<unknown>): Unwritable | undefined {
  const list = Array.isArray(value);
  if (!list && !isSection(value)) return isWritable(value) ? undefined : { path, reason: "kind" };
  if (around.has(value)) return { path, reason: "circle" };
  if (around.size === deepestValue) return { path: "", reason: "depth" };
  if (!list && !isPlain(value)) return { path, reason: "kind" };
  around.add(value);
  for (const [key, item] of list ? value.entries() : Object.entries(value)) {
    const found = search(item, `${path}.${key}`, around);
    if (found !== undefined) return found;
  }
  around.delete(value);
  return undefined;
}

function isWritable(value: unknown): boolean {
  if (value instanceof Date) return !Number.isNaN(value.getTime());
  return !["undefined", "function", "symbol"].includes(typeof value);
}

/** True for an object that no class has made. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
