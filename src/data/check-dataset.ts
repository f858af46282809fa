import type { Config } from "../config/config.js";
import type { Issue } from "../core/error.js";
import { issueList } from "../view/issue-list.js";
import type { ShownList } from "../view/shown-list.js";

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
  "eod-token",
  "padding",
  "compressed-mask",
  "mindrecord",
  "special-tokens",
]);

/**
 * Compares a dataset with a configuration: vocabulary, end-of-text and fill token, sequence length. Every finding has
 * the line to type. The same rules run in `config.check()` and in `planRun`.
 *
 * `largestId`: the largest token id that was found in the data.
 *
 * @example
 * const data = await openDataset("dataset/wiki_text_document");
 * const issues = checkDataset(data, await openConfig("pretrain_deepseek3_tiny_cpu"));
 */
export function checkDataset(
  data: CheckableDataset,
  config: Config,
  { largestId }: { readonly largestId?: number | undefined } = {},
): ShownList<Issue> {
  const { seqLength, vocabSize, eod, pad } = data;
  const issues = config.check({ dataset: { seqLength, vocabSize, eod, pad, largestId } });
  return issueList(issues.filter(({ rule }) => dataRules.has(rule)));
}
