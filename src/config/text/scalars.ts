import { anyOf, patternOf } from "../../core/patterns.js";
import { readDate } from "./dates.js";

/**
 * Plain YAML scalars as PyYAML 6 reads and may write them (YAML 1.1, `yaml.safe_load`), because MindFormers reads its
 * configuration with PyYAML. The patterns are those of PyYAML's implicit resolvers; the surprises: `1e-5`, `1.0e5` and
 * `-.5` are strings, `on` and `no` are booleans, `010` is 8, `1:30` is 90, `2024-01-02` is a date.
 */
export type ScalarKind = "null" | "bool" | "int" | "float" | "string" | "date" | "unreadable";

/** A single value as PyYAML reads it; integers beyond 2^53 are bigint. */
export type ScalarValue = null | boolean | number | bigint | string | Date;

export interface ResolvedScalar {
  readonly kind: ScalarKind;
  /** Integers beyond ±(2^53 − 1) are bigint; dates are `Date`; unreadable text stays text. */
  readonly value: ScalarValue;
  /** Text of a date. */
  readonly text?: string;
}

const boolPattern = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const floatPattern = anyOf([
  /[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?/,
  /\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?/,
  /[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*/,
  /[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)/,
]);
const intPattern =
  /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const nullPattern = /^(?:~|null|Null|NULL|)$/;
const clockTime = /(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?/;
const zone = /(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?/;
const datePattern = anyOf([
  /[0-9]{4}-[0-9]{2}-[0-9]{2}/,
  patternOf([/[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}/, clockTime, zone]),
]);
function sexagesimal(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

function signed(text: string): { negative: boolean; digits: string } {
  const negative = text.startsWith("-");
  return { negative, digits: negative || text.startsWith("+") ? text.slice(1) : text };
}

function readInteger(text: string): bigint | undefined {
  const { negative, digits } = signed(text.replaceAll("_", ""));
  let size: bigint;
  if (digits === "0b" || digits === "0x") return undefined;
  if (/^0[bx]/.test(digits)) size = BigInt(digits);
  else if (digits.length > 1 && digits.startsWith("0")) size = BigInt(`0o${digits}`);
  else if (digits.includes(":")) size = digits.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  else size = BigInt(digits);
  return negative ? -size : size;
}

function readFloat(text: string): number {
  const { negative, digits } = signed(text.replaceAll("_", "").toLowerCase());
  let size: number;
  if (digits === ".inf") size = Number.POSITIVE_INFINITY;
  else if (digits === ".nan") size = Number.NaN;
  else if (digits.includes(":")) size = sexagesimal(digits.split(":"));
  else size = Number(digits);
  return negative ? -size : size;
}

/** Smallest JavaScript value for an integer: number while it is exact, else bigint. */
export function plainInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** What PyYAML makes of a plain (unquoted) scalar. */
export function resolvePlain(text: string): ResolvedScalar {
  if (nullPattern.test(text)) return { kind: "null", value: null };
  if (boolPattern.test(text)) return { kind: "bool", value: /^(?:yes|true|on)$/i.test(text) };
  if (floatPattern.test(text)) return { kind: "float", value: readFloat(text) };
  if (intPattern.test(text)) {
    const value = readInteger(text);
    return value === undefined ? { kind: "unreadable", value: text } : { kind: "int", value: plainInteger(value) };
  }
  if (datePattern.test(text)) {
    const value = readDate(text);
    return value === undefined ? { kind: "unreadable", value: text } : { kind: "date", value, text };
  }
  if (text === "=" || text === "<<") return { kind: "unreadable", value: text };
  return { kind: "string", value: text };
}

/**
 * The number that somebody who wrote this plain scalar surely meant although PyYAML reads a string (`1e-5`), or
 * undefined.
 */
export function intendedNumber(text: string): number | undefined {
  if (!/^[-+]?(?:\d|\.\d)/.test(text) || resolvePlain(text).kind !== "string") return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * How such a number is to be written, in the writer's own form: `1e-5` → `1.0e-5`, `1.0E5` → `1.0e+5`, `-.5` → `-0.5`.
 */
export function correctedNumber(text: string): string {
  const match = /^([-+]?)(\d*)(\.\d*)?(?:[eE]([-+]?)(\d+))?$/.exec(text);
  if (match === null) return formatNumber(Number(text));
  const [, sign = "", whole = "", fraction = ".0", exponentSign, exponent] = match;
  const mantissa = `${sign}${whole || "0"}${fraction === "." ? ".0" : fraction}`;
  return exponent === undefined ? mantissa : `${mantissa}e${exponentSign || "+"}${exponent}`;
}

/**
 * A number as PyYAML reads it back: `1e-7` → `1.0e-7`; with `asFloat` an integral number keeps a point: `1` → `1.0`.
 */
export function formatNumber(value: number | bigint, asFloat = false): string {
  if (typeof value === "bigint") return value.toString();
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value < 0 ? "-.inf" : ".inf";
  const small = value !== 0 && Math.abs(value) < 1e-4;
  // `String` rounds beyond 2^53: 2 ** 60 would end in 7000 instead of 6976.
  const isLarge = Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
  const text = small ? value.toExponential() : String(isLarge ? BigInt(value) : value);
  const exponent = text.indexOf("e");
  if (exponent >= 0) {
    const mantissa = text.slice(0, exponent);
    return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}${text.slice(exponent)}`;
  }
  if (text.includes(".")) return text;
  if (asFloat || Object.is(value, -0)) return Object.is(value, -0) ? "-0.0" : `${text}.0`;
  return Number.isSafeInteger(value) ? text : BigInt(value).toString();
}

const plainText = /^[\p{L}\p{N}_./~][\p{L}\p{N}_./~+\-=@^ ]*$/u;

/** True if the string may stand unquoted anywhere, also inside `[…]`, and PyYAML reads it back as this very string. */
export function isPlainSafe(text: string): boolean {
  return (
    plainText.test(text) &&
    /[\p{L}\p{N}_/]/u.test(text) &&
    !text.endsWith(" ") &&
    resolvePlain(text).kind === "string" &&
    intendedNumber(text) === undefined &&
    !needsEscape.test(text)
  );
}

// What PyYAML's reader refuses or takes for a line break, and what a quoted scalar would fold.
const needsEscape = /[\p{Cc}\p{Cs}\u2028\u2029\ufeff\ufffe\uffff]/u;
// The part of it that JSON leaves as it is.
const escaped = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/gu;

export function quoteDouble(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.replace(escaped, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

export type QuoteStyle = "plain" | "single" | "double";

/** A string in the wanted style if that style can hold it. */
export function formatString(text: string, style: QuoteStyle = "plain"): string {
  if (style === "plain" && isPlainSafe(text)) return text;
  if (style === "single" && !needsEscape.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return quoteDouble(text);
}

/**
 * Any scalar as text that PyYAML reads back as the same value. Booleans in Python's spelling, as MindFormers' own files
 * have them.
 */
export function formatScalar(value: ScalarValue, options: { style?: QuoteStyle; asFloat?: boolean } = {}): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" || typeof value === "bigint") return formatNumber(value, options.asFloat);
  if (value instanceof Date) return value.toISOString().replace("T", " ").replace("Z", " Z");
  return formatString(value, options.style);
}
