import { requireArgument } from "../../core/arguments.js";
import { formatBytes, formatCount } from "../../core/units.js";
import type { ElementType } from "../../formats/dtype.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { tableBundle } from "../../view/table.js";
import type { TensorKind } from "../read/kind.js";

/** One tensor of a checkpoint. */
export interface TensorRow {
  readonly name: string;
  readonly kind: TensorKind;
  /** Name in the safetensors format: `F32`, `BF16`, `I64`, … */
  readonly dtype: ElementType;
  /** Shape of the whole tensor, also if ranks hold slices of it; empty for a single value. */
  readonly shape: readonly number[];
  readonly elements: number;
  readonly bytes: number;
  /** Ranks whose files hold a tensor of this name. */
  readonly ranks: readonly number[];
  /** Different slices that the files hold; 1 for a whole tensor. */
  readonly slices: number;
}

const kinds: readonly TensorKind[] = ["weight", "optimizer", "state"];

/** Sums over tensors. */
export interface TensorTotal {
  readonly tensors: number;
  readonly elements: number;
  readonly bytes: number;
}

/**
 * The tensors of a checkpoint: each name once. Iterable; shows itself as a table with totals.
 *
 * @example
 * const checkpoint = await openCheckpoint("runs/first/output/checkpoint");
 * const tensors = await checkpoint.tensors({ match: "*.layers.0.*" });
 * tensors.total("weight"); // elements and bytes of the weights
 */
export class TensorTable implements Iterable<TensorRow> {
  readonly rows: readonly TensorRow[];
  readonly #title: string;
  readonly #note: string;

  constructor(title: string, rows: readonly TensorRow[], note = "") {
    this.rows = rows;
    this.#title = title;
    this.#note = note;
  }

  get length(): number {
    return this.rows.length;
  }

  [Symbol.iterator](): Iterator<TensorRow> {
    return this.rows[Symbol.iterator]();
  }

  /** Sum over all rows, or over those of one kind. */
  total(kind?: TensorKind): TensorTotal {
    requireArgument(kind === undefined || kinds.includes(kind), {
      ...{ call: "tensors.total, kind", expected: kinds.map((each) => JSON.stringify(each)).join(", "), found: kind },
      example: 'tensors.total("weight")',
    });
    const rows = this.rows.filter((row) => kind === undefined || row.kind === kind);
    const sum = (value: (row: TensorRow) => number) => rows.reduce((result, row) => result + value(row), 0);
    return { tensors: rows.length, elements: sum((row) => row.elements), bytes: sum((row) => row.bytes) };
  }

  [displayKey](): MimeBundle {
    const everywhere = this.rows.reduce((most, row) => Math.max(most, row.ranks.length), 0);
    const some = this.rows.some((row) => row.ranks.length < everywhere);
    const sliced = this.rows.some((row) => row.slices > 1);
    return tableBundle({
      title: this.#title,
      columns: [
        { key: "name", label: "tensor" },
        { key: "kind", label: "kind" },
        { key: "dtype", label: "type" },
        { key: "shape", label: "shape", align: "right" },
        { key: "elements", label: "elements" },
        { key: "bytes", label: "size", align: "right" },
        ...(sliced ? [{ key: "slices", label: "slices", align: "right" as const }] : []),
        ...(some || sliced ? [{ key: "ranks", label: "ranks" }] : []),
      ],
      rows: shownRows(this.rows),
      note: [this.#totals(), this.#note].filter(Boolean).join("\n"),
      more: '[...table], or fewer with tensors({ match: "*.layers.0.*" })',
    });
  }

  #totals(): string {
    const words = { weight: "weights", optimizer: "optimizer", state: "state" } as const;
    const parts = kinds.map((kind) => {
      const { tensors, elements, bytes } = this.total(kind);
      if (tensors === 0) return "";
      const count = `${formatCount(tensors)} tensor${tensors === 1 ? "" : "s"}`;
      return `${words[kind]}: ${count}, ${formatCount(elements)} elements, ${formatBytes(bytes)}`;
    });
    return parts.filter(Boolean).join(" · ");
  }
}

/** Most rows at each end that a table shows. */
const shown = 100;

/** Rows as texts: only those at both ends, as a table shows no others; the list is as long as all of them. */
function shownRows(rows: readonly TensorRow[]) {
  const texts = new Array<ReturnType<typeof rowTexts>>(rows.length);
  rows.slice(0, shown).forEach((row, index) => {
    texts[index] = rowTexts(row);
  });
  const last = Math.max(0, rows.length - shown);
  rows.slice(last).forEach((row, index) => {
    texts[last + index] = rowTexts(row);
  });
  return texts;
}

function rowTexts(row: TensorRow) {
  return {
    ...row,
    shape: row.shape.length === 0 ? "single value" : row.shape.join(" × "),
    bytes: formatBytes(row.bytes),
    ranks: row.ranks.length > 8 ? `${row.ranks.length} ranks` : row.ranks.join(", "),
  };
}
