import { freeSpace } from "../../core/files.js";
import { formatBytes, formatCount } from "../../core/units.js";
import { tokenBytes } from "../../formats/megatron.js";
import { diskTooSmall } from "./errors.js";

export interface SpaceFacts {
  readonly mode: "stitch" | "pad" | "documents";
  readonly dtype: "int32" | "uint16";
  /** Tokens per sequence. */
  readonly length: number;
  /** Columns of MindRecord rows, which are written besides the tokens; 0 for Megatron. */
  readonly columns: number;
  /** Of a sample: tokens, texts, bytes of input. */
  readonly tokens: number;
  readonly texts: number;
  readonly sampleBytes: number;
  /** Of the whole input. */
  readonly textBytes: number;
  /** Bytes of the dataset that are on the disk already. */
  readonly written: number;
}

/** Bytes that the files of the dataset will take, and how that was computed. */
export function estimateSpace(facts: SpaceFacts): { readonly bytes: number; readonly estimate: string } {
  const { mode, dtype, length, columns, texts, sampleBytes, textBytes } = facts;
  const times = textBytes / sampleBytes;
  const allTexts = Math.ceil(texts * times);
  const tokens = mode === "pad" ? allTexts * length : Math.ceil(facts.tokens * times);
  const sequences = mode === "stitch" ? Math.ceil(tokens / length) : allTexts;
  // The index has 20 bytes per sequence; in mode "documents" lengths and counts are noted beside the tokens until it
  // is written.
  const index = sequences * (mode === "documents" ? 28 : 20);
  const rows = columns * tokens * 4;
  const also = columns > 0 ? ` + ${formatBytes(rows)} of rows` : "";
  const estimate =
    `about ${formatCount(tokens)} tokens × ${tokenBytes(dtype)} bytes + ${formatBytes(index)} of index${also}, ` +
    `as the first ${formatBytes(sampleBytes)} suggest`;
  return { bytes: tokens * tokenBytes(dtype) + index + rows, estimate };
}

/** Throws DISK_TOO_SMALL if the dataset can't fit. */
export async function requireSpace(folder: string, facts: SpaceFacts): Promise<void> {
  const { bytes, estimate } = estimateSpace(facts);
  const free = await freeSpace(folder);
  const need = bytes - facts.written;
  if (need > free) throw diskTooSmall(folder, need, { free, estimate });
}
