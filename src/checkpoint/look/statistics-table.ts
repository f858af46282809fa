import { formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import type { TensorStatistics } from "./statistics.js";

/**
 * Statistics of many tensors as a table. Iterable.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const table = await checkpoint.statistics({ match: "*.layers.0.*" });
 * const broken = [...table].filter(({ nan }) => nan > 0);
 */
export class StatisticsTable implements Iterable<TensorStatistics> {
  readonly rows: readonly TensorStatistics[];

  constructor(rows: readonly TensorStatistics[]) {
    this.rows = rows;
  }

  [Symbol.iterator](): Iterator<TensorStatistics> {
    return this.rows[Symbol.iterator]();
  }

  [displayKey](): MimeBundle {
    return tableBundle({
      title: `Statistics of ${formatCount(this.rows.length, "tensor")}`,
      columns: [
        { key: "name", label: "tensor" },
        { key: "elements", label: "elements" },
        { key: "min", label: "min" },
        { key: "max", label: "max" },
        { key: "mean", label: "mean" },
        { key: "std", label: "std" },
        { key: "l2", label: "L2" },
        { key: "zeros", label: "zeros" },
        { key: "nan", label: "NaN" },
        { key: "infinite", label: "infinite" },
        { key: "denormal", label: "denormal" },
      ],
      rows: this.rows.map(({ name, elements, min, max, mean, std, l2, zeros, nan, infinite, denormal }) => {
        return { name, elements, min, max, mean, std, l2, zeros, nan, infinite, denormal };
      }),
      more: "[...table]",
    });
  }
}
