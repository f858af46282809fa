import { pythonDate } from "./dates.js";
import type { ScalarNode } from "./nodes.js";

/** Keys of a mapping by what Python takes for equal: 1, 1.0, and True are one key. */
export function keyIdentity({ resolved: { value, text }, unusable }: ScalarNode): unknown {
  if (typeof value === "string") return `${unusable ?? "text"} ${value}`;
  if (value instanceof Date) return pythonDate(text ?? "")?.identity;
  return typeof value === "boolean" ? Number(value) : typeof value === "bigint" ? `${value}` : value;
}

/** Keys that PyYAML doesn't read as text are named as Python prints them. */
export function keyName({ resolved, unusable }: ScalarNode): string {
  const { value, text } = resolved;
  if (typeof value === "string") return unusable === undefined ? value : `${unusable} ${value}`;
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof Date) return pythonDate(text ?? "")?.name ?? "";
  return resolved.kind === "float" ? pythonFloat(Number(value)) : String(value);
}

/** A float as Python prints it: `1e-05`, `1e+16`, `2.0`, `inf`. */
function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "inf").replace("NaN", "nan");
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= 16 || (power < -4 && value !== 0))
    return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const text = Number.isInteger(value) ? BigInt(value).toString() : String(value);
  return Number.isInteger(value) ? `${Object.is(value, -0) ? "-0" : text}.0` : text;
}
