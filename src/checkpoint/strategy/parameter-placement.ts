import type { ParameterLayout } from "../../formats/strategy/layout.js";
import type { Figure } from "../../view/charts/figure.js";
import { cellGrid } from "../../view/charts/kinds/cell-grid.js";
import { cycleColor, cycleLength } from "../../view/charts/palette.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../view/sections.js";
import { tableBundle } from "../../view/table.js";
import { listed } from "../read/points/finding.js";

/** A slice of a parameter and the ranks that hold it. */
export interface SliceHolders {
  readonly offset: readonly number[];
  readonly shape: readonly number[];
  readonly ranks: readonly number[];
}

/**
 * The places of one parameter's slices.
 *
 * @example
 * const strategy = await openStrategy("output/strategy");
 * const placement = strategy.parameter("embedding.word_embeddings.weight");
 * placement.slices; // which ranks hold which slice
 * placement.drawing();
 */
export class ParameterPlacement {
  readonly name: string;
  /** Devices of a stage as a matrix; the last dimension has neighboring ranks. */
  readonly deviceMatrix: readonly number[];
  readonly tensorMap: ParameterLayout["tensorMap"];
  readonly slices: readonly SliceHolders[];
  readonly words: string;

  /** @internal Placements come from `strategy.parameter(name)`. */
  constructor(layout: unknown, slices: readonly SliceHolders[], words: string) {
    const { name, deviceMatrix, tensorMap } = layout as ParameterLayout;
    this.name = name;
    this.deviceMatrix = deviceMatrix;
    this.tensorMap = tensorMap;
    this.slices = slices;
    this.words = words;
  }

  /** The tensor as cells of slices, in colors: rows are slices of the first dimension, columns of the others. */
  drawing(): Figure {
    const rows = distinct(this.slices.map(({ offset }) => offset[0] ?? 0));
    const columns = distinct(this.slices.map(({ offset }) => offset.slice(1).join(", ")));
    const cellOf = new Map(
      this.slices.map((slice, index) => [
        `${slice.offset[0] ?? 0}/${slice.offset.slice(1).join(", ")}`,
        { slice, index },
      ]),
    );
    const cells = rows.map((row) =>
      columns.map((column) => {
        const found = cellOf.get(`${row}/${column}`);
        return (
          found && { color: found.index % cycleLength, hover: `${region(found.slice)}: ${listed(found.slice.ranks)}` }
        );
      }),
    );
    return cellGrid({
      title: `${this.name}: ${this.words}`,
      colors: Array.from({ length: cycleLength }, (_, index) => cycleColor(index)),
      legend: [],
      text: this.slices.map((slice) => `${region(slice)}  ${listed(slice.ranks)}`).join("\n"),
      drawings: [
        () => ({
          cells,
          rowLabels: rows.map((row) => `row ${row}`),
          columnLabels: columns.map((column) => column || "all"),
          xLabel: "begin in the other dimensions",
          yLabel: "begin in dimension 0",
          notes: [],
        }),
      ],
    });
  }

  [displayKey](): MimeBundle {
    const facts = factsBundle(this.name, [
      ["split", this.words],
      ["device matrix", `[${this.deviceMatrix.join(", ")}]`],
      [
        "tensor map",
        `[${this.tensorMap.map((at) => (typeof at === "number" ? at : `[${at.join(", ")}]`)).join(", ")}]`,
      ],
    ]);
    const table = tableBundle({
      columns: [
        { key: "slice", label: "slice" },
        { key: "ranks", label: "ranks" },
      ],
      rows: this.slices.map((slice) => ({ slice: region(slice), ranks: slice.ranks.join(", ") })),
      more: "placement.slices",
    });
    return joinBundles([facts, table, this.drawing()[displayKey]()]);
  }
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function region({ offset, shape }: SliceHolders): string {
  return `[${offset.map((from, axis) => `${from}:${from + (shape[axis] ?? 1)}`).join(", ")}]`;
}
