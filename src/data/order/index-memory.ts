import { freemem, totalmem } from "node:os";
import { MachineError } from "../../core/error.js";
import { formatBytes, formatCount } from "../../core/units.js";
import type { PartSize } from "../gpt-index/part-size.js";

/**
 * Bytes that `openDataOrder` needs for the indices of a part: 12 per entry and sample while it builds, 6 per sample
 * of a blend.
 */
export function ourIndexBytes({ entries, samples, blend }: PartSize): number {
  return 12 * (entries + samples) + 6 * blend;
}

/**
 * Bytes that each process of the engine needs: 20 per entry and sample (numpy's 64-bit numbers), 10 per sample of a
 * blend.
 */
export function engineIndexBytes({ entries, samples, blend }: PartSize): number {
  return 20 * (entries + samples) + 10 * blend;
}

/** The arithmetic of both. */
export function indexSum({ entries, samples, blend }: PartSize): string {
  const mixed = blend > 0 ? `, a blend of ${formatCount(blend)}` : "";
  return `${formatCount(entries)} entries of sequences × epochs, ${formatCount(samples)} samples${mixed}`;
}

/** Linux counts memory that caches hold as free; other systems don't. */
const freeBytes = (): number => (process.platform === "linux" ? freemem() : totalmem());

/** Throws MEMORY_TOO_SMALL before an index is built that does not fit into the free memory. */
export function requireMemory(size: PartSize, free = freeBytes()): void {
  const bytes = ourIndexBytes(size);
  if (bytes <= free) return;
  throw new MachineError(
    "MEMORY_TOO_SMALL",
    `the indices need ${formatBytes(bytes)} (${indexSum(size)}), ${formatBytes(free)} are free`,
    { hint: "ask for fewer samples, or use a machine with more memory", details: { bytes, free } },
  );
}
