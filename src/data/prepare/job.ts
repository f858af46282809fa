import { createRequire } from "node:module";
import { throwIfCancelled } from "../../core/cancel.js";
import { isLabError } from "../../core/error.js";
import { formatCount } from "../../core/units.js";
import type { Progress } from "../../view/display-contract.js";
import { fileSha256 } from "../files/file-record.js";
import type { InputFile } from "../text/input/files.js";
import type { LeftOut } from "../text/input/left-out.js";
import { FastWayWrong } from "../tokenize/fast-proof.js";
import { stretchBytes } from "../tokenize/threads/work-sizes.js";
import type { OpenTokenizer } from "../tokenize/tokenizer.js";
import { inputRecords, totalBytes } from "./input.js";
import type { PrepareRequest } from "./options.js";
import type { PrepareJob, PrepareProgress } from "./run.js";
import type { PrepareStore } from "./store.js";

/** Goes up whenever the same text and options give other bytes than before. */
const recipe = 1;

/** What is to be prepared, when everything has been opened. */
export interface Preparing {
  readonly request: PrepareRequest;
  readonly files: readonly InputFile[];
  /** Files of the input folders that are not read. */
  readonly leftOut: readonly LeftOut[];
  readonly tokenizer: OpenTokenizer;
}

/**
 * The fast way is proved at the start and checked all the time; should it ever be wrong, all is made again without
 * it.
 */
export async function makeOnce<T extends { readonly notes: readonly string[] }>(
  job: PrepareJob,
  make: (job: PrepareJob) => Promise<T>,
): Promise<T> {
  try {
    return await make(job);
  } catch (error) {
    if (!(error instanceof FastWayWrong)) throw error;
    await job.store.restart();
    const made = await make({ ...job, nativeOnly: true });
    return { ...made, notes: [...made.notes, `the native library tokenized everything: ${error.message}`] };
  }
}

/** Holds the folder while `act` runs; keeps it after a failure that the next call can go on from. */
export async function withStore<T>(store: PrepareStore, act: () => Promise<T>): Promise<T> {
  await store.take();
  let keep = false;
  try {
    return await act();
  } catch (error) {
    const resumable = !isLabError(error) || ["CANCELLED", "FILE_UNWRITABLE", "TOKENIZE_FAILED"].includes(error.code);
    keep = resumable && (await store.hasWork());
    throw error;
  } finally {
    await store.release({ keep });
  }
}

/** Everything that decides the output, still without the input. */
export function causeOf({ request, files, tokenizer }: Preparing): PrepareJob["causeWith"] {
  const { version } = createRequire(import.meta.url)("tokenizers/package.json") as { version: string };
  const { path, sha256, vocabSize, special } = tokenizer;
  const { format, shards, columns, seqLength, mode, dtype, encodingErrors, onBadLines, documentSeparator, key } =
    request;
  const inputFormats = [...new Set(files.map((file) => file.format))].sort();
  const hasKey = inputFormats.includes("jsonl") || inputFormats.includes("parquet");
  return (inputs) => ({
    versions: { recipe, tokenizers: version },
    ...inputs,
    tokenizer: { path, sha256, vocabSize, ...special },
    options: {
      ...{ format, seqLength: mode === "documents" ? undefined : seqLength, mode, dtype, inputFormats, encodingErrors },
      ...(inputFormats.includes("text") ? { documentSeparator } : {}),
      ...(hasKey ? { jsonKey: key, ...(onBadLines === "skip" ? { onBadLines } : {}) } : {}),
      ...(format === "mindrecord" ? { shards, columns } : {}),
    },
  });
}

export function jobIdentity({ request, files }: Preparing, causeWith: PrepareJob["causeWith"]): unknown {
  const { input, inputs, ...cause } = causeWith(inputRecords(files, []));
  return { cause, files: inputs ?? [input], stretchBytes: stretchBytes(totalBytes(files), request.chunkBytes) };
}

export async function hashesOf({ request, files }: Preparing): Promise<string[]> {
  const hashes: string[] = [];
  for (const { path } of files) {
    throwIfCancelled(request.signal, "prepareData");
    hashes.push(await fileSha256(path));
  }
  return hashes;
}

export function progressOf(files: readonly InputFile[], progress: Progress): PrepareProgress {
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

export function sizeUnit(size: number): { readonly total: number; readonly unit: string; readonly bytes: number } {
  const units = [["B", 1, 10 * 1024] as const, ["KB", 1024, 100 * 1024 ** 2] as const];
  const [unit, bytes] = units.find(([, , below]) => size < below) ?? (["MB", 1024 ** 2] as const);
  return { total: Math.floor(size / bytes), unit, bytes };
}
