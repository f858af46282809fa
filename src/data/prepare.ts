import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { throwIfCancelled } from "../core/cancel.js";
import { isLabError } from "../core/error.js";
import { ensureWritableFolder, writeFileAtomic } from "../core/files.js";
import { formatBytes, formatCount, formatDuration } from "../core/units.js";
import { openProgress, type Progress } from "../view/show.js";
import { Dataset } from "./dataset.js";
import type { InputFile } from "./input-files.js";
import { fileSha256, manifestPath } from "./manifest.js";
import { emptyInput, requireUsable } from "./prepare-errors.js";
import { inputFiles, inputRecords, partBytes, standardInputPath, totalBytes } from "./prepare-input.js";
import { checkPrepareOptions, type PrepareOptions, type PrepareRequest } from "./prepare-options.js";
import { FastWayWrong, type Made, makeDataset, type PrepareJob, type PrepareProgress } from "./prepare-run.js";
import { PrepareStore } from "./prepare-store.js";
import { findUnchanged } from "./prepare-unchanged.js";
import { type OpenTokenizer, openTokenizer } from "./tokenizer.js";

/** Goes up whenever the same text and options give other bytes than before. */
const recipe = 1;

/**
 * Makes a Megatron dataset (`<output>_text_document.bin` and `.idx`) of text, byte for byte what MindFormers' preparation scripts,
 * tokenizer classes and IndexedDatasetBuilder give for the same text. Tokenizes in threads; memory does not grow with the text. A call that
 * was interrupted, even by SIGKILL, goes on in the next one. A second call with nothing changed does nothing and says so; nothing
 * half-written ever has a final name. With several `jsonKeys` one dataset each; the first is returned, the notes name the others.
 * @throws DataError INPUT_EMPTY, INPUT_TOO_SHORT, INPUT_NOT_UTF8, INPUT_LINE_INVALID, INPUT_KEY_MISSING, INPUT_UNREADABLE,
 * INPUT_DOCUMENT_TOO_LONG, INPUT_CHANGED, DISK_TOO_SMALL, TOKENIZER_INVALID, TOKENIZER_TOKEN_MISSING, TOKENIZE_FAILED; LabError
 * ARGUMENT_INVALID, FILE_MISSING, FILE_UNWRITABLE, PREPARE_RUNNING; CancelledError.
 */
export async function prepareData(options: PrepareOptions): Promise<Dataset> {
  const requests = checkPrepareOptions(options);
  const [first, ...others] = requests as [PrepareRequest, ...PrepareRequest[]];
  const dataset = await prepareOne(first);
  const notes = [...dataset.notes];
  for (const request of others) {
    const other = await prepareOne(request);
    notes.push(`also: openDataset(${JSON.stringify(other.prefix)})`);
  }
  if (first.inputs.includes("-"))
    for (const { prefix } of requests) await rm(standardInputPath(prefix), { force: true });
  return others.length === 0 ? dataset : Dataset.open(first.prefix, notes);
}

async function prepareOne(request: PrepareRequest): Promise<Dataset> {
  throwIfCancelled(request.signal, "prepareData");
  if (request.inputs.includes("-")) await ensureWritableFolder(dirname(request.prefix));
  const files = await inputFiles(request);
  const inputBytes = totalBytes(files);
  const name = inputRecords(files, []).input.path;
  if (inputBytes === 0) throw emptyInput(name, "a file of 0 bytes");
  const tokenizer = await openTokenizer(request.tokenizer, request.special);
  requireUsable(request, tokenizer);
  await ensureWritableFolder(dirname(request.prefix));
  const progress = openProgress({ title: "preparing", ...sizeUnit(inputBytes) });
  try {
    const result = await prepareOrKeep({ request, files, tokenizer }, progress);
    progress.finish(result.notes.join("; "));
    return result;
  } catch (error) {
    progress.finish(`preparing ${name}: not finished, no dataset was written`);
    throw error;
  }
}

interface Preparing {
  readonly request: PrepareRequest;
  readonly files: readonly InputFile[];
  readonly tokenizer: OpenTokenizer;
}

async function prepareOrKeep(preparing: Preparing, progress: Progress): Promise<Dataset> {
  const { request, files } = preparing;
  const causeWith = causeOf(preparing);
  const { unchanged, reasons } = await findUnchanged({ prefix: request.prefix, files }, causeWith, () =>
    hashesOf(preparing),
  );
  const store = new PrepareStore(request.prefix);
  const identity = jobIdentity(preparing, causeWith);
  if (unchanged) {
    await store.tidy(identity);
    return Dataset.open(request.prefix, [`unchanged since ${unchanged.created}: nothing was written`]);
  }
  const started = Date.now();
  const made = await withStore(store, async () => {
    await store.begin(identity);
    const job = { ...preparing, store, causeWith, nativeOnly: false, progress: progressOf(files, progress) };
    const result = await makeOnce(job);
    await writeFileAtomic(manifestPath(request.prefix), `${JSON.stringify(result.manifest, undefined, 2)}\n`);
    return result;
  });
  return Dataset.open(request.prefix, notesOf(made, { reasons, seconds: Math.max(1, Date.now() - started) / 1000 }));
}

/** The fast way is proved at the start and checked all the time; should it ever be wrong, all is made again without it. */
async function makeOnce(job: PrepareJob): Promise<Made> {
  try {
    return await makeDataset(job);
  } catch (error) {
    if (!(error instanceof FastWayWrong)) throw error;
    await job.store.restart();
    const made = await makeDataset({ ...job, nativeOnly: true });
    return { ...made, notes: [...made.notes, `everything was tokenized by the native library: ${error.message}`] };
  }
}

/** Holds the folder while `act` runs; keeps it after a failure that the next call can go on from. */
async function withStore<T>(store: PrepareStore, act: () => Promise<T>): Promise<T> {
  await store.take();
  let keep = false;
  try {
    return await act();
  } catch (error) {
    const resumable = !isLabError(error) || ["CANCELLED", "FILE_UNWRITABLE", "TOKENIZE_FAILED"].includes(error.code);
    keep = resumable && (await store.journal()).length > 0;
    throw error;
  } finally {
    await store.release({ keep });
  }
}

function notesOf({ manifest, removed, notes }: Made, facts: { reasons: readonly string[]; seconds: number }): string[] {
  const { reasons, seconds } = facts;
  const bytes = manifest.reading?.textBytes ?? manifest.input.bytes;
  const speed = `${formatBytes(Math.round(bytes / seconds))}/s, ${formatCount(Math.round(manifest.counts.tokens / seconds))} tokens/s`;
  const why = reasons.length > 0 ? `made again because ${reasons.join(", ")}` : "made";
  const all = [`${why} in ${formatDuration(seconds * 1000)} (${speed})`];
  if (removed > 0) all.push(`removed ${removed} index files that MindFormers had made for the dataset before`);
  const { skipped = 0, repaired = 0 } = manifest.reading ?? {};
  if (skipped > 0) all.push(`left out ${formatCount(skipped)} empty lines or documents`);
  if (repaired > 0)
    all.push(`${formatCount(repaired)} faults of encoding (encodingErrors: "${manifest.options.encodingErrors}")`);
  return [...all, ...notes];
}

/** Everything that decides the output, still without the input. */
function causeOf({ request, files, tokenizer }: Preparing): PrepareJob["causeWith"] {
  const { version } = createRequire(import.meta.url)("tokenizers/package.json") as { version: string };
  const { path, sha256, vocabSize, special } = tokenizer;
  const { format, seqLength, mode, dtype, encodingErrors, documentSeparator, key } = request;
  const inputFormats = [...new Set(files.map((file) => file.format))].sort();
  const hasKey = inputFormats.includes("jsonl") || inputFormats.includes("parquet");
  return (inputs) => ({
    versions: { recipe, tokenizers: version },
    ...inputs,
    tokenizer: { path, sha256, vocabSize, ...special },
    options: {
      ...{ format, seqLength: mode === "documents" ? undefined : seqLength, mode, dtype, inputFormats, encodingErrors },
      ...(inputFormats.includes("text") ? { documentSeparator } : {}),
      ...(hasKey ? { jsonKey: key } : {}),
    },
  });
}

function jobIdentity({ request, files }: Preparing, causeWith: PrepareJob["causeWith"]): unknown {
  const { input, inputs, ...cause } = causeWith(inputRecords(files, []));
  return { cause, files: inputs ?? [input], partBytes: partBytes(request, files) };
}

async function hashesOf({ request, files }: Preparing): Promise<string[]> {
  const hashes: string[] = [];
  for (const { path } of files) {
    throwIfCancelled(request.signal, "prepareData");
    hashes.push(await fileSha256(path));
  }
  return hashes;
}

function progressOf(files: readonly InputFile[], progress: Progress): PrepareProgress {
  const total = totalBytes(files);
  const { bytes: unit } = sizeUnit(total);
  const started = Date.now();
  let scanned = 0;
  return {
    scanned(bytes) {
      scanned += bytes;
      progress.update(0, `reading the input for the first time: ${Math.floor((100 * scanned) / total)} %`);
    },
    tokenized({ share, tokens, documents }) {
      const seconds = Math.max(1, Date.now() - started) / 1000;
      const speed = `${formatCount(Math.round(tokens / seconds))} tokens/s`;
      const note = `${formatCount(tokens)} tokens, ${speed}, ${formatCount(documents)} documents`;
      progress.update(Math.floor((share * total) / unit), note);
    },
  };
}

function sizeUnit(size: number): { readonly total: number; readonly unit: string; readonly bytes: number } {
  const [unit, bytes] = size < 100 * 1024 ** 2 ? (["KB", 1024] as const) : (["MB", 1024 ** 2] as const);
  return { total: Math.floor(size / bytes), unit, bytes };
}
