import { resolve } from "node:path";
import { hasAll, isWhole, requireArgument, requireText, shownValue } from "../../core/arguments.js";
import { DataError, LabError } from "../../core/error.js";
import { requireKnownNames, requireOptions } from "../../core/options/option-names.js";
import { formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import { type BuiltPart, buildPart } from "../gpt-index/built-part.js";
import { planPart } from "../gpt-index/part-plan.js";
import { sizePart } from "../gpt-index/part-size.js";
import type { SplitName } from "../gpt-index/split.js";
import { noData } from "./check-order.js";
import {
  type BatchLayout,
  batchLayout,
  requirePlace,
  samplesOfStep,
  stepOfSample,
  stepsPerEpoch,
} from "./epochs/batch-layout.js";
import { countEpochs } from "./epochs/epochs-read.js";
import type { SourceEpochs } from "./epochs/source-epochs.js";
import { TrainingSample } from "./epochs/training-sample.js";
import { TrainingStep } from "./epochs/training-step.js";
import { cacheFiles } from "./index-cache.js";
import { requireMemory } from "./index-memory.js";
import type { LoaderSettings } from "./loader-settings.js";
import { type OrderOptions, orderNames, orderSettings } from "./options.js";
import { bringUpToDate, type PreparedIndices } from "./prepared-indices.js";
import { partSamples, sampleSource, samplesOfSequence, stretchesOf } from "./sample-place.js";
import { type SequenceUse, SequenceUses } from "./sequence-uses.js";
import { countedLengths, SourceFiles } from "./source-files.js";

interface OrderParts {
  readonly settings: LoaderSettings;
  readonly built: BuiltPart;
  readonly files: readonly SourceFiles[];
  readonly layout: BatchLayout | undefined;
}

/**
 * The order in which the engine reads the samples of a run; made by `openDataOrder` or `dataset.order`.
 *
 * @example
 * const data = await openDataset("dataset/wiki");
 * const order = await data.order();
 * await order.step(1, { rank: 0 }); // the samples of the first step
 */
export class DataOrder {
  readonly part: SplitName;
  /** The datasets in data_path, each once. */
  readonly prefixes: readonly string[];
  /** Samples in the engine's dataset; can exceed the requested number. */
  readonly samples: number;
  /** Tokens that the model sees per sample. */
  readonly seqLength: number;
  readonly seed: number;
  /** Undefined without a plan. */
  readonly stepsPerEpoch: number | undefined;
  readonly #parts: OrderParts;

  private constructor(parts: OrderParts) {
    const { settings, built, layout } = parts;
    const asked = settings.sizes[0];
    this.part = built.name;
    this.prefixes = [...new Set(parts.files.map(({ prefix }) => prefix))];
    this.samples = built.samples;
    this.seqLength = settings.seqLength;
    this.seed = settings.seed;
    this.stepsPerEpoch = layout && stepsPerEpoch(layout, built.samples, built.name === "train" ? asked : undefined);
    this.#parts = parts;
  }

  /** @internal Use openDataOrder. */
  static async open(options: OrderOptions): Promise<DataOrder> {
    const settings = orderSettings(options);
    const part = options.part ?? "train";
    const parts = ["train", "valid", "test"];
    const example = '{ part: "valid" }';
    requireArgument(parts.includes(part), { call: "order, part", expected: parts.join(", "), found: part, example });
    const plan = planPart(settings, part);
    if (plan === undefined) throw noData(part);
    const opened = new Map<string, SourceFiles>();
    for (const { identity } of plan.datasets)
      if (!opened.has(identity.prefix)) opened.set(identity.prefix, await SourceFiles.open(identity.prefix));
    const files = plan.datasets.map(({ identity }) => opened.get(identity.prefix) as SourceFiles);
    requireMemory(sizePart(plan, files.map(countedLengths)));
    const built = buildPart(
      plan,
      files.map(({ lengths }) => lengths),
    );
    return new DataOrder({ settings, built, files, layout: "plan" in options ? batchLayout(options.plan) : undefined });
  }

  /**
   * Sample `k` (from 0) with its exact ids and labels and the sequences that it was made of. Throws ARGUMENT_INVALID.
   */
  async sample(k: number): Promise<TrainingSample> {
    const expected = `a sample from 0 to ${this.samples - 1}`;
    const example = "await order.sample(0)";
    requireArgument(isWhole(k, 0) && k < this.samples, { call: "order.sample", expected, found: k, example });
    const { built, files, settings } = this.#parts;
    const { extraToken, seqLength, pad } = settings;
    const { dataset, sample } = sampleSource(built, k);
    const source = files[dataset] as SourceFiles;
    const indices = (built.datasets[dataset] as BuiltPart["datasets"][number]).indices;
    const stretches = stretchesOf(indices, sample, { lengths: source.lengths, extraToken });
    const parts = await source.read(stretches);
    const texts = await Promise.all(parts.map((ids) => source.decode(ids)));
    const flat = parts.flat();
    const padded = seqLength + extraToken - flat.length;
    const text = [...flat, ...new Array<number>(padded).fill(pad)];
    const visible = (ids: readonly number[]) => ids.map((id) => (id === pad ? 0 : id));
    const sources = stretches.map((stretch, i) => ({ prefix: source.prefix, ...stretch, text: texts[i] }));
    const labels = [...text.slice(1), ...(extraToken === 1 ? [] : [pad])];
    return new TrainingSample(
      { sample: k, ids: visible(text.slice(0, seqLength)), labels: visible(labels), sources, padded },
      this.samples,
    );
  }

  /**
   * What `rank` trains on at optimizer step `n` of the run (from 1, as the engine's log counts), in the order of its
   * batch.
   * @throws LabError ARGUMENT_INVALID for a step or rank outside the run; DATA_ORDER_UNKNOWN without a plan.
   */
  async step(n: number, options: { readonly rank?: number } = {}): Promise<TrainingStep> {
    requireOptions(options, "order.step", { names: ["rank"], example: "await order.step(1, { rank: 0 })" });
    const { rank = 0 } = options;
    const layout = this.#layout("step");
    const steps = this.stepsPerEpoch ?? 0;
    requirePlace(layout, { step: n, rank, steps });
    const numbers = samplesOfStep(layout, this.samples, { step: (n - 1) % steps, rank });
    const samples: TrainingSample[] = [];
    for (const k of numbers) samples.push(await this.sample(k));
    return new TrainingStep({
      step: n,
      epoch: Math.floor((n - 1) / steps) + 1,
      rank,
      replica: layout.replicaOf(rank),
      replicas: layout.shards,
      microBatch: layout.microBatch,
      loads: layout.loads(rank),
      samples,
    });
  }

  /**
   * Every sample, and with a plan every step, that reads a stored sequence. `prefix` is optional if there is one
   * dataset. Throws ARGUMENT_INVALID.
   */
  whereIs(place: { readonly prefix?: string; readonly sequence: number }): SequenceUses {
    requireArgument(hasAll(place, "sequence"), {
      ...{ call: "order.whereIs", expected: "an object with sequence", found: place },
      example: "order.whereIs({ sequence: 0 })",
    });
    // A source of a sample has the others, too.
    requireKnownNames(place, "order.whereIs", ["prefix", "sequence", "from", "tokens", "text"]);
    const { prefix, sequence } = place;
    const { built, files, settings, layout } = this.#parts;
    const uses: SequenceUse[] = [];
    const wanted = this.#datasets(prefix, sequence);
    for (const d of wanted) {
      const { indices } = built.datasets[d] as BuiltPart["datasets"][number];
      const { lengths } = files[d] as SourceFiles;
      const { extraToken } = settings;
      const samples = samplesOfSequence(indices, sequence, { length: lengths[sequence] as number, extraToken });
      for (const k of partSamples(built, d, samples)) {
        const place = layout && stepOfSample(layout, k, this.stepsPerEpoch ?? 0);
        const { sample } = sampleSource(built, k);
        for (const stretch of stretchesOf(indices, sample, { lengths, extraToken }))
          if (stretch.sequence === sequence)
            uses.push({
              sample: k,
              step: place && place.step + 1,
              replica: place?.replica,
              from: stretch.from,
              tokens: stretch.tokens,
            });
      }
    }
    uses.sort((a, b) => a.sample - b.sample);
    return new SequenceUses(files[wanted[0] as number]?.prefix ?? "", sequence, uses);
  }

  /**
   * Epochs per dataset and when each runs dry; with `.plot()` as a figure. Throws DATA_ORDER_UNKNOWN without a plan.
   */
  epochs(): SourceEpochs {
    return countEpochs(this.#parts.built, this.#layout("epochs"), this.stepsPerEpoch ?? 0);
  }

  /** Compares the engine's index cache on disk with what the engine would build now; writes nothing. */
  async checkIndices(options: { readonly signal?: AbortSignal } = {}): Promise<PreparedIndices> {
    requireOptions(options, "order.checkIndices", { names: ["signal"], example: "await order.checkIndices()" });
    return bringUpToDate(this.#cacheFiles(), { write: false, ...options });
  }

  /**
   * Writes the files of the engine's index cache, byte for byte as the engine would, so that its workers load them
   * and build nothing. Keeps unchanged files and replaces stale ones; each file appears complete or not at all.
   * Throws FILE_UNWRITABLE.
   */
  async prepareIndices(options: { readonly signal?: AbortSignal } = {}): Promise<PreparedIndices> {
    requireOptions(options, "order.prepareIndices", { names: ["signal"], example: "await order.prepareIndices()" });
    return bringUpToDate(this.#cacheFiles(), { write: true, ...options });
  }

  #cacheFiles() {
    return cacheFiles(this.#parts.built, this.#parts.settings.pathToCache);
  }

  #layout(call: string): BatchLayout {
    if (this.#parts.layout !== undefined) return this.#parts.layout;
    throw new DataError(
      "DATA_ORDER_UNKNOWN",
      `order.${call}: expected a plan, which says what each rank reads; found none`,
      {
        hint: "openDataOrder({ plan: await planRun(config, { data }) })",
      },
    );
  }

  /** Positions in the blend of the datasets with this prefix. */
  #datasets(prefix: string | undefined, sequence: number): number[] {
    const { files } = this.#parts;
    const example = "order.whereIs({ sequence: 0 })";
    if (prefix !== undefined) requireText(prefix, "order.whereIs, prefix", example);
    const name = prefix ?? (this.prefixes.length === 1 ? this.prefixes[0] : undefined);
    const found = files.flatMap((file, d) => (name !== undefined && resolve(file.prefix) === resolve(name) ? [d] : []));
    const count = files[found[0] ?? 0]?.lengths.length ?? 0;
    if (found.length > 0 && Number.isInteger(sequence) && sequence >= 0 && sequence < count) return found;
    const expected =
      found.length > 0
        ? `a sequence from 0 to ${formatCount(count - 1)}, found ${shownValue(sequence)}`
        : `one of ${this.prefixes.join(", ")}; found ${shownValue(prefix)} as prefix`;
    throw new LabError("ARGUMENT_INVALID", `order.whereIs: expected ${expected}`, {
      hint: `write for example ${example}`,
    });
  }

  [displayKey](): MimeBundle {
    const { built, files, layout } = this.#parts;
    const sources = built.datasets.map(({ indices }, d) => {
      const { epochs, samples, separateFinalEpoch } = indices.epochs;
      const how = separateFinalEpoch ? "epochs, the last one shuffled separately" : "epochs, shuffled together";
      return `${files[d]?.prefix}: ${formatCount(samples)} samples, ${formatCount(epochs, "epoch", how)}`;
    });
    return factsBundle(`Order of the ${this.part} data`, [
      ["samples", `${formatCount(this.samples)} × ${formatCount(this.seqLength)} tokens, seed ${this.seed}`],
      ["datasets", sources.join("\n")],
      ...(layout && this.stepsPerEpoch !== undefined
        ? [
            [
              "steps",
              `${formatCount(this.stepsPerEpoch)} per epoch, ${formatCount(layout.globalBatch)} samples each, ` +
                `dealt to ${layout.shards} shards`,
            ] as const,
          ]
        : []),
      [
        "look into it",
        "order.sample(k), order.step(n, { rank }), order.whereIs({ sequence }), order.epochs(), order.prepareIndices()",
      ],
    ]);
  }
}

/**
 * The order in which MindFormers will read a Megatron dataset or a blend: every sample, every step, every rank.
 * Builds the same indices as its GPTDataset, BlendedDataset, and C++ helper (numpy's legacy generator included).
 * Memory: 4 bytes per sequence, 4 per sequence and epoch, 12 per sample, 6 per sample of a blend.
 * @throws DataError INDEX_IMPOSSIBLE, DATA_ORDER_UNKNOWN; FormatError MEGATRON_INDEX_INVALID; LabError FILE_MISSING.
 *
 * @example
 * const order = await openDataOrder({ config: await openConfig("my-config.yaml") });
 * await order.sample(0);
 */
export async function openDataOrder(options: OrderOptions): Promise<DataOrder> {
  requireArgument(hasAll(options), {
    ...{ call: "openDataOrder", expected: "a plan, a configuration, or settings", found: options },
    example: 'openDataOrder({ config: await openConfig("my-config.yaml") })',
  });
  requireKnownNames(options, "openDataOrder", orderNames);
  return DataOrder.open(options);
}
