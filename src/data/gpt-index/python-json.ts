import { pythonFloat } from "./python-numbers.js";

/** A float of Python's, which keeps its point: `1.0`. Plain numbers are integers. */
export class PythonFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export type PythonValue = null | string | number | PythonFloat | readonly PythonValue[] | PythonObject;

export interface PythonObject {
  readonly [key: string]: PythonValue;
}

/**
 * `json.dumps(value, indent=4)` to the letter: non-ASCII escaped, floats as `repr` writes them, empty lists on one
 * line.
 */
export function pythonJson(value: PythonValue, indent = ""): string {
  if (value === null) return "null";
  if (typeof value === "string") return pythonString(value);
  if (typeof value === "number") return String(value);
  if (value instanceof PythonFloat) return pythonFloat(value.value);
  const inner = `${indent}    `;
  if (isList(value))
    return wrapped(
      "[",
      value.map((item) => inner + pythonJson(item, inner)),
      `${indent}]`,
    );
  const entries = Object.entries(value as PythonObject);
  const lines = entries.map(([key, item]) => `${inner}${pythonString(key)}: ${pythonJson(item, inner)}`);
  return wrapped("{", lines, `${indent}}`);
}

function isList(value: readonly PythonValue[] | PythonObject): value is readonly PythonValue[] {
  return Array.isArray(value);
}

function wrapped(open: string, lines: readonly string[], close: string): string {
  return lines.length === 0 ? open + close.trimStart() : `${open}\n${lines.join(",\n")}\n${close}`;
}

function pythonString(text: string): string {
  const code = (character: string) => character.charCodeAt(0).toString(16).padStart(4, "0");
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (character) => `\\u${code(character)}`);
}
