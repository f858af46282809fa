import { invalidArgument, isWhole, requireArgument } from "../core/arguments.js";
import { requireOptions } from "../core/options/option-names.js";
import { decodeTokens, readIndexEntry, type TokenType, tokenBytes } from "../formats/megatron.js";
import { displayKey, type MimeBundle } from "../view/display-contract.js";
import type { DerivedManifest } from "./files/derived-manifest.js";
import type { DatasetManifest } from "./files/manifest.js";
import { withKnownMegatron } from "./files/megatron-files.js";
import { type OpenedMegatron, openMegatron } from "./files/open-megatron.js";
import type { DatasetVerification } from "./inspect/checks/verification.js";
import { datasetBundle } from "./inspect/dataset-view.js";
import type { DocumentPeek } from "./inspect/document-peek.js";
import type { LengthHistogram } from "./inspect/length-histogram.js";
import { datasetLengths, datasetTokenCounts, type PeekOptions, peekDocument } from "./inspect/megatron.js";
import { requireFilled } from "./inspect/peek-range.js";
import { DatasetSamples, type SampledSequence } from "./inspect/samples.js";
import type { TokenCounts } from "./inspect/token-counts.js";
import { type DataOrder, openDataOrder } from "./order/data-order.js";
import type { OrderPlan } from "./order/epochs/batch-layout.js";
import type { TrainingSample } from "./order/epochs/training-sample.js";
import type { TrainingStep } from "./order/epochs/training-step.js";
import type { DatasetOrderOptions } from "./order/options.js";
import { orderOfDataset } from "./order/plan-orders.js";
import type { Repair } from "./repair/report.js";
import { type RepairOptions, repairDataset } from "./repair.js";
import { type KnownTokenizer, openKnownTokenizer } from "./tokenize/known-tokenizer.js";
import type { OpenTokenizer } from "./tokenize/tokenizer.js";
import { type VerifyOptions, verifyDataset } from "./verify.js";

/**
 * A Megatron dataset on disk: `<prefix>.bin` and `<prefix>.idx`. Made by `prepareData` or `openDataset`. Reading
 * throws DATASET_CHANGED if the files were replaced since.
 *
 * @example
 * const data = await openDataset("dataset/wiki");
 * data.sequences;
 * await data.sample(3);
 * await data.verify();
 */
export class Dataset {
  /** Absolute path without `.bin` and `.idx`: the value for `data_path` of a MindFormers config. */
  readonly prefix: string;
  readonly sequences: number;
  readonly documents: number;
  /** Tokens in `.bin`, padding tokens included. */
  readonly tokens: number;
  /**
   * Tokens that the model sees per sample (a stored sequence has one more); undefined if the sequences differ in
   * length.
   */
  readonly seqLength: number | undefined;
  /** Type of a stored token. */
  readonly dtype: TokenType;
  /** Largest id + 1 of the tokenizer; undefined if the manifest is missing. */
  readonly vocabSize: number | undefined;
  /** Id of the end-of-text token; undefined if the tokenizer has none or the manifest is missing. */
  readonly eod: number | undefined;
  /** Id that fills short sequences; undefined if the dataset has no padding tokens. */
  readonly pad: number | undefined;
  /** `.bin` and `.idx` together. */
  readonly bytes: number;
  /** What the call did, or found already done. */
  readonly notes: readonly string[];
  /** What `prepareData` made the dataset from; undefined for other datasets. */
  readonly manifest: DatasetManifest | undefined;
  /** What `mergeDatasets` or `splitDataset` made the dataset from; undefined for other datasets. */
  readonly derived: DerivedManifest | undefined;

  private constructor(opened: OpenedMegatron, notes: readonly string[]) {
    const { manifest, derived, uniformLength = 0 } = opened;
    const { options, tokenizer } = manifest ?? derived ?? {};
    this.prefix = opened.prefix;
    this.sequences = opened.sequences;
    this.documents = opened.documents;
    this.tokens = opened.tokens;
    this.seqLength = options?.seqLength ?? (uniformLength > 1 ? uniformLength - 1 : undefined);
    this.dtype = opened.dtype;
    this.vocabSize = tokenizer?.vocabSize;
    this.eod = tokenizer?.eosId;
    this.pad = options?.mode === "pad" ? tokenizer?.padId : undefined;
    this.bytes = opened.bytes;
    this.notes = notes;
    this.manifest = manifest;
    this.derived = derived;
  }

  /** The work behind `openDataset`; `notes` are shown with the dataset. */
  static async open(prefix: string, notes: readonly string[] = []): Promise<Dataset> {
    return new Dataset(await openMegatron(prefix), notes);
  }

  /**
   * Training sample `k` (from 0) of a run: exact ids, labels, and the sequences that it is made of. Throws like `step`.
   */
  async sample(k: number, options: { readonly plan: OrderPlan }): Promise<TrainingSample>;
  /**
   * The first `count` stored sequences, or those from number `from` on: ids, positions, and the text if the tokenizer
   * is known.
   */
  async sample(count?: number, options?: { readonly from?: number }): Promise<DatasetSamples>;
  async sample(
    count = 3,
    options: { readonly from?: number; readonly plan?: OrderPlan } = {},
  ): Promise<DatasetSamples | TrainingSample> {
    requireOptions(options, "dataset.sample", {
      names: ["from", "plan"],
      example: "await dataset.sample(3, { from: 100 })",
    });
    if (options.plan !== undefined) return (await orderOfDataset(this.prefix, options.plan)).sample(count);
    return this.#sequences(count, options);
  }

  /**
   * What `rank` trains on at optimizer step `n` (from 1) of the run that `plan` describes: exact ids and source
   * sequences, also of the other datasets of a blend. The first call builds the order of the plan; later calls use it.
   * @throws LabError ARGUMENT_INVALID for a step or rank outside the run, or a plan that does not read this dataset;
   * DataError INDEX_IMPOSSIBLE, DATA_ORDER_UNKNOWN.
   */
  async step(n: number, options: { readonly plan: OrderPlan; readonly rank?: number }): Promise<TrainingStep> {
    requireOptions(options, "dataset.step", { names: ["plan", "rank"], example: "await dataset.step(1, { plan })" });
    const { plan, rank = 0 } = (options ?? {}) as Partial<typeof options>;
    return (await orderOfDataset(this.prefix, plan)).step(n, { rank });
  }

  /**
   * The order in which the engine reads this dataset, by a plan or by the settings that decide it. Throws like
   * `openDataOrder`.
   */
  async order(options: DatasetOrderOptions = {}): Promise<DataOrder> {
    requireOptions(options, "dataset.order", {
      names: ["plan", "seed", "split", "seqLength", "samples", "part"],
      example: "await dataset.order({ plan })",
    });
    if ("plan" in options) return orderOfDataset(this.prefix, options.plan);
    return openDataOrder({ dataPath: [this.prefix], seqLength: this.seqLength ?? 0, ...options });
  }

  async #sequences(count: number, { from = 0 }: { readonly from?: number }): Promise<DatasetSamples> {
    const example = "await dataset.sample(3)";
    if (!isWhole(count, 1))
      throw invalidArgument({ call: "dataset.sample, count", expected: "a count of 1 or more", found: count, example });
    requireFilled("dataset.sample", { path: this.prefix, total: this.documents });
    const expected = `a first sequence from 0 to ${this.sequences - 1}`;
    const isFirst = isWhole(from, 0) && from < this.sequences;
    requireArgument(isFirst, { call: "dataset.sample, from", expected, found: from, example });
    const { tokenizer, note } = await this.#tokenizer();
    const items = await this.#read(from, Math.min(count, this.sequences - from), tokenizer);
    return new DatasetSamples(items, { total: this.sequences, note });
  }

  #read(from: number, count: number, tokenizer: OpenTokenizer | undefined): Promise<SampledSequence[]> {
    return withKnownMegatron(this, async ({ idx, bin }) => {
      const items: SampledSequence[] = [];
      for (let sequence = from; sequence < from + count; sequence++) {
        const { length, offset } = await readIndexEntry(idx, this, sequence);
        const bytes = await bin.slice(offset, offset + length * tokenBytes(this.dtype));
        const ids = decodeTokens(bytes, this.dtype);
        const [text, pieces] = [await tokenizer?.decode(ids), await tokenizer?.decodeEach(ids)];
        items.push({ sequence, offset, ids, text, pieces });
      }
      return items;
    });
  }

  /** How long the documents (or sequences) are: a figure. Reads the index only. */
  async lengths(of: "documents" | "sequences" = "documents"): Promise<LengthHistogram> {
    requireArgument(of === "documents" || of === "sequences", {
      ...{ call: "dataset.lengths, of", expected: '"documents" or "sequences"', found: of },
      example: 'await dataset.lengths("sequences")',
    });
    return datasetLengths(this, of);
  }

  /** How often each token id occurs: a figure. Reads all tokens. */
  async tokenCounts(options: { readonly signal?: AbortSignal } = {}): Promise<TokenCounts> {
    requireOptions(options, "dataset.tokenCounts", { names: ["signal"], example: "await dataset.tokenCounts()" });
    return datasetTokenCounts(this, await this.#tokenizer(), options.signal);
  }

  /** A document with its text and where its tokens begin. Throws ARGUMENT_INVALID if it does not exist. */
  async peek(document: number, options: PeekOptions = {}): Promise<DocumentPeek> {
    requireOptions(options, "dataset.peek", {
      names: ["from", "count"],
      example: "await dataset.peek(0, { from: 0, count: 2048 })",
    });
    return peekDocument(this, document, { ...options, known: await this.#tokenizer() });
  }

  /**
   * Reads every byte: structure, checksums, ids, ends of documents, duplicates; with `config` also checks that both
   * fit together.
   */
  verify(options: VerifyOptions = {}): Promise<DatasetVerification> {
    return verifyDataset(this, options);
  }

  /**
   * Rebuilds damaged parts from the source in the manifest, and proves them by checksum. Throws
   * REPAIR_IMPOSSIBLE.
   */
  repair(options: RepairOptions = {}): Promise<Repair> {
    return repairDataset(this.prefix, options);
  }

  #tokenizer(): Promise<KnownTokenizer> {
    return openKnownTokenizer((this.manifest ?? this.derived)?.tokenizer);
  }

  [displayKey](): MimeBundle {
    return datasetBundle(this);
  }
}

/**
 * Opens a Megatron dataset and checks its whole index: magic, version, lengths, offsets, document ends, and the size
 * of `.bin`. Memory does not grow with the dataset.
 *
 * `prefix`: path without `.bin` and `.idx`.
 *
 * @throws FormatError MEGATRON_INDEX_INVALID with file and offset; DataError DATASET_SIZE_MISMATCH; LabError
 * FILE_MISSING.
 *
 * @example
 * const data = await openDataset("dataset/wiki");
 * await data.verify();
 */
export async function openDataset(prefix: string): Promise<Dataset> {
  if (typeof prefix === "string" && prefix !== "") return Dataset.open(prefix.replace(/\.(bin|idx)$/, ""));
  const example = 'await openDataset("dataset/wiki_4096_text_document")';
  throw invalidArgument({ call: "openDataset, prefix", expected: "the path of a dataset", found: prefix, example });
}
