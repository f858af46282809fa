import { createHash } from "node:crypto";
import { throwIfCancelled } from "../../core/cancel.js";
import { DataError } from "../../core/error.js";
import { type CutFinder, LineCuts, SeparatorCuts, type TextCut, WikitextCuts } from "./cuts.js";
import type { InputFile } from "./input/files.js";
import { looksBinary, otherThanText } from "./input/other-content.js";
import { textStream } from "./input/stream.js";
import { Utf8Check } from "./input/utf8-check.js";
import type { EncodingPolicy } from "./input/utf8-repair.js";

/** What the first reading of a file tells. */
export interface FileScan {
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
  /** Of the file as it lies on the disk; hexadecimal. */
  readonly sha256: string;
  /** Bytes of text, decompressed. */
  readonly textBytes: number;
  /** Where it may be cut: beginnings of all stretches after the first. */
  readonly cuts: readonly TextCut[];
  readonly totals: readonly number[] | undefined;
  readonly valid: boolean;
}

export interface ScanOptions {
  readonly encodingErrors: EncodingPolicy;
  readonly separator: string;
  /** Bytes of text from one cut to the next, at least. */
  readonly stretchBytes: number;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
  /** What an interrupted reading of the file has found. */
  readonly known?: ScanFindings;
  /** Keeps what was found since the last call. */
  readonly keep?: (found: ScanFindings) => Promise<void>;
}

/** Cuts, and the first byte before the last cut that is not UTF-8. */
export interface ScanFindings {
  readonly cuts: readonly TextCut[];
  readonly firstBad?: number | undefined;
}

/** Stretches after which findings are kept: 8 MiB of text, read in a twentieth of a second. */
export const stretchesKept = 64;

/** Largest stretch: text is worked on in memory, and a string has at most 2^29 characters. */
const largestStretch = 256 * 1024 * 1024;

/**
 * Reads a file for the first time: fingerprint, encoding, where to cut it. Constant memory. After an interruption it
 * goes on from the last cut that was kept; what is before is only read for the fingerprint.
 */
export async function scanFile(file: InputFile, options: ScanOptions): Promise<FileScan> {
  const hash = createHash("sha256");
  const { known = { cuts: [] }, keep } = options;
  const from = known.cuts.at(-1)?.offset ?? 0;
  const check = new Utf8Check(from, known.firstBad);
  const finder = finderFor(file, options, known.cuts);
  let kept = known.cuts.length;
  let textBytes = 0;
  const raw = (block: Buffer) => {
    hash.update(block);
    options.onBytes?.(block.length);
  };
  for await (const read of textStream(file, { onRaw: raw, key: options.key, encodingErrors: options.encodingErrors })) {
    throwIfCancelled(options.signal, "prepareData");
    if (textBytes === 0) refuseOther(file, read);
    const block = read.subarray(Math.min(read.length, Math.max(0, from - textBytes)));
    textBytes += read.length;
    if (block.length === 0) continue;
    const start = textBytes - block.length;
    check.push(block);
    refuseBad(file, check, { ...options, around: (offset) => around(block, offset - start) });
    finder.push(block);
    const stretch = textBytes - (finder.cuts.at(-1)?.offset ?? 0);
    if (stretch > largestStretch) throw tooLong(file, finder.cuts.at(-1)?.offset ?? 0);
    if (keep && finder.cuts.length >= kept + stretchesKept) {
      await keep(findingsOf(finder, check, kept));
      kept = finder.cuts.length;
    }
  }
  check.finish();
  refuseBad(file, check, { ...options, around: () => Buffer.alloc(0) });
  const cuts = finder.cuts.filter(({ offset }) => offset < textBytes);
  const { path, bytes, modified } = file;
  const valid = check.firstBad === undefined;
  return { path, bytes, modified, sha256: hash.digest("hex"), textBytes, cuts, totals: finder.totals, valid };
}

function findingsOf({ cuts }: CutFinder, { firstBad }: Utf8Check, first: number): ScanFindings {
  const found = cuts.slice(first);
  return {
    cuts: found,
    firstBad: firstBad !== undefined && firstBad < (found.at(-1)?.offset ?? 0) ? firstBad : undefined,
  };
}

function finderFor(
  { format }: InputFile,
  { separator, stretchBytes }: ScanOptions,
  known: readonly TextCut[],
): CutFinder {
  if (format === "wikitext") return new WikitextCuts(stretchBytes, known);
  if (format === "text") return new SeparatorCuts(separator, stretchBytes, known);
  return new LineCuts(stretchBytes, known);
}

/** Up to 1 KiB on each side of a place. */
function around(block: Buffer, at: number): Buffer {
  return block.subarray(Math.max(0, at - 1024), Math.max(0, at + 1024));
}

interface BadOptions extends ScanOptions {
  /** The bytes around an offset of the text. */
  readonly around: (offset: number) => Buffer;
}

function refuseBad({ path, compression }: InputFile, { firstBad }: Utf8Check, options: BadOptions): void {
  if (firstBad === undefined || options.encodingErrors !== "error") return;
  const replace = looksBinary(options.around(firstBad))
    ? "or exclude the file: the bytes there are not text in any encoding"
    : 'or pass encodingErrors: "replace"';
  const where = compression ? `offset ${firstBad} of the decompressed text` : `offset ${firstBad}`;
  const read = compression ? unpackers[compression] : "cat";
  throw new DataError("INPUT_NOT_UTF8", `input ${path}: expected UTF-8 text, found another byte sequence at ${where}`, {
    hint: `look at it with: ${read} ${JSON.stringify(path)} | tail -c +${firstBad + 1} | head -c 16 | xxd; ${replace}`,
    details: { path, offset: firstBad },
  });
}

const unpackers = { gz: "zcat", zst: "zstdcat" } as const;

/** Refuses what a file's first bytes say that it is instead of text. `first`: its beginning, decompressed. */
function refuseOther({ path, compression }: InputFile, first: Buffer): void {
  const other = otherThanText(first);
  if (!other) return;
  throw new DataError("INPUT_NOT_UTF8", `input ${path}: expected UTF-8 text, found ${other.what} at offset 0`, {
    hint: other.hint(JSON.stringify(path), compression && unpackers[compression]),
    details: { path, offset: 0 },
  });
}

function tooLong({ path }: InputFile, offset: number): DataError {
  return new DataError(
    "INPUT_DOCUMENT_TOO_LONG",
    `input ${path}: ` +
      `expected documents of at most ${largestStretch} bytes, found a longer one at or after offset ${offset}`,
    {
      hint: 'choose how the documents are separated, for example inputFormat: "lines"',
      details: { path, offset, limit: largestStretch },
    },
  );
}
