import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError, shownValue } from "../../core/error.js";

interface Expectation {
  /** Method and option: `merge: output`. */
  readonly name: string;
  readonly expected: string;
  readonly hint: string;
}

/** The error for an argument that can't be meant; code in a notebook may pass what the types forbid. */
export function invalidArgument(found: unknown, { name, expected, hint }: Expectation): LabError {
  return new LabError("ARGUMENT_INVALID", `${name}: expected ${expected}, found ${shownValue(found)}`, { hint });
}

/** @throws LabError ARGUMENT_INVALID unless it is undefined or a whole number from 1 on. */
export function requireCount(value: unknown, name: string, hint: string): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1)) return;
  throw invalidArgument(value, { name, expected: "a whole number from 1 on", hint });
}

/** @throws LabError ARGUMENT_INVALID unless it is a text with something in it that can be a path. */
export function requirePath(value: unknown, name: string, hint: string): asserts value is string {
  if (typeof value === "string" && value.trim() !== "" && !value.includes("\0")) return;
  throw invalidArgument(value, { name, expected: "the path of a file or folder", hint });
}

/**
 * The absolute path on this machine that a text means; `file://…` is one, too.
 * @throws LabError ARGUMENT_INVALID for an address of another kind, which would become an odd path.
 */
export function localPath(path: string, { name, hint }: Pick<Expectation, "name" | "hint">): string {
  if (path.startsWith("file://") && URL.canParse(path)) return fileURLToPath(path);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return resolve(path);
  throw invalidArgument(path, { name, expected: "a path on this machine", hint });
}
