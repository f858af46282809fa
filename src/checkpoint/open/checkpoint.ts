import { invalidArgument, requireText } from "../../core/arguments.js";
import { CheckpointError, type Issue } from "../../core/error.js";
import { requireOptions } from "../../core/options/option-names.js";
import { formatBytes, formatCount, formatDate } from "../../core/units.js";
import type { TensorValues } from "../../formats/dtype.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, issuesBundle, joinBundles } from "../../view/sections.js";
import { type CompareOptions, comparePoints } from "../compare/compare-points.js";
import type { CheckpointComparison } from "../compare/comparison.js";
import { type Conversion, conversionOf } from "../convert/conversion.js";
import { type FormatOptions, formatPlan } from "../convert/format-plan.js";
import { type CheckpointMergeOptions, mergePlan } from "../convert/merge-plan.js";
import { redundancyPlan } from "../convert/redundancy-plan.js";
import { type ReshardOptions, reshardPlan } from "../convert/reshard-plan.js";
import { fromHuggingFacePlan, type HuggingFaceOptions, toHuggingFacePlan } from "../huggingface/plans.js";
import { measureMany } from "../look/measure-many.js";
import { StatisticsFile } from "../look/statistics-file.js";
import { StatisticsTable } from "../look/statistics-table.js";
import { byKindAndName, tensorRow } from "../look/tensor-rows.js";
import { type TensorRow, TensorTable } from "../look/tensor-table.js";
import { TensorTree } from "../look/tensor-tree.js";
import { TensorView } from "../look/tensor-view.js";
import type { ScrubResult } from "../prove/scrub-result.js";
import type { SealResult } from "../prove/seal-result.js";
import type { Verification } from "../prove/verification.js";
import { type HyperParameters, noHyperParameters } from "../read/files/hyper.js";
import { nameMatcher } from "../read/match.js";
import { listed } from "../read/points/finding.js";
import type { CheckpointFile, CheckpointLayout } from "../read/points/saved-point.js";
import type { StoredPoint } from "../read/stored-point.js";
import { incompleteness } from "./completeness.js";
import { findTensor, type NamedPoint, requireReadable } from "./find-tensor.js";
import { known } from "./known-options.js";
import { titleOf } from "./naming.js";
import { type SealOptions, scrub, seal, verify } from "./prove-point.js";
import { derivedFolderOf } from "./seal-place.js";

/**
 * One point that the training saved, or a whole model: the files of all ranks. Opening it reads headers only.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * await checkpoint.tensors({ match: "*.layers.0.*" });
 * const { ok } = await checkpoint.verify(); // reads every byte
 */
export class Checkpoint {
  /** Optimizer step since the very first start, read from the files; −1 if they store none. */
  readonly step: number;
  readonly epoch: number;
  readonly layout: CheckpointLayout;
  /** Ranks that have a file, in order. */
  readonly ranks: readonly number[];
  /** True if every file exists, every header is valid, and all store the same step. */
  readonly complete: boolean;
  /** Why it is not complete; empty if it is. */
  readonly issues: readonly Issue[];
  readonly files: readonly CheckpointFile[];
  readonly hyperParameters: HyperParameters;
  /** Bytes over all files. */
  readonly bytes: number;
  /** When the last file was written. */
  readonly savedAt: Date;
  /** What `load_checkpoint` takes: the folder of the `rank_R` folders, of the iteration, or of the files. */
  readonly folder: string;
  readonly #stored: StoredPoint;
  readonly #statistics: StatisticsFile;

  /** @internal Checkpoints come from `openCheckpoint` and `openCheckpoints`. */
  constructor(stored: unknown) {
    this.#stored = stored as StoredPoint;
    const { point } = this.#stored;
    this.#statistics = new StatisticsFile(derivedFolderOf(point.folder), point);
    const { parts, folder } = point;
    this.folder = folder;
    this.layout = point.layout;
    this.hyperParameters =
      point.common ?? parts.find(({ hyper }) => hyper?.step !== undefined)?.hyper ?? noHyperParameters;
    const step = this.hyperParameters.step ?? point.step;
    this.step = step ?? -1;
    this.epoch = this.hyperParameters.epoch ?? point.epoch ?? 0;
    this.ranks = [...new Set(parts.map(({ rank }) => rank))];
    this.files = parts.map(({ rank, path, bytes, savedAt }) => ({ rank, path, bytes, savedAt }));
    this.bytes = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    this.savedAt = new Date(parts.reduce((last, { savedAt }) => Math.max(last, savedAt.getTime()), 0));
    this.issues = incompleteness(point, step);
    this.complete = this.issues.length === 0;
  }

  /**
   * The tensors, from the headers, with the shape of the whole tensor where slices are placed (by `metadata.json` or
   * a strategy). `match`: names to keep, `*` stands for any characters (`"*.layers.0.*"`), or a regular expression.
   * `rank`: only of that rank; default: all ranks together, each name once.
   */
  async tensors(options: { readonly match?: string | RegExp; readonly rank?: number } = {}): Promise<TensorTable> {
    requireOptions(options, "checkpoint.tensors", known.tensors);
    const matches = nameMatcher(options.match);
    requireReadable(this.#named(), options.rank);
    const index = await this.#stored.index();
    const rows: TensorRow[] = [];
    let all = 0;
    for (const tensor of index.values()) {
      const row = tensorRow(tensor, options.rank);
      if (row === undefined) continue;
      all += 1;
      if (matches(tensor.name)) rows.push(row);
    }
    rows.sort(byKindAndName);
    const note =
      options.match === undefined ? "" : `${formatCount(rows.length)} of ${formatCount(all)} match ${options.match}`;
    return new TensorTable(`Tensors of ${this.#title()}`, rows, note);
  }

  /** The tensors as a tree of modules, with parameters and bytes; `match` as for `tensors`. */
  async tree(options: { readonly match?: string | RegExp } = {}): Promise<TensorTree> {
    requireOptions(options, "checkpoint.tree", known.tree);
    return new TensorTree(`Tensors of ${this.#title()}`, (await this.tensors(options)).rows);
  }

  /**
   * Statistics of all tensors that `match`; earlier results are read from the file beside the checkpoint.
   * `signal`: default the running cell's.
   */
  async statistics(
    options: { readonly match?: string | RegExp; readonly signal?: AbortSignal } = {},
  ): Promise<StatisticsTable> {
    requireOptions(options, "checkpoint.statistics", known.statistics);
    requireReadable(this.#named(), undefined);
    return new StatisticsTable(await measureMany(this.#stored, { ...options, file: this.#statistics }));
  }

  /**
   * One tensor of the whole model: slices of its values, statistics, histogram, heat map. `rank`: only what this rank
   * holds; needed if ranks hold slices and nothing gives their places.
   * @throws CheckpointError CHECKPOINT_MISSING if no file has the tensor.
   */
  async tensor(name: string, options: { readonly rank?: number } = {}): Promise<TensorView> {
    requireOptions(options, "checkpoint.tensor", known.tensor);
    const file = options.rank === undefined ? this.#statistics : undefined;
    return new TensorView(this.#stored, await findTensor(this.#named(), name, options.rank), file);
  }

  /**
   * Values of one small tensor, row-major: bigint for 64-bit whole numbers, else number. `rank`: only what this rank
   * holds.
   * `limit`: most elements, default 2^20.
   * @throws CheckpointError CHECKPOINT_MISSING if no file has the tensor; FormatError TENSOR_UNREADABLE if it is
   * larger than the limit.
   */
  async values(name: string, options: { readonly rank?: number; readonly limit?: number } = {}): Promise<TensorValues> {
    requireText(name, "checkpoint.values, name", 'await checkpoint.values("step_num")');
    requireOptions(options, "checkpoint.values", known.values);
    const view = await this.tensor(name, options.rank === undefined ? {} : { rank: options.rank });
    return view.values(options.limit === undefined ? {} : { limit: options.limit });
  }

  /**
   * Reads every byte: stored checksums, the seal if there is one, NaN, infinite, and implausible values, headers
   * against sizes, files against each other, what a resume needs. Reports damage in the result instead of throwing.
   * `signal`: default the running cell's.
   */
  async verify(options: { readonly signal?: AbortSignal } = {}): Promise<Verification> {
    requireOptions(options, "checkpoint.verify", known.verify);
    return verify({ ...this.#proof(), ...options });
  }

  /**
   * Reads every byte and stores checksums, so that `scrub` and `verify` find any later change. The seal is in the
   * run's folder of seals, or in `.mindformers-lab/seals` beside the files. It replaces an earlier seal.
   * @throws CheckpointError SEAL_BROKEN if files differ from the earlier seal; `{ changes: "accept" }` seals them.
   */
  async seal(options: SealOptions = {}): Promise<SealResult> {
    requireOptions(options, "checkpoint.seal", known.seal);
    return seal({ ...this.#proof(), ...options });
  }

  /**
   * Compares every byte with the seal; names rank, byte range and tensors of the damage.
   * @throws CheckpointError CHECKPOINT_MISSING if the step was never sealed.
   */
  async scrub(options: { readonly signal?: AbortSignal } = {}): Promise<ScrubResult> {
    requireOptions(options, "checkpoint.scrub", known.scrub);
    const result = await scrub({ ...this.#proof(), ...options });
    if (result) return result;
    const message = `${this.#title()} in ${this.folder}: expected a seal of its files, found none`;
    throw new CheckpointError("CHECKPOINT_MISSING", message, { hint: "await checkpoint.seal()" });
  }

  /**
   * Compares with another checkpoint, tensor by tensor, on the whole tensors, whatever the formats and layouts.
   * `match`: names to compare.
   * Reads both once.
   */
  async compareTo(other: Checkpoint, options: CompareOptions = {}): Promise<CheckpointComparison> {
    const example = "await a.compareTo(await openCheckpoint(path))";
    if (!(other instanceof Checkpoint))
      throw invalidArgument({ call: "checkpoint.compareTo", expected: "a checkpoint", found: other, example });
    requireOptions(options, "checkpoint.compareTo", known.compareTo);
    const titles = { before: other.#title(), after: this.#title() };
    return comparePoints(other.#stored, this.#stored, { ...options, titles });
  }

  /**
   * Merges slices into a whole model: a few large safetensors files with an index. Returns a forecast; `await
   * conversion.run()` carries it out.
   */
  async merge(options: CheckpointMergeOptions): Promise<Conversion> {
    return conversionOf({ stored: this.#stored, call: "merge" }, options, mergePlan);
  }

  /**
   * Splits the model over other ranks: `{ tp, pp, dp, ep, optimizerShards }`, or a strategy of the target. A
   * forecast, as `merge`.
   */
  async reshard(options: ReshardOptions): Promise<Conversion> {
    return conversionOf({ stored: this.#stored, call: "reshard" }, options, reshardPlan);
  }

  /**
   * The same files as `.safetensors`; an encrypted checkpoint is written as plain files. Returns a forecast, like
   * `merge`.
   */
  async toSafetensors(options: FormatOptions): Promise<Conversion> {
    return conversionOf({ stored: this.#stored, call: "toSafetensors" }, options, (stored) =>
      formatPlan(stored, "safetensors", options),
    );
  }

  /** The same files as MindSpore's `.ckpt`. Returns a forecast, like `merge`. */
  async toCkpt(options: FormatOptions): Promise<Conversion> {
    return conversionOf({ stored: this.#stored, call: "toCkpt" }, options, (stored) =>
      formatPlan(stored, "ckpt", options),
    );
  }

  /**
   * Every slice on one rank only, as MindFormers' `remove_redundancy: True` saves. Returns a forecast, like `merge`.
   */
  async removeRedundancy(options: FormatOptions): Promise<Conversion> {
    return conversionOf({ stored: this.#stored, call: "removeRedundancy" }, options, redundancyPlan);
  }

  /**
   * The weights as Hugging Face's DeepSeek-V3, Qwen3, or Qwen3-MoE, with config and tokenizer files. A forecast, as
   * `merge`.
   */
  async toHuggingFace(options: HuggingFaceOptions): Promise<Conversion> {
    return conversionOf({ stored: this.#stored, call: "toHuggingFace" }, options, toHuggingFacePlan);
  }

  /**
   * Hugging Face's weights under the names and in the shapes of MindFormers' training model. Returns a forecast, like
   * `merge`.
   */
  async fromHuggingFace(options: HuggingFaceOptions): Promise<Conversion> {
    return conversionOf({ stored: this.#stored, call: "fromHuggingFace" }, options, fromHuggingFacePlan);
  }

  [displayKey](): MimeBundle {
    const { lossScale, globalBatchSize } = this.hyperParameters;
    const facts: [string, string][] = [
      ["complete", this.complete ? "yes" : "no"],
      ["layout", this.layout],
      ...(this.step < 0 && this.epoch === 0 ? [] : [["epoch", formatCount(this.epoch)] as [string, string]]),
      ["ranks", this.ranks.length === 0 ? "none" : `${this.ranks.length} (${listed(this.ranks)})`],
      ["files", formatCount(this.files.length)],
      ["size", formatBytes(this.bytes)],
      ["saved", formatDate(this.savedAt)],
      ...(globalBatchSize === undefined ? [] : [["global batch", formatCount(globalBatchSize)] as [string, string]]),
      ...(lossScale === undefined ? [] : [["loss scale", String(lossScale)] as [string, string]]),
      this.layout === "files" && this.files[0] && this.files.length === 1
        ? ["file", this.files[0].path]
        : ["folder", this.folder],
    ];
    const title = this.#title();
    const bundle = factsBundle(title[0]?.toUpperCase() + title.slice(1), facts);
    return this.complete ? bundle : joinBundles([bundle, issuesBundle(this.issues)]);
  }

  #title(): string {
    return titleOf(this.#stored.point, this.step);
  }

  #named(): NamedPoint {
    return { stored: this.#stored, title: this.#title() };
  }

  #proof() {
    return { stored: this.#stored, step: this.step < 0 ? undefined : this.step, known: this.issues };
  }
}
