import { formatCount } from "../../core/units.js";
import type { Figure } from "../../view/charts/figure.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../view/sections.js";
import { tableBundle } from "../../view/table.js";
import { kindOf } from "../read/kind.js";
import { layersFigure } from "./layers-figure.js";
import type { TensorDifference } from "./tensor-difference.js";

const order = { missing: 0, new: 1, shape: 2, dtype: 3, values: 4, same: 5 } as const;

/**
 * The differences of two checkpoints, the most striking first. Iterable.
 *
 * @example
 * const checkpoints = await openCheckpoints("runs/first/output/checkpoint");
 * const changed = await checkpoints.at(40).compareTo(checkpoints.at(20));
 * changed.equal; // false: training changed the weights
 */
export class CheckpointComparison implements Iterable<TensorDifference> {
  readonly differences: readonly TensorDifference[];
  readonly #titles: { readonly before: string; readonly after: string };

  constructor(titles: { readonly before: string; readonly after: string }, found: readonly TensorDifference[]) {
    this.#titles = titles;
    this.differences = [...found].sort(byWeight);
  }

  [Symbol.iterator](): Iterator<TensorDifference> {
    return this.differences[Symbol.iterator]();
  }

  /** True if every tensor is on both sides with the same type, shape, and values. */
  get equal(): boolean {
    return this.differences.every(({ change }) => change === "same");
  }

  /** Relative change over the layers as a figure, a line for each kind of tensor. */
  layers(): Figure {
    return layersFigure(`Change from ${this.#titles.before} to ${this.#titles.after}`, this.differences);
  }

  [displayKey](): MimeBundle {
    const count = (change: TensorDifference["change"]) =>
      this.differences.filter((each) => each.change === change).length;
    const shared = this.differences.some(({ change }) => change !== "new" && change !== "missing");
    const facts: [string, string][] = [
      ["compared", `${this.#titles.after} with ${this.#titles.before} before it`],
      ["same", `${formatCount(count("same"))} of ${formatCount(this.differences.length)} tensors`],
      [
        "changed",
        [
          `${formatCount(count("values"))} in values`,
          `${formatCount(count("dtype"))} in type`,
          `${formatCount(count("shape"))} in shape`,
        ].join(", "),
      ],
      ["new, missing", `${formatCount(count("new"))}, ${formatCount(count("missing"))}`],
      ...(shared || this.differences.length === 0 ? [] : [["note", otherNames] as [string, string]]),
    ];
    const rows = this.differences.filter(({ change }) => change !== "same");
    const bad = rows.some(({ notFinite = 0 }) => notFinite > 0);
    const table = tableBundle({
      columns: [
        { key: "name", label: "tensor" },
        { key: "relativeL2", label: "relative L2" },
        { key: "cosine", label: "cosine" },
        { key: "largest", label: "largest" },
        { key: "unchanged", label: "unchanged", align: "right" },
        { key: "deadRows", label: "dead rows" },
        ...(bad ? [{ key: "notFinite", label: "NaN or ∞" }] : []),
        { key: "look", label: "type and shape" },
      ],
      rows: rows.map(
        ({ name, change, relativeL2, cosine, largest, unchanged, deadRows, notFinite, before, after }) => ({
          name,
          relativeL2: rounded(relativeL2),
          cosine: rounded(cosine),
          largest: rounded(largest),
          unchanged: unchanged === undefined ? undefined : share(unchanged),
          deadRows,
          notFinite,
          look: change === "new" || change === "missing" ? `${change}: ${after ?? before}` : lookOf(before, after),
        }),
      ),
      more: "[...comparison]",
    });
    return joinBundles([factsBundle("Comparison of two checkpoints", facts), table]);
  }
}

const otherNames =
  "no name is on both sides; toHuggingFace and fromHuggingFace translate between MindFormers' and Hugging Face's names";

/** A share in percent; 100 only if nothing changed, 0 only if everything did. */
function share(part: number): string {
  if (part < 1 && part > 0.9995) return "> 99.9 %";
  return part > 0 && part < 0.0005 ? "< 0.1 %" : `${(100 * part).toFixed(1)} %`;
}

function lookOf(before: string | undefined, after: string | undefined): string | undefined {
  return before === after ? before : `${before} → ${after}`;
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(4));
}

/** Counters differ between any two steps. */
const counts = ({ name, change }: TensorDifference) => (change === "values" && kindOf(name) === "state" ? 1 : 0);

/** What is not on both sides first; then NaN; then by relative change, counters last. */
function byWeight(a: TensorDifference, b: TensorDifference): number {
  return (
    order[a.change] - order[b.change] ||
    counts(a) - counts(b) ||
    (b.notFinite ?? 0) - (a.notFinite ?? 0) ||
    (b.relativeL2 ?? 0) - (a.relativeL2 ?? 0) ||
    (a.name < b.name ? -1 : 1)
  );
}
