import { resolve } from "node:path";
import { hasAll, requireObject, requirePath } from "../core/arguments.js";
import { LabError } from "../core/error.js";
import { requireKnownNames } from "../core/options/option-names.js";
import { formatCount } from "../core/units.js";
import { jupyterHost } from "../view/display-contract.js";
import { Dataset, openDataset } from "./dataset.js";
import { writeDocuments } from "./files/write-documents.js";
import { requireFilled } from "./inspect/peek-range.js";

/** Options of `splitDataset`: either `shares` or `documents`. */
export interface SplitOptions {
  /** Name of a part → its share of the documents: `{ train: 0.98, valid: 0.02 }`. Shares are divided by their sum. */
  readonly shares?: Readonly<Record<string, number>>;
  /** Name of a part → number of documents; the rest is in no part. */
  readonly documents?: Readonly<Record<string, number>>;
  /** Prefix of the new files: `<output>_<name>`. */
  readonly output: string;
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/**
 * Divides a dataset into parts of whole documents, in their order. The same call always writes the same files;
 * merging the parts gives the dataset again. With shares, part k ends at the rounded sum of the shares up to it, so
 * that every document is in one part.
 *
 * @example
 * const shares = { train: 0.98, valid: 0.02 };
 * const { train, valid } = await splitDataset("dataset/wiki_text_document", { shares, output: "dataset/wiki" });
 *
 * @throws LabError ARGUMENT_INVALID for impossible shares or numbers.
 */
export async function splitDataset(dataset: Dataset | string, options: SplitOptions): Promise<Record<string, Dataset>> {
  const example = 'await splitDataset(data, { shares: { train: 0.98, valid: 0.02 }, output: "dataset/wiki" })';
  requireObject(options, "splitDataset, options", example);
  requireKnownNames(options, "splitDataset", ["shares", "documents", "output", "signal"]);
  const signal = options.signal ?? jupyterHost()?.signal;
  const isDataset = hasAll(dataset, "prefix");
  if (!isDataset) requirePath(dataset, "splitDataset, dataset", example);
  const source = await openDataset(isDataset ? (dataset as Dataset).prefix : (dataset as string));
  requireFilled("splitDataset", { path: source.prefix, total: source.documents });
  const ends = partEnds(source, options);
  const made: Record<string, Dataset> = {};
  let first = 0;
  for (const [name, end] of ends) {
    const prefix = resolve(`${options.output}_${name}`);
    if (prefix === source.prefix) throw invalid(`the part ${name} would replace the dataset itself`);
    const note = `documents ${formatCount(first)} to ${formatCount(end - 1)} of ${source.prefix}`;
    await writeDocuments([{ dataset: source, first, end }], prefix, { made: "split", signal });
    made[name] = await Dataset.open(prefix, [note]);
    first = end;
  }
  return made;
}

function partEnds({ documents }: Dataset, options: SplitOptions): (readonly [name: string, end: number])[] {
  const { shares, documents: counts, output } = options;
  const given = shares ?? counts;
  if (
    typeof output !== "string" ||
    output === "" ||
    (shares === undefined) === (counts === undefined) ||
    given === undefined
  )
    throw invalid("expected an output prefix and either shares or documents");
  const parts = Object.entries(given);
  const bad = parts.find(
    ([name, size]) =>
      !/^[\w.-]+$/.test(name) || !(size > 0) || !Number.isFinite(size) || (counts && !Number.isInteger(size)),
  );
  if (parts.length === 0 || bad)
    throw invalid(
      `expected names and ${counts ? "whole " : ""}numbers above 0, found ${bad ? `${bad[0]}: ${bad[1]}` : "none"}`,
    );
  const sum = parts.reduce((total, [, size]) => total + size, 0);
  if (counts && sum > documents)
    throw invalid(`expected at most ${formatCount(documents)} documents, found ${formatCount(sum)}`);
  let reached = 0;
  let before = 0;
  return parts.map(([name, size], i) => {
    reached += size;
    const end = counts ? reached : i === parts.length - 1 ? documents : Math.round((documents * reached) / sum);
    if (end === before)
      throw invalid(`the part ${name} would have no document: ${formatCount(documents)} documents in all`);
    before = end;
    return [name, end] as const;
  });
}

function invalid(found: string): LabError {
  return new LabError("ARGUMENT_INVALID", `splitDataset: ${found}`, {
    hint: 'write for example splitDataset(data, { shares: { train: 0.98, valid: 0.02 }, output: "dataset/wiki" })',
  });
}
