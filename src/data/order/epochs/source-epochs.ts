import { formatCount } from "../../../core/units.js";
import type { Figure } from "../../../view/charts/figure.js";
import type { LineSeries } from "../../../view/charts/kinds/curve.js";
import { lineChart } from "../../../view/charts/kinds/line-chart.js";
import { displayKey, type MimeBundle } from "../../../view/display-contract.js";
import { tableBundle } from "../../../view/table.js";
import { shortPrefix } from "./training-sample.js";

/** How often a run reads one dataset of its data. */
export interface SourceUse {
  readonly prefix: string;
  /** Share of the samples; 1 for a single dataset. */
  readonly weight: number;
  readonly tokensPerEpoch: number;
  /** Samples that the engine builds for it. */
  readonly samplesBuilt: number;
  /** Epochs that the engine builds for it; shuffled together unless the last one is separate. */
  readonly epochsBuilt: number;
  /** Samples that the run reads of it, all epochs of the run together. */
  readonly samplesRead: number;
  /** Tokens read ÷ tokens of the dataset. */
  readonly epochsRead: number;
  /**
   * Step at which as many tokens have been read as the dataset has: from then on the run repeats text. Undefined: not
   * in this run.
   */
  readonly dryAtStep: number | undefined;
}

/**
 * Epochs per dataset, and when each runs dry; shows itself as a table.
 *
 * @example
 * const order = await (await openDataset("dataset/wiki")).order();
 * const { sources, steps } = order.epochs();
 */
export class SourceEpochs {
  readonly sources: readonly SourceUse[];
  readonly steps: number;
  readonly #series: readonly LineSeries[];

  /** @internal Use order.epochs. */
  constructor(sources: readonly SourceUse[], steps: number, series: readonly LineSeries[]) {
    this.sources = sources;
    this.steps = steps;
    this.#series = series;
  }

  /** A figure of the epochs read by step, with a line per dataset. */
  plot(): Figure {
    return lineChart({
      title: "Epochs read per dataset",
      x: { label: "step" },
      y: { label: "epochs (1 = every token once)" },
      series: this.#series,
    });
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `Epochs per dataset in ${formatCount(this.steps)} steps`,
      columns: [
        { key: "dataset" },
        { key: "share", align: "right" },
        { key: "tokens", align: "right" },
        { key: "samples read", align: "right" },
        { key: "epochs read", align: "right" },
        { key: "runs dry at step", align: "right" },
        { key: "epochs built", align: "right" },
      ],
      rows: this.sources.map((use) => ({
        dataset: shortPrefix(use.prefix),
        share: `${(100 * use.weight).toFixed(1)} %`,
        tokens: formatCount(use.tokensPerEpoch),
        "samples read": formatCount(use.samplesRead),
        "epochs read": use.epochsRead.toFixed(2),
        "runs dry at step": use.dryAtStep === undefined ? "not in this run" : formatCount(use.dryAtStep),
        "epochs built": formatCount(use.epochsBuilt),
      })),
      note:
        "dry: as many tokens read as the dataset has. The engine shuffles all epochs of a dataset together " +
        "(except a last one of which the run needs less than 80 %).",
    });
  }
}
