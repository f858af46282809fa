import type { DatasetManifest } from "../files/manifest.js";
import type { PrepareMindRecordOptions, PrepareOptions } from "../prepare/options.js";
import type { InputFormat } from "../text/input/files.js";

/** The options of the call that made the dataset. */
export function originalOptions(prefix: string, manifest: DatasetManifest): PrepareOptions | PrepareMindRecordOptions {
  const { tokenizer, input, inputs, options } = manifest;
  const { before, after, bosId, eosId, padId, eodId } = tokenizer;
  const { inputFormats = ["wikitext"], documentSeparator, jsonKey, encodingErrors, onBadLines } = options;
  const shared = {
    input: inputs?.map(({ path }) => path) ?? input.path,
    output: prefix,
    tokenizer: tokenizer.path,
    // Several formats were told from the files' endings.
    ...(inputFormats.length === 1 ? { inputFormat: inputFormats[0] as InputFormat } : {}),
    ...(documentSeparator === undefined ? {} : { documentSeparator }),
    ...(jsonKey === undefined ? {} : { jsonKeys: [jsonKey] }),
    ...(encodingErrors === undefined ? {} : { encodingErrors }),
    ...(onBadLines === undefined ? {} : { onBadLines, badLineLimit: Number.MAX_SAFE_INTEGER }),
    addBos: bosId !== undefined && before.includes(bosId),
    addEos: eosId !== undefined && after.includes(eosId),
    appendEod: eodId !== undefined,
    ...(padId === undefined ? {} : { padToken: padId }),
  };
  const { mode, dtype = "int32", seqLength } = options;
  if (options.format !== "mindrecord")
    return { ...shared, mode, dtype, ...(seqLength === undefined ? {} : { seqLength }) };
  const columns = (options.columns ?? []) as readonly ("input_ids" | "labels")[];
  const rows = { mode: mode as "stitch" | "pad", seqLength: seqLength ?? 0, shards: options.shards ?? 1, columns };
  return { ...shared, ...rows, format: "mindrecord" };
}
