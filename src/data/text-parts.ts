import { DataError } from "../core/error.js";
import type { InputFile, InputFormat } from "./input-files.js";
import type { FileScan } from "./input-scan.js";
import { textStream } from "./input-stream.js";
import type { WikitextPlace } from "./wikitext.js";
import { startOfText } from "./wikitext-pairs.js";

/** A part of a text that one thread works on. */
export interface TextPart {
  /** Position among all parts of all files, from 0. */
  readonly index: number;
  readonly path: string;
  /** Where it begins in the (decompressed) text of its file, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: InputFormat;
  readonly place: WikitextPlace | undefined;
  /** False if bytes in this file are not UTF-8. */
  readonly valid: boolean;
}

/** Parts in all files together. */
export function countParts(scans: readonly FileScan[]): number {
  return scans.reduce((sum, { cuts, textBytes }) => sum + (textBytes === 0 ? 0 : cuts.length + 1), 0);
}

/** The parts in their order, from number `from` on. Throws INPUT_CHANGED if a file is not as long as it was. */
export async function* textParts(
  files: readonly InputFile[],
  scans: readonly FileScan[],
  { from, key }: { readonly from: number; readonly key: string },
): AsyncGenerator<TextPart> {
  let first = 0;
  for (const [i, file] of files.entries()) {
    const scan = scans[i] as FileScan;
    const count = countParts([scan]);
    if (count > 0 && from < first + count) yield* partsOf(file, scan, { first, skip: Math.max(0, from - first), key });
    first += count;
  }
}

interface Wanted {
  readonly first: number;
  readonly skip: number;
  readonly key: string;
}

async function* partsOf(file: InputFile, scan: FileScan, { first, skip, key }: Wanted): AsyncGenerator<TextPart> {
  const starts = [{ offset: 0, state: startOfText }, ...scan.cuts];
  const { totals, textBytes } = scan;
  let number = skip;
  let bytes = roomFor(number);
  let filled = 0;

  function roomFor(i: number): Uint8Array<ArrayBuffer> {
    const start = starts[i]?.offset ?? textBytes;
    return new Uint8Array((starts[i + 1]?.offset ?? textBytes) - start);
  }
  function part(): TextPart {
    const { offset, state } = starts[number] as (typeof starts)[number];
    const place = totals && state ? { state, totals } : undefined;
    return { index: first + number, path: file.path, offset, bytes, format: file.format, place, valid: scan.valid };
  }

  for await (const block of textStream(file, { skip: starts[skip]?.offset ?? 0, key })) {
    for (let at = 0; at < block.length; ) {
      if (number >= starts.length) throw changed(file, textBytes, "more");
      const count = Math.min(block.length - at, bytes.length - filled);
      bytes.set(block.subarray(at, at + count), filled);
      filled += count;
      at += count;
      if (filled < bytes.length) continue;
      yield part();
      number++;
      bytes = roomFor(number);
      filled = 0;
    }
  }
  if (number < starts.length) throw changed(file, textBytes, "fewer");
}

function changed({ path }: InputFile, expected: number, found: string): DataError {
  return new DataError(
    "INPUT_CHANGED",
    `input ${path}: held ${expected} bytes of text when it was read first, now ${found}`,
    {
      hint: "wait until the file is complete and run the cell again",
      details: { path, expected },
    },
  );
}
