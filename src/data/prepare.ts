import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { forCaller } from "../core/caller.js";
import { throwIfCancelled } from "../core/cancel.js";
import { ensureWritableFolder, writeFileAtomic } from "../core/files.js";
import { removeAbandonedOf } from "../core/liveness/temporary-files.js";
import { formatBytes, formatCount, formatDuration } from "../core/units.js";
import type { Progress } from "../view/display-contract.js";
import { openProgress } from "../view/show.js";
import { Dataset } from "./dataset.js";
import { manifestPath } from "./files/manifest.js";
import { MindRecord } from "./mindrecord.js";
import { checkPrepareOptions } from "./prepare/check-options.js";
import { emptyInput, requireUsable } from "./prepare/errors.js";
import { commonFolder, inputFiles, inputRecords, standardInputPath, totalBytes } from "./prepare/input.js";
import {
  causeOf,
  hashesOf,
  jobIdentity,
  makeOnce,
  type Preparing,
  progressOf,
  sizeUnit,
  withStore,
} from "./prepare/job.js";
import type { PrepareMindRecordOptions, PrepareOptions, PrepareRequest } from "./prepare/options.js";
import { type Made, makeDataset } from "./prepare/run.js";
import { PrepareStore } from "./prepare/store.js";
import { findUnchanged } from "./prepare/unchanged.js";
import { leftOutNote } from "./text/input/left-out.js";
import { openTokenizer } from "./tokenize/tokenizer.js";

/**
 * Turns text into a dataset that MindFormers trains from: a Megatron dataset (`<output>_text_document.bin` and
 * `.idx`), or MindRecord files with `format: "mindrecord"`. The bytes are those of MindFormers' preparation scripts
 * for the same text.
 *
 * - Tokenizes in threads. Memory does not grow with the text.
 * - Continues an interrupted call, even after SIGKILL. A second call with nothing changed writes nothing and says so.
 * - Files get their final names only when they are complete.
 * - With several `jsonKeys` it makes one dataset for each key and returns the first; the notes name the others.
 *
 * @throws DataError INPUT_EMPTY, INPUT_TOO_SHORT, INPUT_NOT_UTF8, INPUT_LINE_INVALID, INPUT_KEY_MISSING,
 * INPUT_COLUMN_INVALID, INPUT_UNREADABLE, INPUT_DOCUMENT_TOO_LONG, INPUT_CHANGED, DISK_TOO_SMALL, TOKENIZER_INVALID,
 * TOKENIZER_TOKEN_MISSING, TOKENIZE_FAILED; LabError ARGUMENT_INVALID, FILE_MISSING, FILE_UNWRITABLE,
 * PREPARE_RUNNING; CancelledError.
 *
 * @example
 * const data = await prepareData({
 *   input: "wiki.train.tokens", tokenizer: "tokenizer.json", output: "dataset/wiki",
 *   format: "megatron", seqLength: 4096,
 * });
 * await data.sample(3);
 */
export function prepareData(options: PrepareOptions): Promise<Dataset>;
export function prepareData(options: PrepareMindRecordOptions): Promise<MindRecord>;
export function prepareData(options: PrepareOptions | PrepareMindRecordOptions): Promise<Dataset | MindRecord> {
  return forCaller(prepareData, () => prepareAll(options));
}

async function prepareAll(options: PrepareOptions | PrepareMindRecordOptions): Promise<Dataset | MindRecord> {
  const requests = checkPrepareOptions(options);
  const [first, ...others] = requests as [PrepareRequest, ...PrepareRequest[]];
  const dataset = await prepareOne(first);
  const notes = [...dataset.notes];
  for (const request of others) {
    const other = await prepareOne(request);
    const open = "prefix" in other ? "openDataset" : "openMindRecord";
    notes.push(`also: ${open}(${JSON.stringify(request.prefix)})`);
  }
  if (first.inputs.includes("-"))
    for (const { prefix } of requests) await rm(standardInputPath(prefix), { force: true });
  return others.length === 0 ? dataset : openPrepared(first, notes);
}

function openPrepared({ format, prefix }: PrepareRequest, notes: readonly string[]): Promise<Dataset | MindRecord> {
  return format === "mindrecord" ? MindRecord.open(prefix, notes) : Dataset.open(prefix, notes);
}

async function prepareOne(request: PrepareRequest): Promise<Dataset | MindRecord> {
  throwIfCancelled(request.signal, "prepareData");
  if (request.inputs.includes("-")) await ensureWritableFolder(dirname(request.prefix));
  const { files, leftOut } = await inputFiles(request);
  const inputBytes = totalBytes(files);
  const name = inputRecords(files, []).input.path;
  if (inputBytes === 0) throw emptyInput(name, "a file of 0 bytes");
  const tokenizer = await openTokenizer(request.tokenizer, request.special);
  requireUsable(request, tokenizer);
  await ensureWritableFolder(dirname(request.prefix));
  await removeAbandonedOf([manifestPath(request.prefix), standardInputPath(request.prefix)]);
  const { total, unit } = sizeUnit(inputBytes);
  const progress = openProgress({ title: "preparing", total, unit });
  try {
    const result = await prepareOrKeep({ request, files, leftOut, tokenizer }, progress);
    progress.finish(result.notes.join("; "));
    return result;
  } catch (error) {
    progress.finish(`preparing ${name}: not finished, no dataset was written`);
    throw error;
  }
}

async function prepareOrKeep(preparing: Preparing, progress: Progress): Promise<Dataset | MindRecord> {
  const { request, files } = preparing;
  const causeWith = causeOf(preparing);
  const { unchanged, reasons, earlier } = await findUnchanged({ prefix: request.prefix, files }, causeWith, () =>
    hashesOf(preparing),
  );
  const store = new PrepareStore(request.prefix);
  const identity = jobIdentity(preparing, causeWith);
  if (unchanged) {
    await store.tidy(identity);
    return openPrepared(request, [
      `unchanged since ${unchanged.created}: nothing was written`,
      ...leftOutNotes(preparing),
    ]);
  }
  const started = Date.now();
  const made = await withStore(store, async () => {
    await store.begin(identity);
    const job = { ...preparing, store, causeWith, nativeOnly: false, progress: progressOf(files, progress) };
    const result = await makeOnce(job, makeDataset);
    await writeFileAtomic(manifestPath(request.prefix), `${JSON.stringify(result.manifest, undefined, 2)}\n`);
    return result;
  });
  const facts = { reasons, earlier, seconds: Math.max(1, Date.now() - started) / 1000 };
  return openPrepared(request, [...notesOf(made, facts), ...leftOutNotes(preparing)]);
}

function leftOutNotes({ files, leftOut }: Preparing): string[] {
  const note = leftOutNote(leftOut, commonFolder([...files, ...leftOut].map(({ path }) => path)));
  return note === undefined ? [] : [note];
}

interface MadeFacts {
  readonly reasons: readonly string[];
  readonly earlier: string | undefined;
  readonly seconds: number;
}

function notesOf({ manifest, removed, notes }: Made, { reasons, earlier, seconds }: MadeFacts): string[] {
  const bytes = manifest.reading?.textBytes ?? manifest.input.bytes;
  const tokens = Math.round(manifest.counts.tokens / seconds);
  const speed = `${formatBytes(Math.round(bytes / seconds))}/s, ${formatCount(tokens)} tokens/s`;
  const why = reasons.length > 0 ? `made again because ${reasons.join(", ")}` : "made";
  const all = [`${why} in ${formatDuration(seconds * 1000)} (${speed})`];
  if (removed > 0) all.push(`removed ${removed} index files that MindFormers had made for the dataset before`);
  const { skipped = 0, repaired = 0 } = manifest.reading ?? {};
  if (skipped > 0) all.push(`skipped ${formatCount(skipped, "empty line or document", "empty lines or documents")}`);
  if (repaired > 0)
    all.push(`${formatCount(repaired, "encoding error")} (encodingErrors: "${manifest.options.encodingErrors}")`);
  const { badLines = 0, firstBadLine } = manifest.reading ?? {};
  if (badLines > 0) all.push(`skipped ${formatCount(badLines, "bad line")}; the first: ${firstBadLine}`);
  if (earlier)
    all.push(`runs that used the earlier dataset need it: ${earlier} restores it, another output keeps both`);
  return [...all, ...notes];
}
