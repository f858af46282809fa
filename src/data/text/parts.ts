import { DataError } from "../../core/error.js";
import type { InputFile, InputFormat } from "./input/files.js";
import { textStream } from "./input/stream.js";
import type { EncodingPolicy } from "./input/utf8-repair.js";
import type { FileScan } from "./scan.js";
import type { WikitextPlace } from "./wikitext.js";
import { startOfText } from "./wikitext-pairs.js";

/**
 * A part of a text that one thread works on: one or more stretches, a stretch being the text from one cut to the
 * next.
 */
export interface TextPart {
  /** Number of its first stretch among those of all files, from 0, and how many it has. */
  readonly first: number;
  readonly stretches: number;
  readonly path: string;
  /** Where it begins in the (decompressed) text of its file, in bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly format: InputFormat;
  readonly place: WikitextPlace | undefined;
  /** False if bytes in this file are not UTF-8. */
  readonly valid: boolean;
}

const byteOrderMark = Buffer.from("\ufeff");

export interface PartsOptions {
  /** Stretches to leave out, from the beginning of the first file on. */
  readonly from: number;
  /** Most bytes of a part, unless a single stretch has more. */
  readonly partBytes: number;
  readonly key: string;
  readonly encodingErrors: EncodingPolicy;
}

/** The parts in their order. Throws INPUT_CHANGED if a file is not as long as it was. */
export async function* textParts(
  files: readonly InputFile[],
  scans: readonly FileScan[],
  { from, ...options }: PartsOptions,
): AsyncGenerator<TextPart> {
  let before = 0;
  for (const [i, file] of files.entries()) {
    const scan = scans[i] as FileScan;
    const count = scan.textBytes === 0 ? 0 : scan.cuts.length + 1;
    const skip = Math.max(0, from - before);
    if (skip < count) yield* partsOf(file, scan, { ...options, before, skip });
    before += count;
  }
}

interface Wanted extends Omit<PartsOptions, "from"> {
  /** Stretches of the files before. */
  readonly before: number;
  /** Stretches of this file to leave out. */
  readonly skip: number;
}

async function* partsOf(
  file: InputFile,
  scan: FileScan,
  { before, skip, partBytes, key, encodingErrors }: Wanted,
): AsyncGenerator<TextPart> {
  const starts = [{ offset: 0, state: startOfText }, ...scan.cuts];
  const { totals, textBytes } = scan;
  const startOf = (stretch: number) => starts[stretch]?.offset ?? textBytes;
  let first = skip;
  let end = endFrom(first);
  let bytes = new Uint8Array(startOf(end) - startOf(first));
  let filled = 0;

  function endFrom(stretch: number): number {
    let last = stretch + 1;
    while (last < starts.length && startOf(last + 1) - startOf(stretch) <= partBytes) last++;
    return last;
  }
  function part(): TextPart {
    const { offset, state } = starts[first] as (typeof starts)[number];
    const place = totals && state ? { state, totals } : undefined;
    const { path, format } = file;
    const numbers = { first: before + first, stretches: end - first };
    // A byte order mark begins a file and is no part of its text; elsewhere U+FEFF is a character.
    // MindFormers reads WikiText with the mark.
    const isMarked = format !== "wikitext" && offset === 0 && byteOrderMark.equals(bytes.subarray(0, 3));
    const mark = isMarked ? byteOrderMark.length : 0;
    return {
      ...{ ...numbers, path, offset: offset + mark, bytes: bytes.subarray(mark), format, place },
      valid: scan.valid,
    };
  }

  for await (const block of textStream(file, { skip: startOf(skip), key, encodingErrors })) {
    for (let at = 0; at < block.length; ) {
      if (first >= starts.length) throw changed(file, textBytes, "more");
      const count = Math.min(block.length - at, bytes.length - filled);
      bytes.set(block.subarray(at, at + count), filled);
      filled += count;
      at += count;
      if (filled < bytes.length) continue;
      yield part();
      first = end;
      end = endFrom(first);
      bytes = new Uint8Array(startOf(end) - startOf(first));
      filled = 0;
    }
  }
  if (first < starts.length) throw changed(file, textBytes, "fewer");
}

function changed({ path }: InputFile, expected: number, found: string): DataError {
  return new DataError(
    "INPUT_CHANGED",
    `input ${path}: expected the ${expected} bytes of text of the first reading, found ${found}`,
    {
      hint: "wait until the file is complete and run the cell again",
      details: { path, expected },
    },
  );
}
