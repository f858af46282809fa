import { basename } from "node:path";
import type { Config } from "../config/config.js";
import { throwIfCancelled } from "../core/cancel.js";
import { FormatError, type Issue, LabError } from "../core/error.js";
import { formatBytes, formatCount } from "../core/units.js";
import { jupyterHost } from "../view/display-contract.js";
import { openProgress } from "../view/show.js";
import { checkDataset } from "./check-dataset.js";
import { Dataset, openDataset } from "./dataset.js";
import type { DerivedManifest } from "./files/derived-manifest.js";
import { type DatasetManifest, fileSha256, recordedFile } from "./files/manifest.js";
import { type MegatronSources, withMegatron } from "./files/megatron-files.js";
import { megatronStream, type TokenStream } from "./files/token-blocks.js";
import { confirmMatches } from "./inspect/duplicate-check.js";
import { DuplicateFinder, finderCapacity, sharesFor } from "./inspect/duplicate-finder.js";
import { tokenChecks } from "./inspect/token-checks.js";
import { surveyTokens, type TokenSurvey } from "./inspect/token-survey.js";
import { type CheckRow, DatasetVerification } from "./inspect/verification.js";
import { checkShardIndices, mindRecordStream, tokenColumn } from "./mindrecord/stream.js";
import type { MindRecord } from "./mindrecord.js";

export interface VerifyOptions {
  /** The configuration that is to train from the dataset: its vocabulary and special tokens are held against it. */
  readonly config?: Config;
  /** Ids must be below it. Default: what the manifest says of the tokenizer. */
  readonly vocabSize?: number;
  /** Every document must end with it. Default: the tokenizer's end-of-text token, if the manifest says that it was appended. */
  readonly eod?: number;
  /** Default: the manifest's. */
  readonly pad?: number;
  /** Look for documents with the same tokens; default true. Takes up to 192 MB. */
  readonly duplicates?: boolean;
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/** What manifests of all kinds have in common. */
type Origin = Pick<DatasetManifest, "files"> &
  Pick<DerivedManifest, "tokenizer"> & { readonly options?: Partial<DatasetManifest["options"]> };

/** What both kinds of datasets have in common here. */
interface Subject {
  readonly what: string;
  /** What is known of how it was made. */
  readonly manifest: Origin | undefined;
  readonly documents: number;
  readonly bytes: number;
}

/** Reads every byte of a Megatron dataset; the work behind `dataset.verify()`. */
export async function verifyDataset(dataset: Dataset, options: VerifyOptions = {}): Promise<DatasetVerification> {
  const { prefix } = dataset;
  // Opening checks magic, lengths, pointers, document ends and sizes; damage since then is to be found.
  const index = await openDataset(prefix).catch((error: unknown) => damaged(error));
  if ("verdict" in index) {
    const { manifest = dataset.derived } = dataset;
    const sums = await checksums({ manifest, what: prefix });
    return new DatasetVerification(prefix, dataset.derived ? [index, sums].map(madeAgain) : [index, sums], []);
  }
  const structure: CheckRow = {
    check: "structure",
    verdict: "ok",
    found: `${formatCount(index.sequences)} sequences, ${formatCount(index.documents)} documents, ${index.dtype}; pointers and sizes agree`,
  };
  return withMegatron(prefix, (sources: MegatronSources) => {
    const { documents, bytes, manifest = index.derived } = index;
    const subject = { what: prefix, manifest, documents, bytes };
    return verify(subject, megatronStream(sources, index), { ...options, checks: [structure], data: dataset });
  });
}

/** Reads every row and every index of MindRecord files; the work behind `mindRecord.verify()`. */
export async function verifyMindRecord(data: MindRecord, options: VerifyOptions = {}): Promise<DatasetVerification> {
  const structure = await checkShardIndices(data).catch((error: unknown) => damaged(error));
  const column = structure.verdict === "ok" ? tokenColumn(data) : undefined;
  const subject = {
    what: data.path,
    manifest: data.manifest,
    documents: data.rows,
    bytes: data.bytes,
  };
  if (column === undefined) return new DatasetVerification(data.path, [structure, await checksums(subject)], []);
  return verify(subject, mindRecordStream(data, column), { ...options, checks: [structure], data });
}

/** A dataset that was made of others is not repaired but made of them again. */
function madeAgain(row: CheckRow): CheckRow {
  return row.verdict === "damaged" ? { ...row, hint: "make it again: mergeDatasets(…) or splitDataset(…)" } : row;
}

/** The row for an error that says what is damaged; other errors are thrown on. */
function damaged(error: unknown): CheckRow {
  if (!(error instanceof FormatError || (error instanceof LabError && error.code === "DATASET_SIZE_MISMATCH")))
    throw error;
  return { check: "structure", verdict: "damaged", found: error.message, hint: "await data.repair()" };
}

interface Work extends VerifyOptions {
  readonly checks: readonly CheckRow[];
  readonly data: Dataset | MindRecord;
}

async function verify(subject: Subject, stream: TokenStream, options: Work): Promise<DatasetVerification> {
  const { manifest, documents } = subject;
  const signal = options.signal ?? jupyterHost()?.signal;
  const facts = expectations(manifest, options);
  const progress = openProgress({ title: "verifying", unit: "tokens" });
  const onBlock = (tokens: number) => {
    throwIfCancelled(signal, "verify");
    progress.update(tokens);
  };
  try {
    const found = await checksums(subject, signal);
    const sums = options.data instanceof Dataset && options.data.derived ? madeAgain(found) : found;
    const shares = sharesFor(documents);
    let survey: TokenSurvey | undefined;
    let matches = 0;
    const examples: DuplicateFinder["examples"] = [];
    for (let share = 0; share < (options.duplicates === false ? 1 : shares); share++) {
      const finder = new DuplicateFinder(documents, { shares, share, capacity: finderCapacity });
      const onDocument = options.duplicates === false ? {} : { onDocument: finder.add.bind(finder) };
      const surveyed = await surveyTokens(stream, { ...facts, onBlock, ...onDocument });
      survey ??= surveyed;
      matches += finder.matches;
      examples.push(...finder.examples);
    }
    const rows = [...options.checks, sums, ...tokenChecks(survey as TokenSurvey, facts)];
    if (options.duplicates !== false) rows.push(await confirmMatches(stream, { matches, examples, documents }));
    const issues: readonly Issue[] = options.config
      ? checkDataset(options.data, options.config, { largestId: survey?.largest?.id })
      : [];
    progress.finish(
      `verified ${subject.what}: ${formatCount(survey?.tokens ?? 0)} tokens, ${formatBytes(subject.bytes)}`,
    );
    return new DatasetVerification(subject.what, rows, issues);
  } catch (error) {
    progress.finish(`verifying ${subject.what}: not finished`);
    throw error;
  }
}

/** What the tokens are held against. */
export interface Expectations {
  readonly vocabSize: number | undefined;
  readonly eod: number | undefined;
  readonly pad: number | undefined;
  readonly cutLength: number | undefined;
  /** Documents end where sequences were cut, so that the end-of-text token is expected somewhere, not at their ends. */
  readonly stitched: boolean;
}

function expectations(manifest: Origin | undefined, options: VerifyOptions): Expectations {
  const tokenizer = manifest?.tokenizer;
  const { mode, seqLength } = manifest?.options ?? {};
  const appended = tokenizer?.eosId !== undefined && tokenizer.after.includes(tokenizer.eosId);
  return {
    vocabSize: options.vocabSize ?? tokenizer?.vocabSize,
    eod: options.eod ?? tokenizer?.endOfDocument ?? (appended ? tokenizer?.eosId : undefined),
    pad: options.pad ?? (mode === "pad" ? tokenizer?.padId : undefined),
    cutLength: mode === "pad" && seqLength !== undefined ? seqLength + 1 : undefined,
    stitched: mode === "stitch",
  };
}

async function checksums(
  { manifest, what }: Pick<Subject, "manifest" | "what">,
  signal?: AbortSignal,
): Promise<CheckRow> {
  const check = "checksums";
  if (!manifest)
    return { check, verdict: "unknown", found: "no manifest beside the dataset, so nothing to compare with" };
  const records = Object.entries(manifest.files);
  const wrong: string[] = [];
  for (const [kind, record] of records) {
    throwIfCancelled(signal, "verify");
    const path = recordedFile(what, [kind, record]);
    const found = await fileSha256(path).catch(() => "missing");
    if (found !== record.sha256)
      wrong.push(`${basename(path)} (${found.slice(0, 12)}, manifest ${record.sha256.slice(0, 12)})`);
  }
  if (wrong.length === 0) return { check, verdict: "ok", found: `${records.length} files are those that were written` };
  return { check, verdict: "damaged", found: `changed: ${wrong.join(", ")}`, hint: "await data.repair()" };
}
