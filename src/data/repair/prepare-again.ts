import { DataError } from "../../core/error.js";
import { openProgress } from "../../view/show.js";
import { type DatasetManifest, manifestChanges } from "../files/manifest.js";
import { checkPrepareOptions } from "../prepare/check-options.js";
import { inputFiles, inputRecords, totalBytes } from "../prepare/input.js";
import { causeOf, hashesOf, jobIdentity, makeOnce, progressOf, sizeUnit, withStore } from "../prepare/job.js";
import type { PrepareMindRecordOptions, PrepareOptions } from "../prepare/options.js";
import { type MadeTokens, makeTokens, type PrepareJob } from "../prepare/run.js";
import { PrepareStore } from "../prepare/store.js";
import { openTokenizer } from "../tokenize/tokenizer.js";

export interface Again {
  /** Prefix or path of the dataset that is there. */
  readonly prefix: string;
  readonly manifest: DatasetManifest;
  /** The call that made it. */
  readonly options: PrepareOptions | PrepareMindRecordOptions;
}

/**
 * Tokenizes the input of a manifest once more, into a store of its own, and gives the tokens to `use`. Throws
 * REPAIR_IMPOSSIBLE if the input, the tokenizer or the software are not what they were; `use` has not been called
 * then.
 */
export async function prepareAgain(
  { prefix, manifest, options }: Again,
  use: (tokens: MadeTokens, job: PrepareJob) => Promise<void>,
): Promise<void> {
  const [first] = checkPrepareOptions(options);
  const request = { ...(first as NonNullable<typeof first>), prefix };
  const found = await inputFiles(request);
  const tokenizer = await openTokenizer(request.tokenizer, request.special);
  const preparing = { request, ...found, tokenizer };
  const causeWith = causeOf(preparing);
  const changes = manifestChanges(manifest, causeWith(inputRecords(found.files, await hashesOf(preparing))));
  if (changes.length > 0) throw sourceChanged(prefix, changes);
  const store = new PrepareStore(`${prefix}.repair`);
  const { total, unit } = sizeUnit(totalBytes(found.files));
  const progress = openProgress({ title: "repairing", total, unit });
  try {
    await withStore(store, async () => {
      await store.begin(jobIdentity(preparing, causeWith));
      const job = { ...preparing, store, causeWith, nativeOnly: false, progress: progressOf(found.files, progress) };
      await use(await makeOnce(job, makeTokens), job);
    });
    progress.finish(`made again: ${manifest.input.path}`);
  } catch (error) {
    progress.finish("repairing: not finished");
    throw error;
  }
}

function sourceChanged(prefix: string, changes: readonly string[]): DataError {
  return new DataError(
    "REPAIR_IMPOSSIBLE",
    `dataset ${prefix}: expected the source that it was made from, found changes: ${changes.join(", ")}`,
    {
      hint: "run prepareData again: it makes the dataset again from the current source",
      details: { prefix, changes },
    },
  );
}
