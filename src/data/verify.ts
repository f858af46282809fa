import type { Config } from "../config/config.js";
import { throwIfCancelled } from "../core/cancel.js";
import { FormatError, type Issue, LabError } from "../core/error.js";
import { requireOptions } from "../core/options/option-names.js";
import { formatBytes, formatCount } from "../core/units.js";
import { jupyterHost } from "../view/display-contract.js";
import { openProgress } from "../view/show.js";
import { type CheckableDataset, checkDataset } from "./check-dataset.js";
import type { Manifests } from "./files/derived-manifest.js";
import { type MegatronSources, withMegatron } from "./files/megatron-files.js";
import { openMegatron } from "./files/open-megatron.js";
import { megatronStream, type TokenStream } from "./files/token-blocks.js";
import { checksums } from "./inspect/checks/checksums.js";
import { confirmMatches } from "./inspect/checks/duplicate-check.js";
import { DuplicateFinder, finderCapacity, sharesFor } from "./inspect/checks/duplicate-finder.js";
import { expectations, type Origin } from "./inspect/checks/expectations.js";
import { tokenChecks } from "./inspect/checks/token-checks.js";
import { surveyTokens, type TokenSurvey } from "./inspect/checks/token-survey.js";
import { type CheckRow, DatasetVerification } from "./inspect/checks/verification.js";
import type { MindRecordFacts } from "./mindrecord/facts.js";
import { checkShardIndices, mindRecordStream, tokenColumn } from "./mindrecord/stream.js";

/** Options of `verify`. */
export interface VerifyOptions {
  /**
   * The configuration that will train on the dataset; its vocabulary and special tokens are compared with the
   * dataset's.
   */
  readonly config?: Config;
  /** Ids must be below it. Default: the tokenizer's, from the manifest. */
  readonly vocabSize?: number;
  /**
   * Every document must end with it. Default: the tokenizer's end-of-text token, if the manifest says that it was
   * appended.
   */
  readonly eod?: number;
  /** Default: the manifest's. */
  readonly pad?: number;
  /** Look for documents with the same tokens; default true. Takes up to 192 MB. */
  readonly duplicates?: boolean;
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/** What both kinds of datasets have in common here. */
interface Subject {
  readonly what: string;
  /** What is known of how it was made. */
  readonly manifest: Origin | undefined;
  readonly documents: number;
  readonly bytes: number;
  /** Made of other datasets. */
  readonly isDerived: boolean;
}

/** A Megatron dataset as it was when it was opened. */
export interface OpenedDataset extends CheckableDataset, Manifests {
  readonly prefix: string;
}

/** Reads every byte of a Megatron dataset; the work behind `dataset.verify()`. */
export async function verifyDataset(data: OpenedDataset, options: VerifyOptions = {}): Promise<DatasetVerification> {
  requireOptions(options, "dataset.verify", {
    names: ["config", "vocabSize", "eod", "pad", "duplicates", "signal"],
    example: "await data.verify({ config })",
  });
  const { prefix } = data;
  // Opening checks magic, lengths, pointers, document ends and sizes; damage since then is to be found.
  const opened = await openMegatron(prefix).catch((error: unknown) => damaged(error));
  if ("verdict" in opened) {
    const sums = await checksums({ manifest: data.manifest ?? data.derived, what: prefix });
    return new DatasetVerification(prefix, data.derived ? [opened, sums].map(madeAgain) : [opened, sums], []);
  }
  const { sequences, documents, dtype, bytes, derived } = opened;
  const structure: CheckRow = {
    check: "structure",
    verdict: "ok",
    found:
      `${formatCount(sequences)} sequences, ${formatCount(documents)} documents, ${dtype}; ` +
      "pointers and sizes agree",
  };
  return withMegatron(prefix, (sources: MegatronSources) => {
    const subject = { what: prefix, manifest: opened.manifest ?? derived, documents, bytes, isDerived: !!derived };
    return verify(subject, megatronStream(sources, opened), { ...options, checks: [structure], data });
  });
}

/** Reads every row and every index of MindRecord files; the work behind `mindRecord.verify()`. */
export async function verifyMindRecord(
  data: MindRecordFacts & CheckableDataset,
  options: VerifyOptions = {},
): Promise<DatasetVerification> {
  requireOptions(options, "mindRecord.verify", {
    names: ["config", "vocabSize", "eod", "pad", "duplicates", "signal"],
    example: "await data.verify({ config })",
  });
  const structure = await checkShardIndices(data).catch((error: unknown) => damaged(error));
  const column = structure.verdict === "ok" ? tokenColumn(data) : undefined;
  const subject = {
    what: data.path,
    manifest: data.manifest,
    documents: data.rows,
    bytes: data.bytes,
    isDerived: false,
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
  readonly data: CheckableDataset;
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
    const sums = subject.isDerived ? madeAgain(found) : found;
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
