import { requireText } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import type { Region } from "../read/region.js";

/**
 * Reads a slice as Python writes it: `"[0:4, :8]"`, `"[3]"`, `"[..., -1]"`. Each part is `from:to` (either may be
 * missing; negative counts from the end) or one index, whose dimension is kept with length 1. Dimensions that are not
 * named are whole.
 * @throws LabError ARGUMENT_INVALID with the shape.
 */
export function parseSlice(text: string, shape: readonly number[]): Region {
  requireText(text, "tensor.values, slice", 'await tensor.values({ slice: "[0:4, :8]" })');
  const inner = text.trim().replace(/^\[/, "").replace(/\]$/, "").trim();
  const parts = inner === "" ? [] : inner.split(",").map((part) => part.trim());
  const dots = parts.indexOf("...");
  const missing = shape.length - (parts.length - (dots >= 0 ? 1 : 0));
  if (missing < 0) throw invalid(text, shape, `${parts.length} parts`);
  const whole = Array.from({ length: missing }, () => ":");
  const full = dots >= 0 ? [...parts.slice(0, dots), ...whole, ...parts.slice(dots + 1)] : [...parts, ...whole];
  const ranges = full.map((part, axis) => range(part, shape[axis] ?? 0) ?? part);
  const wrong = ranges.find((found) => typeof found === "string");
  if (wrong !== undefined) throw invalid(text, shape, JSON.stringify(wrong));
  const pairs = ranges as (readonly [number, number])[];
  return { begin: pairs.map(([from]) => from), end: pairs.map(([, to]) => to) };
}

function range(part: string, size: number): readonly [number, number] | undefined {
  const single = /^-?\d+$/.test(part);
  const match = single ? undefined : /^(-?\d+)?\s*:\s*(-?\d+)?$/.exec(part);
  if (single) {
    const at = fromEnd(Number(part), size);
    return at >= 0 && at < size ? [at, at + 1] : undefined;
  }
  if (!match) return undefined;
  const from = Math.min(size, Math.max(0, fromEnd(Number(match[1] ?? 0), size)));
  const to = match[2] === undefined ? size : Math.min(size, Math.max(from, fromEnd(Number(match[2]), size)));
  return [from, to];
}

function fromEnd(at: number, size: number): number {
  return at < 0 ? at + size : at;
}

function invalid(text: string, shape: readonly number[], found: string): LabError {
  const message =
    `slice ${JSON.stringify(text)}: ` +
    `expected indices or from:to for the shape [${shape.join(", ")}], found ${found}`;
  return new LabError("ARGUMENT_INVALID", message, { hint: 'write for example "[0:4, :8]"' });
}
