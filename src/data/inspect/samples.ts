import { formatCount } from "../../core/units.js";
import { displayKey, type MimeBundle } from "../../view/display-contract.js";
import { factsBundle, joinBundles } from "../../view/sections.js";
import { tableBundle } from "../../view/table.js";

/** One stored sequence with its tokens and text. */
export interface SampledSequence {
  /** Number of the sequence, from 0. */
  readonly sequence: number;
  /** Where it begins in `.bin`, in bytes. */
  readonly offset: number;
  /** Token ids; the position of an id is its place in this list. */
  readonly ids: readonly number[];
  /** The decoded text, special tokens written out; undefined without a tokenizer. */
  readonly text: string | undefined;
  /** The text of each id; undefined without a tokenizer. */
  readonly pieces: readonly string[] | undefined;
}

/**
 * Sequences of a dataset to look at; `items` holds the numbers.
 *
 * @example
 * const data = await openDataset("dataset/wiki");
 * const { items } = await data.sample(3);
 */
export class DatasetSamples {
  readonly items: readonly SampledSequence[];
  /** Sequences in the whole dataset. */
  readonly total: number;
  /** Why `text` is missing, if it is. */
  readonly note: string;

  constructor(items: readonly SampledSequence[], about: { readonly total: number; readonly note: string }) {
    this.items = items;
    this.total = about.total;
    this.note = about.note;
  }

  [displayKey](): MimeBundle {
    const shown = this.items.slice(0, 8);
    const hidden = this.items.length - shown.length;
    const rest = hidden > 0 ? [factsBundle(`⋮ ${hidden} more sequences in .items`, [])] : [];
    return joinBundles([...shown.flatMap((item) => this.#bundles(item)), ...rest]);
  }

  #bundles(item: SampledSequence): readonly MimeBundle[] {
    const { sequence, offset, ids, text, pieces } = item;
    const facts = factsBundle(`Sequence ${formatCount(sequence)} of ${formatCount(this.total)}`, [
      ["tokens", formatCount(ids.length)],
      ["in .bin", `from byte ${formatCount(offset)}`],
      ["text", text === undefined ? this.note : shortened(text)],
    ]);
    const rows = ids.slice(0, 12).map((id, position) => ({ position, id, text: visible(pieces?.[position]) }));
    const columns = [
      { key: "position", align: "right" as const },
      { key: "id", align: "right" as const },
      { key: "text", align: "left" as const },
    ];
    const note =
      ids.length > rows.length ? `the first ${rows.length} of ${formatCount(ids.length)} positions` : undefined;
    return [facts, tableBundle({ columns: pieces ? columns : columns.slice(0, 2), rows, ...(note ? { note } : {}) })];
  }
}

function shortened(text: string): string {
  const characters = Array.from(text.slice(0, 1300));
  return characters.length <= 600 ? text : `${characters.slice(0, 600).join("")}…`;
}

/** A token in quotes with its newlines spelled out, so that spaces can be seen. */
function visible(piece: string | undefined): string | undefined {
  return piece === undefined ? undefined : JSON.stringify(piece);
}
