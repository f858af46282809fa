import { resolve } from "node:path";
import { hasAll, requireArgument, requirePath } from "../core/arguments.js";
import { DataError, LabError } from "../core/error.js";
import { requireOptions } from "../core/options/option-names.js";
import { formatCount } from "../core/units.js";
import { jupyterHost } from "../view/display-contract.js";
import { Dataset, openDataset } from "./dataset.js";
import { writeDocuments } from "./files/write-documents.js";
import { requireFilled } from "./inspect/peek-range.js";

/** Options of `mergeDatasets`. */
export interface MergeOptions {
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/**
 * Writes one dataset with the documents of several, in that order. The bytes are those of MindFormers'
 * `IndexedDatasetBuilder.add_index`. Memory does not grow with the datasets.
 *
 * `datasets`: Dataset objects or prefixes. `output`: prefix of the new files, without `.bin` and `.idx`.
 *
 * @example
 * const data = await openDataset("dataset/wiki_text_document");
 * const both = await mergeDatasets([data, "dataset/other_text_document"], "dataset/both");
 *
 * @throws DataError DATASET_MISMATCH for different token types or tokenizers; LabError ARGUMENT_INVALID.
 */
export async function mergeDatasets(
  datasets: readonly (Dataset | string)[],
  output: string,
  options: MergeOptions = {},
): Promise<Dataset> {
  requireOptions(options, "mergeDatasets", {
    names: ["signal"],
    example: 'await mergeDatasets([a, b], "dataset/both", { signal })',
  });
  const signal = options.signal ?? jupyterHost()?.signal;
  const example = 'await mergeDatasets([a, "dataset/b_text_document"], "dataset/both")';
  requireArgument(Array.isArray(datasets) && datasets.length > 0, {
    ...{ call: "mergeDatasets, datasets", expected: "a list of datasets", found: datasets, example },
  });
  requirePath(output, "mergeDatasets, output", example);
  const parts: Dataset[] = [];
  for (const one of datasets)
    parts.push(await openDataset(hasAll(one, "prefix") ? (one as Dataset).prefix : (one as string)));
  const prefix = resolve(output.replace(/\.(bin|idx)$/, ""));
  if (parts.some((part) => part.prefix === prefix))
    throw invalid(`mergeDatasets: the output ${prefix} is one of the datasets`);
  requireSame(parts);
  const empty = parts.filter(({ documents }) => documents === 0).map((part) => part.prefix);
  if (empty.length === parts.length) requireFilled("mergeDatasets", { path: empty.join(", "), total: 0 });
  const ranges = parts.map((part) => ({ dataset: part, first: 0, end: part.documents }));
  await writeDocuments(ranges, prefix, { made: "merged", signal });
  return Dataset.open(prefix, [
    `merged from ${formatCount(parts.length)} datasets`,
    ...empty.map((path) => `${path} holds no documents`),
  ]);
}

function requireSame(parts: readonly Dataset[]): void {
  const [first] = parts as [Dataset, ...Dataset[]];
  for (const part of parts) {
    if (part.dtype !== first.dtype) throw mismatch([first, part], `tokens of type ${first.dtype}`, part.dtype);
    const [a, b] = [first, part].map(({ manifest, derived }) => (manifest ?? derived)?.tokenizer?.sha256);
    if (a !== undefined && b !== undefined && a !== b)
      throw mismatch([first, part], `the tokenizer ${a.slice(0, 12)} (sha256)`, b.slice(0, 12));
  }
}

function mismatch([first, part]: readonly [Dataset, Dataset], expected: string, found: string): DataError {
  return new DataError(
    "DATASET_MISMATCH",
    `mergeDatasets: ${part.prefix}: expected ${expected} as in ${first.prefix}, found ${found}`,
    {
      hint: "prepare both with the same tokenizer and options",
      details: { first: first.prefix, other: part.prefix },
    },
  );
}

function invalid(message: string): LabError {
  return new LabError("ARGUMENT_INVALID", message, {
    hint: 'write for example mergeDatasets([a, "dataset/b_text_document"], "dataset/both")',
  });
}
