import { requireWhole } from "../../core/arguments.js";
import { CancelledError } from "../../core/error.js";
import { requireOptions } from "../../core/options/option-names.js";
import { formatBytes, formatCount } from "../../core/units.js";
import { bitsOf, type ElementType, type TensorValues } from "../../formats/dtype.js";
import { decodeTensor, requireFewElements } from "../../formats/tensor-entry.js";
import type { Figure } from "../../view/charts/figure.js";
import { displayKey, jupyterHost, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle } from "../../view/sections.js";
import { listed } from "../read/points/finding.js";
import { readRegion } from "../read/read-region.js";
import { elementsIn, wholeRegion } from "../read/region.js";
import type { StoredPoint } from "../read/stored-point.js";
import { type GlobalTensor, slicesOf } from "../read/tensor-index.js";
import { heatMapFigure, measureHeat } from "./heat-map.js";
import { parseSlice } from "./slice-text.js";
import { measureTensor, type TensorStatistics } from "./statistics.js";
import { shownStatistics } from "./statistics-card.js";
import type { StatisticsFile } from "./statistics-file.js";
import { histogramFigure } from "./value-histogram.js";

/**
 * One tensor of a checkpoint: its place and, on demand, values, statistics, and figures.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const tensor = await checkpoint.tensor("embedding.word_embeddings.weight");
 * await tensor.values({ slice: "[0:2, :4]" });
 * await tensor.histogram();
 */
export class TensorView {
  readonly name: string;
  readonly dtype: ElementType;
  /** Of the whole tensor. */
  readonly shape: readonly number[];
  readonly elements: number;
  /** Ranks whose files hold it or a slice of it. */
  readonly ranks: readonly number[];
  readonly #stored: StoredPoint;
  readonly #tensor: GlobalTensor;
  readonly #file: StatisticsFile | undefined;
  #statistics: Promise<TensorStatistics> | undefined;

  /** @internal Tensors come from `checkpoint.tensor(name)`. */
  constructor(stored: unknown, tensor: unknown, file?: unknown) {
    this.#file = file as StatisticsFile | undefined;
    this.#stored = stored as StoredPoint;
    this.#tensor = tensor as GlobalTensor;
    const { name, dtype, shape, parts } = this.#tensor;
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.elements = elementsIn(wholeRegion(shape));
    this.ranks = [...new Set(parts.map(({ file }) => file.rank))];
  }

  /**
   * Values, row-major: bigint for 64-bit whole numbers, else number. `slice`: as Python writes it, `"[0:4, :8]"`;
   * default: the whole tensor. `limit`: most elements, default 2^20.
   * @throws FormatError TENSOR_UNREADABLE above the limit; LabError ARGUMENT_INVALID for a slice that does not fit the
   * shape.
   */
  async values(options: { readonly slice?: string; readonly limit?: number } = {}): Promise<TensorValues> {
    requireOptions(options, "tensor.values", {
      names: ["slice", "limit"],
      example: 'await tensor.values({ slice: "[0:4, :8]" })',
    });
    const { limit = 2 ** 20 } = options;
    requireWhole(limit, 1, { call: "tensor.values, limit", example: "await tensor.values({ limit: 1000 })" });
    const region = options.slice === undefined ? wholeRegion(this.shape) : parseSlice(options.slice, this.shape);
    const [first] = this.#tensor.parts;
    const place = { file: first?.file.path ?? "", offset: first?.entry.start ?? 0 };
    requireFewElements(place, { name: this.name, elements: elementsIn(region) }, limit);
    if (bitsOf(this.dtype) < 8) return decodeTensor(place, this, new Uint8Array(0));
    const bytes = await this.#stored.withPool((pool) => readRegion(this.#tensor, region, { reader: pool }));
    return decodeTensor(place, this, bytes);
  }

  /** Reads the whole tensor once and stores the result beside the checkpoint; the second call costs nothing. */
  async statistics(options: { readonly signal?: AbortSignal } = {}): Promise<TensorStatistics> {
    requireOptions(options, "tensor.statistics", { names: ["signal"], example: "await tensor.statistics()" });
    const signal = options.signal ?? jupyterHost()?.signal;
    for (;;) {
      const isOwn = this.#statistics === undefined;
      const measured = this.#statistics ?? this.#measure(signal);
      this.#statistics = measured;
      try {
        return shownStatistics(await measured);
      } catch (error) {
        if (this.#statistics === measured) this.#statistics = undefined;
        // Another caller has cancelled what this one waited for.
        const isOthers = !isOwn && error instanceof CancelledError && !signal?.aborted;
        if (!isOthers) throw error;
      }
    }
  }

  async #measure(signal: AbortSignal | undefined): Promise<TensorStatistics> {
    const known = await this.#file?.get(this.name);
    if (known) return known;
    const found = await this.#stored.withPool((pool) => measureTensor(this.#tensor, pool, { signal }));
    await this.#file?.add([found]);
    return found;
  }

  /** The distribution of the values as a figure. */
  async histogram(): Promise<Figure> {
    return histogramFigure(await this.statistics());
  }

  /** The tensor as colored cells: the root mean square of each block of values, which shows dead rows and columns. */
  async heatMap(options: { readonly signal?: AbortSignal } = {}): Promise<Figure> {
    requireOptions(options, "tensor.heatMap", { names: ["signal"], example: "await tensor.heatMap()" });
    const signal = options.signal ?? jupyterHost()?.signal;
    return heatMapFigure(await this.#stored.withPool((pool) => measureHeat(this.#tensor, pool, signal)));
  }

  [displayKey](): MimeBundle {
    const { placed } = this.#tensor;
    const slices = slicesOf(this.#tensor).length;
    const name = JSON.stringify(this.name);
    return factsBundle(`Tensor ${this.name}`, [
      ["type", this.dtype],
      ["shape", this.shape.length === 0 ? "single value" : this.shape.join(" × ")],
      ["elements", formatCount(this.elements)],
      ["size", formatBytes((this.elements * bitsOf(this.dtype)) / 8)],
      ["held by", listed(this.ranks)],
      ["slices", placed ? formatCount(slices) : "not known: openCheckpoint(path, { strategy }) places them"],
      [
        "more",
        `(await checkpoint.tensor(${name})).statistics(), .histogram(), .heatMap(), .values({ slice: "[0:4]" })`,
      ],
    ]);
  }
}
