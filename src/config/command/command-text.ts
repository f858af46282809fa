import { follow, type ScalarNode, type YamlNode } from "../text/nodes.js";
import { pairsOf } from "../text/values.js";

/** A value as one word of the command line, or why there is none. */
export type CommandText = { readonly text: string } | { readonly refused: string };

/** JSON as Python reads it, without `=`, at which run_mindformer.py would cut the word. */
function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll("=", "\\u003d");
}

function jsonScalar({ resolved }: ScalarNode): string {
  const { kind, value } = resolved;
  if (kind === "date") throw new RangeError("dates can't be written on the command line");
  if (typeof value === "string") return jsonString(value);
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  const text = Object.is(value, -0) ? "-0" : String(value);
  return kind === "float" && !/[.e]/.test(text) ? `${text}.0` : text;
}

/** A list or section as JSON; throws RangeError for dates. */
export function jsonOf(node: YamlNode): string {
  const at = follow(node);
  if (at.kind === "scalar") return jsonScalar(at);
  if (at.kind === "sequence") return `[${at.items.map(jsonOf).join(", ")}]`;
  return `{${pairsOf(at)
    .map(([key, value]) => `${jsonString(key)}: ${jsonOf(value)}`)
    .join(", ")}}`;
}

/** Text that MindFormers' parse_value leaves as it is: nothing that Python reads as a number, a truth value or JSON. */
function staysText(text: string): boolean {
  return !/^[\s\-+.\p{Nd}"[{]|\s$|[=\p{Cc}]/u.test(text) && !/^(?:inf|infinity|nan|true|false|null)$/i.test(text);
}

/**
 * The word after `--a.b` from which MindFormers' `parse_value` makes this very value: it tries whole number, number,
 * True or False, JSON, and keeps the rest as text. `1.0` fails there (Python's int("1.0")), and so does what is too
 * large.
 */
export function freeText(node: ScalarNode): CommandText {
  const { kind, value } = node.resolved;
  if (kind === "null") return { text: "null" };
  if (kind === "date") return { refused: "dates can't be written on the command line" };
  if (typeof value === "boolean") return { text: value ? "True" : "False" };
  if (typeof value === "string") return { text: staysText(value) ? value : value === "" ? "" : jsonString(value) };
  if (typeof value !== "number") return { text: String(value) };
  if (Number.isNaN(value)) return { text: "nan" };
  if (!Number.isFinite(value)) return { refused: "MindFormers fails at infinite numbers on the command line" };
  if (kind === "float" && Number.isInteger(value))
    return { refused: `MindFormers fails at ${value}.0 on the command line, and ${value} would be a whole number` };
  return { text: String(value) };
}
