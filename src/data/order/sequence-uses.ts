import { formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";

/** One read of a sequence, or of a part of it. */
export interface SequenceUse {
  /** Number of the sample in the engine's order. */
  readonly sample: number;
  /**
   * Optimizer step in the first epoch of the run, from 1; undefined without a plan, or if it lies after the last full
   * batch.
   */
  readonly step: number | undefined;
  /** Data-parallel index of the ranks that read it. */
  readonly replica: number | undefined;
  /** First token within the sequence, and how many. */
  readonly from: number;
  readonly tokens: number;
}

/**
 * When a run reads a stored sequence; shows itself as a table.
 *
 * @example
 * const order = await (await openDataset("dataset/wiki")).order();
 * const { uses } = order.whereIs({ sequence: 7 }); // step, rank, and epoch of each use
 */
export class SequenceUses {
  readonly prefix: string;
  readonly sequence: number;
  readonly uses: readonly SequenceUse[];

  /** @internal Use order.whereIs. */
  constructor(prefix: string, sequence: number, uses: readonly SequenceUse[]) {
    this.prefix = prefix;
    this.sequence = sequence;
    this.uses = uses;
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `Sequence ${formatCount(this.sequence)} of ${this.prefix} is read ${formatCount(this.uses.length)} times`,
      columns: [
        { key: "step", align: "right" },
        { key: "data-parallel index", align: "right" },
        { key: "sample", align: "right" },
        { key: "from token", align: "right" },
        { key: "tokens", align: "right" },
      ],
      rows: this.uses.map((use) => ({
        step: use.step ?? "not read",
        "data-parallel index": use.replica,
        sample: use.sample,
        "from token": use.from,
        tokens: use.tokens,
      })),
      note: "steps of the first epoch of the run; further epochs repeat the same order",
      more: "uses",
    });
  }
}
