import { createHash } from "node:crypto";
import { throwIfCancelled } from "../core/cancel.js";
import { DataError } from "../core/error.js";
import type { InputFile } from "./input-files.js";
import { textStream } from "./input-stream.js";
import { type CutFinder, LineCuts, SeparatorCuts, type TextCut, WikitextCuts } from "./text-cuts.js";
import { Utf8Check } from "./utf8-check.js";
import type { EncodingPolicy } from "./utf8-repair.js";

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
}

/** Largest stretch: text is worked on in memory, and a string has at most 2^29 characters. */
const largestStretch = 256 * 1024 * 1024;

/** Reads a file for the first time: fingerprint, encoding, where to cut it. Constant memory. */
export async function scanFile(file: InputFile, options: ScanOptions): Promise<FileScan> {
  const hash = createHash("sha256");
  const check = new Utf8Check();
  const finder = finderFor(file, options);
  let textBytes = 0;
  const raw = (block: Buffer) => {
    hash.update(block);
    options.onBytes?.(block.length);
  };
  for await (const block of textStream(file, { onRaw: raw, key: options.key })) {
    throwIfCancelled(options.signal, "prepareData");
    check.push(block);
    refuseBad(file, check, options);
    finder.push(block);
    textBytes += block.length;
    const stretch = textBytes - (finder.cuts.at(-1)?.offset ?? 0);
    if (stretch > largestStretch) throw tooLong(file, finder.cuts.at(-1)?.offset ?? 0);
  }
  check.finish();
  refuseBad(file, check, options);
  const cuts = finder.cuts.filter(({ offset }) => offset < textBytes);
  const { path, bytes, modified } = file;
  const valid = check.firstBad === undefined;
  return { path, bytes, modified, sha256: hash.digest("hex"), textBytes, cuts, totals: finder.totals, valid };
}

function finderFor({ format }: InputFile, { separator, stretchBytes }: ScanOptions): CutFinder {
  if (format === "wikitext") return new WikitextCuts(stretchBytes);
  if (format === "text") return new SeparatorCuts(Buffer.from(separator), stretchBytes);
  return new LineCuts(stretchBytes);
}

function refuseBad({ path, compression }: InputFile, { firstBad }: Utf8Check, { encodingErrors }: ScanOptions): void {
  if (firstBad === undefined || encodingErrors !== "error") return;
  const where = compression ? `offset ${firstBad} of the decompressed text` : `offset ${firstBad}`;
  const read = compression === "gz" ? "zcat" : compression === "zst" ? "zstdcat" : "cat";
  throw new DataError("INPUT_NOT_UTF8", `input ${path}: expected UTF-8 text, found another byte sequence at ${where}`, {
    hint: `look at it with: ${read} ${JSON.stringify(path)} | tail -c +${firstBad + 1} | head -c 16 | xxd; or pass encodingErrors: "replace"`,
    details: { path, offset: firstBad },
  });
}

function tooLong({ path }: InputFile, offset: number): DataError {
  return new DataError(
    "INPUT_DOCUMENT_TOO_LONG",
    `input ${path}: expected documents of at most ${largestStretch} bytes, found a longer one at or after offset ${offset}`,
    {
      hint: 'choose how the documents are separated, for example inputFormat: "lines"',
      details: { path, offset, limit: largestStretch },
    },
  );
}
