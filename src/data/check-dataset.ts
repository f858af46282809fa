import type { Config } from "../config/config.js";
import { IssueList } from "../view/issue-list.js";

/** What is looked at of a dataset; what `prepareData`, `openDataset` and `openMindRecord` return fits. */
export interface CheckableDataset {
  readonly seqLength?: number | undefined;
  readonly vocabSize?: number | undefined;
  readonly eod?: number | undefined;
  readonly pad?: number | undefined;
}

/** Rules that have the data in view. */
const dataRules: ReadonlySet<string> = new Set([
  "sequence-length",
  "vocabulary",
  "end-of-document",
  "padding",
  "compressed-mask",
  "mindrecord",
  "special-tokens",
]);

/**
 * Holds a dataset against a configuration: vocabulary, end-of-text and fill token, sequence length; every finding with the line to type.
 * The same rules run in `config.check()` and in `planRun`. `largestId`: the largest token id that was found in the data.
 */
export function checkDataset(
  data: CheckableDataset,
  config: Config,
  { largestId }: { readonly largestId?: number | undefined } = {},
): IssueList {
  const { seqLength, vocabSize, eod, pad } = data;
  const issues = config.check({ dataset: { seqLength, vocabSize, eod, pad, largestId } });
  return IssueList.from(issues.filter(({ rule }) => dataRules.has(rule))) as IssueList;
}
