import { dirname } from "node:path";
import { throwIfCancelled } from "../../core/cancel.js";
import { formatBytes } from "../../core/units.js";
import { ByteEncoder } from "../bpe/byte-encoder.js";
import { type BytePlan, planBytes } from "../bpe/plan.js";
import type { FileRecord } from "../files/file-record.js";
import type { DatasetManifest, ManifestCause } from "../files/manifest.js";
import { removeStaleIndices } from "../files/stale-indices.js";
import { feedFile } from "../mindrecord/token-sink.js";
import { MindRecordTokens } from "../mindrecord/tokens.js";
import { type BadLinePlace, badLineError, placeText, tooManyBadLines } from "../text/bad-line-error.js";
import type { InputFile } from "../text/input/files.js";
import type { LeftOut } from "../text/input/left-out.js";
import { textParts } from "../text/parts.js";
import { requireSameInput } from "../text/same-input.js";
import { takeSample } from "../text/sample.js";
import type { FileScan } from "../text/scan.js";
import { warmUpWikitext } from "../text/warm-up.js";
import { proveFastWay } from "../tokenize/fast-proof.js";
import { cutTruth, type NativeTruth, wholeTruth } from "../tokenize/native-truth.js";
import { SpotChecks } from "../tokenize/spot-checks.js";
import { joinSmallParts } from "../tokenize/threads/join-small-parts.js";
import { PartEncoder } from "../tokenize/threads/part-encoder.js";
import { type PoolOptions, tokenizeInOrder } from "../tokenize/threads/pool.js";
import { mostBytesHere, stretchBytes, workSizes } from "../tokenize/threads/work-sizes.js";
import type { OpenTokenizer } from "../tokenize/tokenizer.js";
import { defaultWorkers } from "./check-options.js";
import { DatasetWriter, publishFiles } from "./dataset-writer.js";
import { requireSpace } from "./disk-space.js";
import { emptyInput, emptyTexts, noTexts, tooShort } from "./errors.js";
import { inputRecords, scanInputs, totalBytes } from "./input.js";
import type { PrepareRequest } from "./options.js";
import type { PrepareStore } from "./store.js";
import { tokenOutput } from "./token-output.js";

export interface PrepareJob {
  readonly request: PrepareRequest;
  readonly files: readonly InputFile[];
  /** Files of the input folders that are not read. */
  readonly leftOut: readonly LeftOut[];
  readonly tokenizer: OpenTokenizer;
  readonly store: PrepareStore;
  /** Everything that decides the output. */
  readonly causeWith: (inputs: Pick<ManifestCause, "input" | "inputs">) => ManifestCause;
  /** The native library for everything, because the fast way was found wrong. */
  readonly nativeOnly: boolean;
  readonly progress: PrepareProgress;
}

export interface PrepareProgress {
  /** Bytes of the input that have been read for the first time. */
  scanned(bytes: number): void;
  tokenized(facts: { readonly share: number; readonly tokens: number; readonly documents: number }): void;
}

export interface Made {
  readonly manifest: DatasetManifest;
  /** Index files of MindFormers that did not fit any more. */
  readonly removed: number;
  readonly notes: readonly string[];
}

/** The tokens of the whole text, in the store's file. */
export interface MadeTokens {
  /** All that the manifest says, but for the files. */
  readonly about: Omit<DatasetManifest, "files">;
  /** What `.bin` will be: the first bytes of the store's `tokens`. */
  readonly bin: FileRecord;
  /** Writes the store's `index`. */
  writeIndex(): Promise<FileRecord>;
  readonly notes: readonly string[];
}

/** Makes the dataset, going on where an earlier call was interrupted. */
export async function makeDataset(job: PrepareJob): Promise<Made> {
  const { request, store } = job;
  const decided = await store.published();
  if (decided) return { ...(await publish(job, decided)), notes: ["only the names of the files were missing"] };
  const { about, bin, writeIndex, notes } = await makeTokens(job);
  if (request.format === "mindrecord") {
    const { files, removed } = await publishMindRecord(job, bin);
    return { manifest: { ...about, files }, removed, notes };
  }
  const manifest = { ...about, files: { bin, idx: await writeIndex() } };
  throwIfCancelled(request.signal, "prepareData");
  await store.decide(manifest);
  return { ...(await publish(job, manifest)), notes };
}

/** Tokenizes the text into the store's `tokens`, going on where an earlier call was interrupted. */
export async function makeTokens(job: PrepareJob): Promise<MadeTokens> {
  const { request, files, tokenizer, store } = job;
  if (files.some(({ format }) => format === "wikitext")) warmUpWikitext();
  const scans = await scanInputs(request, files, { store, onBytes: (bytes) => job.progress.scanned(bytes) });
  const textBytes = scans.reduce((sum, scan) => sum + scan.textBytes, 0);
  if (textBytes === 0) throw emptyInput(inputName(job), "no text in it");
  const writer = await DatasetWriter.open(store, {
    mode: request.mode,
    dtype: request.dtype,
    length: request.seqLength + 1,
    padId: tokenizer.special.padId ?? 0,
  });
  try {
    const kept = writer.totals.textBytes;
    await writeParts(job, { scans, writer, textBytes });
    const notes =
      kept > 0
        ? [`continued after ${formatBytes(kept)} of ${formatBytes(textBytes)}, which an interrupted call had prepared`]
        : [];
    return { ...(await complete(job, { scans, writer, textBytes })), notes };
  } finally {
    await writer.abandon();
  }
}

function rulesOf({ documentSeparator, key, encodingErrors, onBadLines }: PrepareRequest): PoolOptions["rules"] {
  return { separator: documentSeparator, key, encodingErrors, onBadLines };
}

function fileOf({ files }: PrepareJob, { path }: BadLinePlace): InputFile {
  return files.find((file) => file.path === path) as InputFile;
}

/** Most files that a manifest names. */
const mostLeftOut = 1000;

function leftOutOf({ leftOut }: PrepareJob): Pick<NonNullable<DatasetManifest["reading"]>, "leftOut"> {
  return leftOut.length === 0 ? {} : { leftOut: leftOut.slice(0, mostLeftOut) };
}

/** Where the first bad line is; undefined if there is none. */
async function firstBadLine(job: PrepareJob, { totals }: DatasetWriter): Promise<string | undefined> {
  const { badLine } = totals;
  return badLine && (await placeText(badLine, fileOf(job, badLine), job.request));
}

async function requireFewBadLines(job: PrepareJob, writer: DatasetWriter): Promise<void> {
  const { badLines } = writer.totals;
  const { badLineLimit } = job.request;
  if (badLines > badLineLimit)
    throw tooManyBadLines(badLines, badLineLimit, (await firstBadLine(job, writer)) ?? "not known");
}

function inputName({ files }: PrepareJob): string {
  return inputRecords(files, []).input.path;
}

/** Proves the fast way, if there is one, and looks whether there is room for the result: before anything is written. */
async function makeSure(
  job: PrepareJob,
  { scans, textBytes, writer }: Writing,
  { fast, truth }: { readonly fast: ByteEncoder | undefined; readonly truth: NativeTruth },
): Promise<void> {
  const { request, files, tokenizer } = job;
  const sample = await takeSample({ files, scans, rules: rulesOf(request), key: request.key });
  const { before, after } = tokenizer.special;
  let tokens = sample.texts.length * (before.length + after.length);
  if (fast) tokens += await proveFastWay(fast, truth, sample.texts);
  else for (const { length } of await truth(sample.texts)) tokens += length;
  await requireSpace(dirname(request.prefix), {
    ...{ mode: request.mode, dtype: request.dtype, length: request.seqLength + 1, columns: request.columns.length },
    ...{ tokens, texts: sample.texts.length, sampleBytes: sample.bytes, textBytes },
    written: writer.totals.tokenBytes,
  });
}

interface Writing {
  readonly scans: readonly FileScan[];
  readonly writer: DatasetWriter;
  readonly textBytes: number;
}

/**
 * Text → parts → ids → files, from the first part on that the journal does not have. The threads start while the native
 * library is opened and the fast way is proved.
 */
async function writeParts(job: PrepareJob, writing: Writing): Promise<void> {
  const { request, tokenizer, files, progress } = job;
  const { scans, writer, textBytes } = writing;
  const { bytes, path, special } = tokenizer;
  const plan = job.nativeOnly ? undefined : planOf(tokenizer);
  const workers = request.workers ?? defaultWorkers(textBytes, plan ? "fast" : "native");
  const inputBytes = totalBytes(files);
  const { chunkBytes, partBytes } = workSizes(workers, { inputBytes, chunkBytes: request.chunkBytes });
  // One file has no small parts but the last.
  const enough = files.length > 1 ? stretchBytes(inputBytes, request.chunkBytes) : 0;
  const fast = plan && new ByteEncoder(plan);
  const isShort = textBytes <= mostBytesHere;
  const truth = plan && isShort ? cutTruth(tokenizer, plan) : wholeTruth(tokenizer);
  const checks = new SpotChecks(truth, isShort ? writer.unchecked : undefined);
  let proved = false;
  const encoder = new PartEncoder(special, { fast, native: tokenizer.encode });
  const options: PoolOptions = {
    ...{ workers, chunkBytes: chunkBytes - enough },
    here: fast && isShort ? { encoder, ready: () => proved } : undefined,
    thread: { tokenizer: bytes, file: path, plan, ...special },
    rules: rulesOf(request),
    async badLine(bad) {
      await requireSameInput(files, scans); // a file that has changed has bad lines where there were none
      return badLineError(bad, fileOf(job, bad), request);
    },
    signal: request.signal,
  };
  const parts = textParts(files, scans, { from: writer.totals.stretches, partBytes, ...rulesOf(request) });
  const done = joinSmallParts(tokenizeInOrder(parts, options), enough);
  const prove = async () => {
    await makeSure(job, writing, { fast, truth });
    proved = true;
  };
  if (options.here && workers === 1) await prove();
  for await (const part of proved ? done : startedEarly(done, prove)) {
    throwIfCancelled(request.signal, "prepareData");
    await writer.write(part, await checks.add(part.tokens.sample));
    await requireFewBadLines(job, writer);
    const { textBytes: share, documents } = writer.totals;
    progress.tokenized({ share: share / textBytes, tokens: writer.tokens, documents });
  }
  await checks.finish();
  await requireSameInput(files, scans);
}

function planOf({ contents, tables }: OpenTokenizer): BytePlan | undefined {
  const plan = planBytes(contents, tables);
  return "reason" in plan ? undefined : plan;
}

/** The values of `source`, which begins its work at once; the first one comes when `ready` is done. */
async function* startedEarly<T>(source: AsyncGenerator<T>, ready: () => Promise<void>): AsyncGenerator<T> {
  const first = source.next();
  first.catch(() => undefined); // it is awaited below; until then a failure must not count as unhandled
  try {
    await ready();
    const { value, done } = await first;
    if (!done) yield value;
    yield* source;
  } finally {
    await source.return(undefined);
  }
}

async function complete(job: PrepareJob, { scans, writer, textBytes }: Writing): Promise<Omit<MadeTokens, "notes">> {
  const { request, files } = job;
  const { documents, texts, padded, skipped, repaired, native } = writer.totals;
  if (texts === 0) {
    const firstBad = await firstBadLine(job, writer);
    throw noTexts(inputName(job), { files, badLines: writer.totals.badLines, firstBad });
  }
  const { sequences, tokens, dropped, bin } = await writer.complete();
  const { before, after } = job.tokenizer.special;
  // Nothing but what is put around each text.
  const none = tokens + dropped <= texts * (before.length + after.length) && request.mode !== "pad";
  if (none) throw emptyTexts(inputName(job), { files, texts });
  if (sequences === 0) throw tooShort(inputName(job), request.seqLength, { tokens: dropped, texts });
  throwIfCancelled(request.signal, "prepareData");
  const place = await firstBadLine(job, writer);
  const bad = place === undefined ? {} : { badLines: writer.totals.badLines, firstBadLine: place };
  const about: MadeTokens["about"] = {
    layout: 1,
    created: new Date().toISOString(),
    ...job.causeWith(
      inputRecords(
        files,
        scans.map(({ sha256 }) => sha256),
      ),
    ),
    counts: { pieces: request.mode === "documents" ? documents : texts, sequences, tokens, dropped, padded },
    reading: { files: files.length, textBytes, skipped, repaired, native, ...bad, ...leftOutOf(job) },
  };
  return { about, bin, writeIndex: () => writer.writeIndex() };
}

/**
 * The finished tokens → rows in files that get their names at the end. Interrupted, it is begun again from the
 * tokens.
 */
async function publishMindRecord(job: PrepareJob, { bytes }: FileRecord): Promise<PublishedRecords> {
  const { request, tokenizer, store } = job;
  const sink = await MindRecordTokens.create(tokenOutput(request, tokenizer), { folder: await store.emptyRows() });
  try {
    const { dtype, seqLength, signal } = request;
    await feedFile(sink, store.file("tokens"), { bytes, dtype, length: seqLength + 1, signal });
    await sink.complete();
    throwIfCancelled(signal, "prepareData");
    const removed = await removeStaleIndices(request.prefix);
    return { files: await sink.publish(), removed };
  } finally {
    await sink.discard();
  }
}

interface PublishedRecords {
  readonly files: DatasetManifest["files"];
  readonly removed: number;
}

async function publish({ request, store }: PrepareJob, manifest: DatasetManifest): Promise<Omit<Made, "notes">> {
  const removed = await removeStaleIndices(request.prefix);
  return { manifest: await publishFiles(store, request.prefix, manifest), removed };
}
