// Checks of arguments of public calls: the compiler can't check a value of type `any`.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "./error.js";

/** An argument of a public call: what the call expects, what it got, and a line that is right. */
export interface Argument {
  /** The call and the name of its argument: `"run.wait, timeout"`. */
  readonly call: string;
  readonly expected: string;
  readonly found: unknown;
  readonly example: string;
}

/** A value of an argument in the words of a message: short texts and numbers as they are, else the kind. */
export function shownValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  if (Array.isArray(value)) return "a list";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** The error for an argument that can't be meant. */
export function invalidArgument({ call, expected, found, example }: Argument): LabError {
  return new LabError("ARGUMENT_INVALID", `${call}: expected ${expected}, found ${shownValue(found)}`, {
    hint: `write for example ${example}`,
  });
}

/** @throws LabError ARGUMENT_INVALID unless the argument is right. */
export function requireArgument(isRight: boolean, argument: Argument): void {
  if (!isRight) throw invalidArgument(argument);
}

/** True for an object, no list, that has these methods or properties. */
export function hasAll(value: unknown, ...names: readonly string[]): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && names.every((name) => name in value);
}

/** True for a whole number from `from` on. */
export function isWhole(value: unknown, from: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= from;
}

/** @throws LabError ARGUMENT_INVALID unless it is a list or omitted. */
export function requireList(value: unknown, call: string, example: string): void {
  const isRight = value === undefined || Array.isArray(value);
  requireArgument(isRight, { call, expected: "a list", found: value, example });
}

/** @throws LabError ARGUMENT_INVALID unless it is a text. */
export function requireText(value: unknown, call: string, example: string): asserts value is string {
  requireArgument(typeof value === "string", { call, expected: "a text", found: value, example });
}

/** @throws LabError ARGUMENT_INVALID unless it is an object, no list. */
export function requireObject(value: unknown, call: string, example: string): asserts value is object {
  requireArgument(hasAll(value), { call, expected: "an object", found: value, example });
}

/** @throws LabError ARGUMENT_INVALID unless it is a whole number from `from` on. */
export function requireWhole(value: unknown, from: number, about: Pick<Argument, "call" | "example">): void {
  requireArgument(isWhole(value, from), { ...about, expected: `a whole number from ${from} on`, found: value });
}

/** @throws LabError ARGUMENT_INVALID unless it is undefined or a whole number from 1 on. */
export function requireCount(value: unknown, call: string, example: string): void {
  if (value !== undefined) requireWhole(value, 1, { call, example });
}

/** @throws LabError ARGUMENT_INVALID unless it is a text with something in it that can be a path. */
export function requirePath(value: unknown, call: string, example: string): asserts value is string {
  const isRight = typeof value === "string" && value.trim() !== "" && !value.includes("\0");
  requireArgument(isRight, { call, expected: "the path of a file or folder", found: value, example });
}

/**
 * The absolute path on this machine that a text means; `file://…` is one, too.
 * @throws LabError ARGUMENT_INVALID for an address of another kind, which would become an odd path.
 */
export function localPath(path: string, call: string, example: string): string {
  if (path.startsWith("file://") && URL.canParse(path)) return fileURLToPath(path);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return resolve(path);
  throw invalidArgument({ call, expected: "a path on this machine", found: path, example });
}
