import { formatCount } from "../../../core/units.js";
import { displayKey, type MimeBundle } from "../../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../../view/sections.js";
import { tableBundle } from "../../../view/table.js";
import { idsText, sourcesTable, type TrainingSample } from "./training-sample.js";

/** What one rank reads at one optimizer step. */
export interface TrainingStepValues {
  /** Optimizer step of the run, from 1, as the engine's log counts. */
  readonly step: number;
  /** Pass over the data, from 1. */
  readonly epoch: number;
  readonly rank: number;
  /** Data-parallel index of the rank. */
  readonly replica: number;
  readonly replicas: number;
  /** Consecutive samples that go through the model together. */
  readonly microBatch: number;
  /** False if the engine feeds this rank constant ones; the first rank of its group then passes the samples on. */
  readonly loads: boolean;
  readonly samples: readonly TrainingSample[];
}

/**
 * What one rank trains on at one step; shows itself as tables.
 *
 * @example
 * const order = await (await openDataset("dataset/wiki")).order();
 * const { samples } = await order.step(1, { rank: 0 });
 */
export class TrainingStep implements TrainingStepValues {
  readonly step: number;
  readonly epoch: number;
  readonly rank: number;
  readonly replica: number;
  readonly replicas: number;
  readonly microBatch: number;
  readonly loads: boolean;
  readonly samples: readonly TrainingSample[];

  /** @internal Use order.step or dataset.step. */
  constructor(values: TrainingStepValues) {
    this.step = values.step;
    this.epoch = values.epoch;
    this.rank = values.rank;
    this.replica = values.replica;
    this.replicas = values.replicas;
    this.microBatch = values.microBatch;
    this.loads = values.loads;
    this.samples = values.samples;
  }

  [displayKey](): MimeBundle {
    const facts = factsBundle(`Step ${formatCount(this.step)}, rank ${this.rank}`, [
      ["epoch", formatCount(this.epoch)],
      ["data-parallel index", `${this.replica} of ${this.replicas}`],
      ["samples", `${this.samples.length}, ${this.microBatch} at a time`],
      ...(this.loads ? [] : [["loads", "constant ones; the first rank of its group passes the samples on"] as const]),
    ]);
    const ids = tableBundle({
      title: "what the rank sees",
      columns: [{ key: "micro-batch", align: "right" }, { key: "sample", align: "right" }, { key: "input_ids" }],
      rows: this.samples.map((sample, j) => ({
        "micro-batch": Math.floor(j / this.microBatch),
        sample: sample.sample,
        input_ids: idsText(sample.ids),
      })),
      more: "step.samples",
    });
    const sources = this.samples.flatMap(({ sample, sources }) => sources.map((source) => ({ sample, source })));
    return joinBundles([facts, ids, sourcesTable(sources, "where its tokens come from")]);
  }
}
