import { dirname, join } from "node:path";
import { DataError } from "../core/error.js";
import { jupyterHost } from "../view/display-contract.js";
import { type DatasetManifest, fileSha256, readManifest } from "./manifest.js";
import { MegatronRepair } from "./megatron-repair.js";
import { MindRecordRepair } from "./mindrecord-repair.js";
import { prepareAgain } from "./prepare.js";
import { type PrepareMindRecordOptions, type PrepareOptions, prefixSuffix } from "./prepare-options.js";
import { Repair } from "./repair-report.js";

export interface RepairOptions {
  /** Threads for tokenizing; default as for `prepareData`. */
  readonly workers?: number;
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/** Part of a repair that writes; how depends on the format. */
export interface RepairSink {
  /** What was put right, in words, after the sink has been published. */
  readonly repaired: readonly string[];
}

/**
 * Makes the damaged parts of a prepared dataset again from its source, which the manifest names: of a MindRecord dataset the damaged shards
 * and indices, of a Megatron dataset the byte ranges of `.bin` that differ, and the `.idx`. Intact files are not touched. Ends with the
 * proof: the checksums are those of the manifest. The source is tokenized once more, in memory that does not grow with it.
 * `path`: prefix of a Megatron dataset, or path of MindRecord files (the common name); the dataset need not be readable.
 * @throws DataError REPAIR_IMPOSSIBLE if there is no manifest, or if source, tokenizer or software have changed.
 */
export async function repairDataset(path: string, options: RepairOptions = {}): Promise<Repair> {
  const prefix = path.replace(/\.(bin|idx|db)$/, "");
  const manifest = await readManifest(prefix);
  if (!manifest) throw impossible(prefix, "expected a manifest that names its source, found none");
  const damaged = await damagedFiles(prefix, manifest);
  if (damaged.length === 0) return new Repair(prefix, [], Object.keys(manifest.files).length);
  const signal = options.signal ?? jupyterHost()?.signal;
  const more = {
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(signal === undefined ? {} : { signal }),
  };
  let sink: RepairSink | undefined;
  await prepareAgain(manifest, { ...optionsOf(prefix, manifest), ...more }, async (output) => {
    const made =
      output.format === "mindrecord"
        ? await MindRecordRepair.create(output, manifest, damaged)
        : await MegatronRepair.create(output, damaged);
    sink = made;
    return made;
  });
  const left = await damagedFiles(prefix, manifest);
  if (left.length > 0) throw impossible(prefix, `made again, but ${left.join(", ")} still differ from the manifest`);
  return new Repair(prefix, sink?.repaired ?? [], Object.keys(manifest.files).length);
}

/** The call that made the dataset. */
function optionsOf(prefix: string, manifest: DatasetManifest): PrepareOptions | PrepareMindRecordOptions {
  const { tokenizer, input, options } = manifest;
  const { before, after, bosId, eosId, padId } = tokenizer;
  const shared = {
    input: input.path,
    tokenizer: tokenizer.path,
    seqLength: options.seqLength,
    mode: options.mode,
    addBos: bosId !== undefined && before.includes(bosId),
    appendEod: eosId !== undefined && after.includes(eosId),
    ...(padId === undefined ? {} : { padToken: padId }),
  };
  if (options.format !== "mindrecord") return { ...shared, output: prefix.slice(0, -prefixSuffix.length) };
  const columns = (options.columns ?? []) as readonly ("input_ids" | "labels")[];
  return { ...shared, output: prefix, format: "mindrecord", shards: options.shards ?? 1, columns };
}

/** Names of the files that are missing or have other bytes than the manifest says. */
export async function damagedFiles(prefix: string, { files }: DatasetManifest): Promise<string[]> {
  const damaged: string[] = [];
  for (const { path, sha256 } of Object.values(files)) {
    const found = await fileSha256(join(dirname(prefix), path)).catch(() => undefined);
    if (found !== sha256) damaged.push(path);
  }
  return damaged;
}

function impossible(prefix: string, found: string): DataError {
  return new DataError("REPAIR_IMPOSSIBLE", `dataset ${prefix}: ${found}`, {
    hint: "run prepareData again with the original options",
    details: { prefix },
  });
}
