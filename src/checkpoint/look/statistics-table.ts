import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import type { TensorStatistics } from "./statistics.js";

/** Statistics of many tensors as a table. Iterable. */
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
      title: `Statistics of ${this.rows.length} tensors`,
      columns: [
        { key: "name", label: "Tensor" },
        { key: "elements", label: "Elements" },
        { key: "min", label: "Min" },
        { key: "max", label: "Max" },
        { key: "mean", label: "Mean" },
        { key: "std", label: "Std" },
        { key: "l2", label: "L2" },
        { key: "zeros", label: "Zeros" },
        { key: "nan", label: "NaN" },
        { key: "infinite", label: "Infinite" },
        { key: "denormal", label: "Denormal" },
      ],
      rows: this.rows.map(({ name, elements, min, max, mean, std, l2, zeros, nan, infinite, denormal }) => {
        return { name, elements, min, max, mean, std, l2, zeros, nan, infinite, denormal };
      }),
      more: "[...table]",
    });
  }
}
