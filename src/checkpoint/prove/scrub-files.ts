import { stat } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { FileBytes } from "../../core/bytes.js";
import { throwIfCancelled } from "../../core/cancel.js";
import { blockDigits, type Seal, type SealedFile } from "./seal-format.js";

/** A file that no longer equals its seal. */
export interface SealBreak {
  /** Path from the sealed folder. */
  readonly path: string;
  readonly kind: "missing" | "size" | "changed" | "unreadable";
  readonly message: string;
  /** Byte ranges whose checksum differs, joined where they touch; empty for a missing file. */
  readonly ranges: readonly (readonly [start: number, end: number])[];
}

export interface ScrubRequest {
  readonly folder: string;
  readonly seal: Seal;
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads every sealed file again and returns what differs from the seal; an empty list proves that every byte is the
 * sealed one.
 */
export async function scrubFiles(request: ScrubRequest): Promise<SealBreak[]> {
  const breaks: SealBreak[] = [];
  let before = 0;
  for (const file of request.seal.files) {
    const found = await scrubFile(request, file, before);
    if (found) breaks.push(found);
    before += file.bytes;
  }
  return breaks;
}

async function scrubFile(request: ScrubRequest, file: SealedFile, before: number): Promise<SealBreak | undefined> {
  const path = join(request.folder, file.path);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) {
    return { path: file.path, kind: "missing", message: "expected the sealed file, found nothing", ranges: [] };
  }
  try {
    const ranges = await changedRanges(request, file, before);
    if (found.size !== file.bytes) {
      const message = `expected ${file.bytes} bytes as sealed, found ${found.size}`;
      return { path: file.path, kind: "size", message, ranges: [...ranges, sizeRange(file.bytes, found.size)] };
    }
    if (ranges.length === 0) return undefined;
    const places = ranges.slice(0, 5).map(([start, end]) => `${start} to ${end}`);
    const message = `expected the sealed bytes, found other ones in bytes ${places.join(", ")}`;
    return { path: file.path, kind: "changed", message, ranges };
  } catch (error) {
    throwIfCancelled(request.signal, "scrubbing the checkpoint");
    const message = error instanceof Error ? error.message : String(error);
    return { path: file.path, kind: "unreadable", message, ranges: [] };
  }
}

function sizeRange(sealed: number, found: number): readonly [number, number] {
  return [Math.min(sealed, found), Math.max(sealed, found)];
}

async function changedRanges(
  { folder, seal, onProgress, signal }: ScrubRequest,
  file: SealedFile,
  before: number,
): Promise<(readonly [number, number])[]> {
  const source = await FileBytes.open(join(folder, file.path), "checkpoint file");
  const ranges: [number, number][] = [];
  const whole = Math.min(source.byteLength, file.bytes);
  try {
    for (let start = 0; start < whole; start += seal.blockBytes) {
      throwIfCancelled(signal, "scrubbing the checkpoint");
      const end = Math.min(file.bytes, start + seal.blockBytes);
      if (end > whole) break;
      const digit = (8 * start) / seal.blockBytes;
      const differs = blockDigits(crc32(await source.slice(start, end))) !== file.blocks.slice(digit, digit + 8);
      const last = ranges.at(-1);
      if (differs && last?.[1] === start) last[1] = end;
      else if (differs) ranges.push([start, end]);
      onProgress?.(before + end);
    }
    return ranges;
  } finally {
    await source.close();
  }
}
