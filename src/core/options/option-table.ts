// Options that are objects inside of options: the compiler can't check what a script or a file passes.
import { hasAll, isWhole, shownValue } from "../arguments.js";
import { LabError } from "../error.js";
import { fewestBytes, formatDuration, parseBytes, parseDuration } from "../units.js";
import { suggestName } from "./option-names.js";

/** What an option may be, in words and as a check, with a value that is right. */
export interface OptionKind {
  readonly expected: string;
  readonly example: string;
  /** What was probably meant by a value that is not right. */
  readonly meant?: (value: unknown) => string | undefined;
  readonly isRight: (value: unknown) => boolean;
}

/** Every option by its name. */
export type OptionTable<Options> = Readonly<Record<keyof Options & string, OptionKind>>;

/** How messages name the options, and the code of their errors. */
export interface OptionPlace {
  /** Such as `cluster.slurm`. */
  readonly name: string;
  readonly code: "ARGUMENT_INVALID" | "CLUSTER_INVALID";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && !value.includes("\0");
}

function isNumber(value: unknown, low: number, high: number): boolean {
  return typeof value === "number" && value >= low && value <= high;
}

/** Whether it is a list, not a sparse one, whose entries are all right. */
function isListOf(value: unknown, isRight: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && Array.from(value).every(isRight);
}

/** A text with something in it. */
export function text(example: string, expected = "a text"): OptionKind {
  return { expected, example: JSON.stringify(example), isRight: isText };
}

function isLine(value: unknown): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line end or a null byte would end the word in a script
  return isText(value) && !/[\u0000-\u001f\u007f]/.test(value);
}

/** A text without line ends, for a word of a command or a line of a script. */
export function line(example: string, expected = "a text of one line"): OptionKind {
  return { expected, example: JSON.stringify(example), isRight: isLine };
}

/** A list of texts without line ends; an empty list is one. */
export function lines(...example: readonly string[]): OptionKind {
  const isRight = (value: unknown) => isListOf(value, isLine);
  return { expected: "a list of texts of one line", example: JSON.stringify(example), isRight };
}

/** A list of texts; an empty list is one. */
export function texts(...example: readonly string[]): OptionKind {
  return { expected: "a list of texts", example: JSON.stringify(example), isRight: (value) => isListOf(value, isText) };
}

/** A whole number in a range. */
export function whole(low: number, high: number, example: number): OptionKind {
  const expected =
    high === Number.MAX_SAFE_INTEGER ? `a whole number from ${low} on` : `a whole number from ${low} to ${high}`;
  return { expected, example: String(example), isRight: (value) => isWhole(value, low) && (value as number) <= high };
}

/** A number in a range, both ends included. */
export function number(low: number, high: number, example: number): OptionKind {
  const expected = `a number from ${low} to ${high}`;
  return { expected, example: String(example), isRight: (value) => isNumber(value, low, high) };
}

/** A finite number above 0. */
export function above0(example: number): OptionKind {
  const isRight = (value: unknown) => isNumber(value, Number.MIN_VALUE, Number.MAX_VALUE);
  return { expected: "a number above 0", example: String(example), isRight };
}

/** True if it can be read, and is a finite number from `least` on. */
function isQuantity(value: unknown, read: (value: string | number) => number, least: number): boolean {
  if (typeof value !== "string" && typeof value !== "number") return false;
  try {
    return isNumber(read(value), least, Number.MAX_VALUE);
  } catch {
    return false;
  }
}

/** A duration such as `"10m"`, or milliseconds; at least `leastMs`. */
export function duration(example: string, leastMs = 0): OptionKind {
  const isRight = (value: unknown) => isQuantity(value, parseDuration, leastMs);
  const least = leastMs === 0 ? "" : ` of ${formatDuration(leastMs)} or more`;
  return { expected: `a duration${least} with a unit (ms, s, m, h, d)`, example: JSON.stringify(example), isRight };
}

/** A size above 0 such as `"64GB"`, or bytes from 1 MB on. */
export function size(example: string): OptionKind {
  const isRight = (value: unknown) => isQuantity(value, parseBytes, Number.MIN_VALUE);
  const meant = (value: unknown) => (isNumber(value, Number.MIN_VALUE, fewestBytes) ? `"${value}GB"` : undefined);
  const expected = "a size above 0 with a unit (B, KB, MB, GB, TB), or bytes from 1 MB on";
  return { expected, example: JSON.stringify(example), meant, isRight };
}

/** True or false. */
export const flag: OptionKind = {
  ...{ expected: "true or false", example: "true" },
  isRight: (value) => typeof value === "boolean",
};

/** A value that is checked where it is used. */
export const unchecked: OptionKind = { expected: "a value", example: "…", isRight: () => true };

/** One of a few texts. */
export function oneOf(...values: readonly string[]): OptionKind {
  const quoted = values.map((value) => JSON.stringify(value));
  const expected = quoted.length < 3 ? quoted.join(" or ") : `${quoted.slice(0, -1).join(", ")}, or ${quoted.at(-1)}`;
  return { expected, example: quoted[0] as string, isRight: (value) => values.includes(value as string) };
}

/** Either kind. */
export function either(one: OptionKind, other: OptionKind): OptionKind {
  const expected = `${one.expected} or ${other.expected}`;
  return { ...one, expected, isRight: (value) => one.isRight(value) || other.isRight(value) };
}

/** An object, no list, whose own options are checked elsewhere. */
export function section(example: string): OptionKind {
  return { expected: "an object", example, isRight: (value) => hasAll(value) };
}

function found(value: unknown): string {
  return typeof value === "object" && Array.isArray(value) && value.length > 0
    ? `a list that begins with ${shownValue(value[0])}`
    : shownValue(value);
}

function fault(place: OptionPlace, message: string, hint: string): LabError {
  return new LabError(place.code, message, { hint });
}

/** Reads a property once; a getter that throws is an error with a code. */
function readOnce(given: object, option: string, place: OptionPlace): unknown {
  try {
    return (given as Readonly<Record<string, unknown>>)[option];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : shownValue(cause);
    const message = `${place.name}.${option}: expected a value, found a property that throws: ${why}`;
    throw new LabError(place.code, message, { hint: "pass a plain object, such as { ...options }", cause });
  }
}

/**
 * A plain copy of the options, each read once; undefined ones are left out.
 * @throws LabError with the code of `place` for no object, an option that there is none of, or a value of another kind.
 */
export function readOptions<Options extends object>(
  given: unknown,
  table: OptionTable<Options>,
  place: OptionPlace,
): Options {
  const names = Object.keys(table);
  const kinds: Readonly<Record<string, OptionKind>> = table;
  const first = names[0] as string;
  if (!hasAll(given)) {
    const example = `{ ${first}: ${kinds[first]?.example} }`;
    throw fault(place, `${place.name}: expected an object, found ${found(given)}`, `write for example ${example}`);
  }
  const read: Record<string, unknown> = {};
  for (const option of Object.keys(given)) {
    const kind = Object.hasOwn(kinds, option) ? kinds[option] : undefined;
    if (kind === undefined) {
      const near = suggestName(option, names);
      const hint = near === undefined ? `the options are ${names.join(", ")}` : `did you mean ${near}?`;
      throw fault(place, `${place.name}: unknown option ${option}, expected ${names.join(", ")}`, hint);
    }
    const value = readOnce(given, option, place);
    if (value === undefined) continue;
    if (!kind.isRight(value)) {
      const message = `${place.name}.${option}: expected ${kind.expected}, found ${found(value)}`;
      const meant = kind.meant?.(value);
      const line = `${option}: ${meant ?? kind.example}`;
      throw fault(place, message, meant === undefined ? `write for example ${line}` : `write ${line}`);
    }
    read[option] = value;
  }
  return read as Options;
}
