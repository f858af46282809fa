import { createReadStream } from "node:fs";
import { throwIfCancelled } from "../core/cancel.js";
import { DataError } from "../core/error.js";
import { type TextScan, TextScanner } from "./text-scan.js";
import { isKeptPiece, PieceSplitter, wikitextCleaner } from "./wikitext.js";

/** Pieces that go to a thread together. */
export interface PieceBatch {
  readonly pieces: readonly string[];
  /** How much of the input had been read when the batch was full, in bytes. */
  readonly bytesRead: number;
}

export interface CorpusOptions {
  readonly signal: AbortSignal | undefined;
  /** Bytes per read; the result does not depend on it. Default 256 KiB. */
  readonly chunkBytes?: number;
}

/** Characters per batch: about 50 ms of work for one thread. */
const batchCharacters = 128 * 1024;

/** Reads the whole file once: size, fingerprint, counts for the cleaner. Throws INPUT_NOT_UTF8 with the offset. */
export async function scanText(path: string, { signal, chunkBytes = 1024 * 1024 }: CorpusOptions): Promise<TextScan> {
  const scanner = new TextScanner();
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    throwIfCancelled(signal, "prepareData");
    const bad = scanner.push(chunk as Buffer);
    if (bad !== undefined) throw notUtf8(path, bad);
  }
  const result = scanner.finish();
  if (typeof result === "number") throw notUtf8(path, result);
  return result;
}

/** The cleaned pieces of a WikiText file in batches; memory is bounded by a batch and the longest piece. */
export async function* wikitextBatches(
  path: string,
  scan: TextScan,
  { signal, chunkBytes = 256 * 1024 }: CorpusOptions,
): AsyncGenerator<PieceBatch> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const cleaner = wikitextCleaner(scan.closing);
  const splitter = new PieceSplitter();
  const collector = new PieceCollector();
  let bytesRead = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    throwIfCancelled(signal, "prepareData");
    bytesRead += (chunk as Buffer).byteLength;
    const pieces = splitter.push(cleaner.push(decoder.decode(chunk as Buffer, { stream: true })));
    for (const full of collector.add(pieces)) yield { pieces: full, bytesRead };
  }
  const rest = splitter.push(cleaner.push(decoder.decode()) + cleaner.finish());
  for (const full of collector.add([...rest, ...splitter.finish()])) yield { pieces: full, bytesRead };
  const last = collector.take();
  if (last.length > 0) yield { pieces: last, bytesRead };
}

class PieceCollector {
  #pieces: string[] = [];
  #characters = 0;

  *add(pieces: readonly string[]): Generator<readonly string[]> {
    for (const piece of pieces) {
      if (!isKeptPiece(piece)) continue;
      this.#pieces.push(piece);
      this.#characters += piece.length;
      if (this.#characters >= batchCharacters) yield this.take();
    }
  }

  take(): readonly string[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#characters = 0;
    return pieces;
  }
}

function notUtf8(path: string, offset: number): DataError {
  return new DataError(
    "INPUT_NOT_UTF8",
    `input ${path}: expected UTF-8 text, found another byte sequence at offset ${offset}`,
    {
      hint: `look at it with: tail -c +${offset + 1} ${JSON.stringify(path)} | head -c 16 | xxd; convert with: iconv -f LATIN1 -t UTF-8`,
      details: { path, offset },
    },
  );
}
