import type { Config } from "../config/config.js";
import { hasAll, requireArgument } from "../core/arguments.js";
import type { Issue } from "../core/error.js";
import { requireOptions } from "../core/options/option-names.js";
import { issueList } from "../view/issue-list.js";
import type { ShownList } from "../view/shown-list.js";

/**
 * The facts of a dataset that `checkDataset` compares; `prepareData`, `openDataset`, and `openMindRecord` return
 * them.
 */
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
 * Compares a dataset with a configuration: vocabulary, end-of-text and padding token, sequence length. Every finding
 * has a hint to type. The same rules run in `config.check()` and in `planRun`.
 *
 * `largestId`: the largest token id in the data, if you know it.
 *
 * @example
 * const data = await openDataset("dataset/wiki_text_document");
 * const issues = checkDataset(data, await openConfig("pretrain_deepseek3_tiny_cpu"));
 */
export function checkDataset(
  data: CheckableDataset,
  config: Config,
  options: { readonly largestId?: number | undefined } = {},
): ShownList<Issue> {
  const example = "checkDataset(data, config)";
  const isData = ["seqLength", "vocabSize", "eod", "pad"].some((name) => hasAll(data, name));
  requireArgument(isData, { call: "checkDataset, data", expected: "a dataset", found: data, example });
  const isConfig = hasAll(config, "check");
  requireArgument(isConfig, { call: "checkDataset, config", expected: "a configuration", found: config, example });
  requireOptions(options, "checkDataset", {
    names: ["largestId"],
    example: "checkDataset(data, config, { largestId: 50000 })",
  });
  const { largestId } = options;
  const { seqLength, vocabSize, eod, pad } = data;
  const issues = config.check({ dataset: { seqLength, vocabSize, eod, pad, largestId } });
  return issueList(issues.filter(({ rule }) => dataRules.has(rule)));
}
