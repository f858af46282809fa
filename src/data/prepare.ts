import { stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { throwIfCancelled } from "../core/cancel.js";
import { DataError } from "../core/error.js";
import { ensureWritableFolder, requireFile, writeFileAtomic } from "../core/files.js";
import { formatBytes, formatCount, formatDuration } from "../core/units.js";
import { openProgress, type Progress } from "../view/show.js";
import { scanText, wikitextBatches } from "./corpus.js";
import { Dataset } from "./dataset.js";
import { removeStaleIndices } from "./dataset-cache.js";
import {
  type DatasetManifest,
  type FileRecord,
  type ManifestCause,
  manifestChanges,
  manifestPath,
} from "./manifest.js";
import { MindRecord } from "./mindrecord.js";
import {
  checkPrepareOptions,
  defaultWorkers,
  type PrepareMindRecordOptions,
  type PrepareOptions,
  type PrepareRequest,
} from "./prepare-options.js";
import { findUnchanged } from "./prepare-unchanged.js";
import { padCutter, type SequenceCutter, stitchCutter } from "./sequence-cutter.js";
import type { TextScan } from "./text-scan.js";
import { createSink, type TokenOutput, type TokenSink } from "./token-sink.js";
import { tokenizeInOrder } from "./tokenize-pool.js";
import { type OpenTokenizer, openTokenizer } from "./tokenizer.js";

/** Goes up whenever the same text and options give other bytes than before. */
const recipe = 1;

/**
 * Makes a Megatron dataset (`<output>_text_document.bin` and `.idx`), or with format "mindrecord" MindRecord files, from text in WikiText's raw-token format, byte for byte what
 * MindFormers' preparation script, tokenizer class and IndexedDatasetBuilder give for the same text. Tokenizes in threads; memory does
 * not grow with the text. A second call with nothing changed does nothing and says so; nothing half-written ever has a final name.
 * @throws DataError INPUT_EMPTY, INPUT_TOO_SHORT, INPUT_NOT_UTF8, TOKENIZER_INVALID, TOKENIZER_TOKEN_MISSING; LabError ARGUMENT_INVALID,
 * FILE_MISSING, FILE_UNWRITABLE; CancelledError.
 */
export function prepareData(options: PrepareOptions): Promise<Dataset>;
export function prepareData(options: PrepareMindRecordOptions): Promise<MindRecord>;
export async function prepareData(options: PrepareOptions | PrepareMindRecordOptions): Promise<Dataset | MindRecord> {
  const request = checkPrepareOptions(options);
  const inputBytes = await requireFile(request.input, "input");
  if (inputBytes === 0) throw emptyInput(request.input, "a file of 0 bytes");
  const tokenizer = await openTokenizer(request.tokenizer, request.special);
  requirePadToken(request, tokenizer);
  await ensureWritableFolder(dirname(request.prefix));
  const progress = openProgress({ title: "preparing", ...sizeUnit(inputBytes) });
  try {
    const result = await prepareOrKeep(request, tokenizer, progress);
    progress.finish(result.notes.join("; "));
    return result;
  } catch (error) {
    progress.finish(`preparing ${request.input}: not finished, nothing was written`);
    throw error;
  }
}

function openPrepared({ format, prefix }: PrepareRequest, notes: readonly string[]): Promise<Dataset | MindRecord> {
  return format === "mindrecord" ? MindRecord.open(prefix, notes) : Dataset.open(prefix, notes);
}

async function prepareOrKeep(
  request: PrepareRequest,
  tokenizer: OpenTokenizer,
  progress: Progress,
): Promise<Dataset | MindRecord> {
  const known = causeOf(request, tokenizer);
  const { unchanged, reasons, scan } = await findUnchanged(request, known, () => scanText(request.input, request));
  if (unchanged) {
    return openPrepared(request, [`unchanged since ${unchanged.created}: nothing was written`]);
  }
  const started = Date.now();
  const { manifest, removed } = await writeDataset(
    { request, tokenizer, scan, cause: known(await inputRecord(request, scan)) },
    progress,
  );
  const seconds = Math.max(1, Date.now() - started) / 1000;
  const speed = `${formatBytes(scan.bytes / seconds)}/s, ${formatCount(Math.round(manifest.counts.tokens / seconds))} tokens/s`;
  const notes = [
    `${reasons.length > 0 ? `made again because ${reasons.join(", ")}` : "made"} in ${formatDuration(seconds * 1000)} (${speed})`,
  ];
  if (removed > 0) notes.push(`removed ${removed} index files that MindFormers had made for the dataset before`);
  return openPrepared(request, notes);
}

interface WriteJob {
  readonly request: PrepareRequest;
  readonly tokenizer: OpenTokenizer;
  readonly scan: TextScan;
  readonly cause: ManifestCause;
}

async function writeDataset(
  job: WriteJob,
  progress: Progress,
): Promise<{ manifest: DatasetManifest; removed: number }> {
  const { request, tokenizer, scan, cause } = job;
  const length = request.seqLength + 1;
  const cutter = request.mode === "pad" ? padCutter(length, tokenizer.special.padId ?? 0) : stitchCutter(length);
  const { padId, eosId } = tokenizer.special;
  const writer = await createSink({ ...request, eosId, padId: request.mode === "pad" ? padId : undefined });
  try {
    const pieces = await writeSequences(job, { cutter, writer, progress });
    if (pieces === 0) throw emptyInput(request.input, `${formatCount(scan.bytes)} bytes of headings and blank lines`);
    if (writer.sequences === 0) throw tooShort(request, cutter.dropped, pieces);
    await writer.complete();
    throwIfCancelled(request.signal, "prepareData");
    const removed = await removeStaleIndices(request.prefix);
    const files = await writer.publish();
    const counts = {
      pieces,
      sequences: writer.sequences,
      tokens: writer.tokens,
      dropped: cutter.dropped,
      padded: cutter.padded,
    };
    const manifest: DatasetManifest = { layout: 1, created: new Date().toISOString(), ...cause, counts, files };
    await writeFileAtomic(manifestPath(request.prefix), `${JSON.stringify(manifest, undefined, 2)}\n`);
    return { manifest, removed };
  } finally {
    await writer.discard();
  }
}

interface Writing {
  readonly cutter: SequenceCutter;
  readonly writer: TokenSink;
  readonly progress: Progress;
}

/** Text → pieces → ids → sequences → file; gives the number of pieces. */
async function writeSequences(
  { request, tokenizer, scan }: WriteJob,
  { cutter, writer, progress }: Writing,
): Promise<number> {
  const workers = request.workers ?? defaultWorkers(scan.bytes);
  const { bytes: unitBytes } = sizeUnit(scan.bytes);
  let pieces = 0;
  const batches = wikitextBatches(request.input, scan, request);
  for await (const { batch, tokens } of tokenizeInOrder(batches, tokenizer, workers)) {
    throwIfCancelled(request.signal, "prepareData");
    pieces += batch.pieces.length;
    await writer.write(cutter.push(tokens));
    progress.update(Math.floor(batch.bytesRead / unitBytes), `${formatCount(writer.tokens)} tokens`);
  }
  return pieces;
}

/**
 * Tokenizes the input of a manifest once more into a sink of the caller's. Throws REPAIR_IMPOSSIBLE if the input, the tokenizer or the
 * software are not what they were; nothing has been written then.
 */
export async function prepareAgain(
  manifest: DatasetManifest,
  options: PrepareOptions | PrepareMindRecordOptions,
  sinkFor: (output: TokenOutput) => Promise<TokenSink>,
): Promise<void> {
  const request = checkPrepareOptions(options);
  await requireFile(request.input, "input");
  const tokenizer = await openTokenizer(request.tokenizer, request.special);
  const progress = openProgress({ title: "repairing", ...sizeUnit(manifest.input.bytes) });
  try {
    const scan = await scanText(request.input, request);
    const cause = causeOf(request, tokenizer)(await inputRecord(request, scan));
    const changes = manifestChanges(manifest, cause);
    if (changes.length > 0) throw sourceChanged(request.prefix, changes);
    const { padId, eosId } = tokenizer.special;
    const length = request.seqLength + 1;
    const cutter = request.mode === "pad" ? padCutter(length, padId ?? 0) : stitchCutter(length);
    const writer = await sinkFor({ ...request, eosId, padId: request.mode === "pad" ? padId : undefined });
    try {
      await writeSequences({ request, tokenizer, scan, cause }, { cutter, writer, progress });
      await writer.complete();
      await writer.publish();
    } finally {
      await writer.discard();
    }
    progress.finish(`made again: ${request.input}`);
  } catch (error) {
    progress.finish("repairing: not finished");
    throw error;
  }
}

function sourceChanged(prefix: string, changes: readonly string[]): DataError {
  return new DataError(
    "REPAIR_IMPOSSIBLE",
    `dataset ${prefix}: expected the source that it was made from, found changes: ${changes.join(", ")}`,
    {
      hint: "run prepareData again: it makes the dataset anew from what is there now",
      details: { prefix, changes },
    },
  );
}

/** Everything that decides the output, still without the input. */
function causeOf(
  { format, seqLength, mode, shards, columns }: PrepareRequest,
  { path, sha256, vocabSize, special }: OpenTokenizer,
) {
  const { version } = createRequire(import.meta.url)("tokenizers/package.json") as { version: string };
  return (input: FileRecord): ManifestCause => ({
    versions: { recipe, tokenizers: version },
    input,
    tokenizer: { path, sha256, vocabSize, ...special },
    options: { format, seqLength, mode, ...(format === "mindrecord" ? { shards, columns } : {}) },
  });
}

async function inputRecord({ input }: PrepareRequest, { bytes, sha256 }: TextScan): Promise<FileRecord> {
  return { path: input, bytes, modified: (await stat(input)).mtimeMs, sha256 };
}

function sizeUnit(size: number): { readonly total: number; readonly unit: string; readonly bytes: number } {
  const [unit, bytes] = size < 100 * 1024 ** 2 ? (["KB", 1024] as const) : (["MB", 1024 ** 2] as const);
  return { total: Math.floor(size / bytes), unit, bytes };
}

function requirePadToken({ mode, tokenizer: path }: PrepareRequest, { special }: OpenTokenizer): void {
  if (mode !== "pad" || special.padId !== undefined) return;
  throw new DataError("TOKENIZER_TOKEN_MISSING", `mode "pad": tokenizer ${path} names no token to fill with`, {
    hint: 'pass one, for example padToken: "<pad>", or its id',
    details: { path },
  });
}

function emptyInput(input: string, found: string): DataError {
  return new DataError("INPUT_EMPTY", `input ${input}: expected text to train on, found ${found}`, {
    hint: "check that it is the file you mean; paragraphs are what counts, lines that begin with = are headings",
    details: { input },
  });
}

function tooShort({ input, seqLength }: PrepareRequest, tokens: number, pieces: number): DataError {
  const need = `one sample needs seqLength + 1 = ${formatCount(seqLength + 1)} tokens`;
  const has = `the text has ${formatCount(tokens)} in ${formatCount(pieces)} pieces: ${formatCount(seqLength + 1 - tokens)} too few`;
  return new DataError("INPUT_TOO_SHORT", `input ${input}: ${need}, ${has}`, {
    hint: tokens > 1 ? `write seqLength: ${tokens - 1} or less, or use more text` : "use more text",
    details: { input, tokens, pieces, seqLength },
  });
}
