import { formatCount } from "../../../core/units.js";
import { displayKey, type MimeBundle } from "../../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../../view/sections.js";
import { tableBundle } from "../../../view/table.js";

/** A stretch of a stored sequence that a sample was made of. */
export interface SampleSource {
  /** Prefix of the dataset, as in data_path. */
  readonly prefix: string;
  /** Number of the sequence in its dataset, from 0: what `dataset.sample(1, { from })` shows. */
  readonly sequence: number;
  /** First token of the stretch within the sequence. */
  readonly from: number;
  readonly tokens: number;
  /** Undefined if no tokenizer is known. */
  readonly text: string | undefined;
}

/** One sample as the engine hands it to the model. */
export interface TrainingSampleValues {
  /** Number in the engine's order, from 0. */
  readonly sample: number;
  /** `input_ids`: seqLength ids. */
  readonly ids: readonly number[];
  /** `labels`: the ids moved by one. */
  readonly labels: readonly number[];
  /** Where the tokens come from, in order. */
  readonly sources: readonly SampleSource[];
  /** Fill tokens at the end of a short last sample. */
  readonly padded: number;
}

/**
 * A sample with its token ids and the stored sequences that it was made of; shows itself as a table.
 *
 * @example
 * const order = await (await openDataset("dataset/wiki")).order();
 * const { ids, sources } = await order.sample(0);
 */
export class TrainingSample implements TrainingSampleValues {
  readonly sample: number;
  readonly ids: readonly number[];
  readonly labels: readonly number[];
  readonly sources: readonly SampleSource[];
  readonly padded: number;
  /** Samples of the whole part. */
  readonly total: number;

  /** @internal Use order.sample. */
  constructor(values: TrainingSampleValues, total: number) {
    this.sample = values.sample;
    this.ids = values.ids;
    this.labels = values.labels;
    this.sources = values.sources;
    this.padded = values.padded;
    this.total = total;
  }

  [displayKey](): MimeBundle {
    const facts = factsBundle(`Training sample ${formatCount(this.sample)} of ${formatCount(this.total)}`, [
      ["input_ids", idsText(this.ids)],
      ["labels", idsText(this.labels)],
      ...(this.padded > 0 ? [["padding tokens", formatCount(this.padded)] as const] : []),
    ]);
    return joinBundles([
      facts,
      sourcesTable(
        this.sources.map((source) => ({ sample: this.sample, source })),
        "its tokens come from",
      ),
    ]);
  }
}

/** The ids at both ends. */
export function idsText(ids: readonly number[]): string {
  const shown = ids.length <= 16 ? ids.join(", ") : `${ids.slice(0, 12).join(", ")}, …, ${ids.slice(-3).join(", ")}`;
  return `${shown}  (${formatCount(ids.length)})`;
}

/** Stretches of sequences with their text, one row each. */
export function sourcesTable(
  rows: readonly { readonly sample: number; readonly source: SampleSource }[],
  title: string,
): MimeBundle {
  const known = rows.some(({ source }) => source.text !== undefined);
  return tableBundle({
    title,
    columns: [
      { key: "sample", align: "right" },
      { key: "dataset" },
      { key: "sequence", align: "right" },
      { key: "from token", align: "right" },
      { key: "tokens", align: "right" },
      ...(known ? [{ key: "text" }] : []),
    ],
    rows: rows.map(({ sample, source }) => ({
      sample,
      dataset: shortPrefix(source.prefix),
      sequence: source.sequence,
      "from token": source.from,
      tokens: source.tokens,
      text: source.text === undefined ? undefined : JSON.stringify(source.text.slice(0, 200)),
    })),
    ...(known ? {} : { note: "no text: the dataset has no manifest, or its tokenizer is gone" }),
  });
}

/** The last part of a path. */
export function shortPrefix(prefix: string): string {
  return prefix.split("/").at(-1) || prefix;
}
