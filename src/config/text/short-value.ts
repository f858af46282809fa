import { formatNumber } from "./scalars.js";

/** A value on one line, as short text for tables and messages; booleans as MindFormers' files write them. */
export function shortValue(value: unknown, limit = 60): string {
  if (value === undefined) return "";
  if (typeof value === "number" || typeof value === "bigint") return formatNumber(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  const plain = (_key: string, item: unknown): unknown =>
    typeof item === "bigint" || (typeof item === "number" && !Number.isFinite(item)) ? String(item) : item;
  const text = typeof value === "string" ? value : (JSON.stringify(value, plain) ?? "");
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}
