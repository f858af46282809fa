import type { TensorEntry } from "../../formats/tensor-entry.js";
import type { PointPart } from "../read/points/saved-point.js";
import type { StoredPoint } from "../read/stored-point.js";

/**
 * Words for the tensors of a file that lie in byte ranges: `; tensors "a", "b" (from byte 4,096)`; empty if the header
 * can't be read.
 */
export async function tensorsInRanges(
  stored: StoredPoint,
  part: PointPart,
  ranges: readonly (readonly [start: number, end: number])[],
): Promise<string> {
  const header = part.header ?? (await stored.withFile(part, async (file) => file.header).catch(() => undefined));
  if (header === undefined) return "";
  const hit = header.tensors.filter((entry) => ranges.some((range) => overlaps(entry, range)));
  if (hit.length === 0) return ranges.length > 0 ? "; in the header" : "";
  const names = hit.slice(0, 5).map(({ name, start }) => `${JSON.stringify(name)} (from byte ${start})`);
  const more = hit.length > 5 ? ` and ${hit.length - 5} more` : "";
  return `; tensor${hit.length > 1 ? "s" : ""} ${names.join(", ")}${more}`;
}

function overlaps({ pieces, start, bytes }: TensorEntry, [from, to]: readonly [number, number]): boolean {
  return (pieces ?? [[start, bytes] as const]).some(([at, size]) => at < to && at + size > from);
}
