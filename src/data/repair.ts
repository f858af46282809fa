import { basename } from "node:path";
import { requirePath } from "../core/arguments.js";
import { DataError } from "../core/error.js";
import { requireOptions } from "../core/options/option-names.js";
import { jupyterHost } from "../view/display-contract.js";
import type { DerivedManifest } from "./files/derived-manifest.js";
import type { DatasetManifest } from "./files/manifest.js";
import { readManifests } from "./files/read-manifests.js";
import { feedFile } from "./mindrecord/token-sink.js";
import type { MadeTokens, PrepareJob } from "./prepare/run.js";
import { tokenOutput } from "./prepare/token-output.js";
import { damagedFiles } from "./repair/damaged-files.js";
import { repairMegatron } from "./repair/megatron.js";
import { MindRecordRepair } from "./repair/mindrecord.js";
import { originalOptions } from "./repair/original-options.js";
import { prepareAgain } from "./repair/prepare-again.js";
import { Repair } from "./repair/report.js";

/** Options of `repairDataset`. */
export interface RepairOptions {
  /** Threads for tokenizing; default as for `prepareData`. */
  readonly workers?: number;
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/**
 * Rebuilds the damaged parts of a prepared dataset from the source in its manifest. Keeps intact files untouched.
 * Tokenizes the source again; memory does not grow with it. The manifest's checksums prove the result.
 *
 * - MindRecord: writes the damaged shards and indices again.
 * - Megatron: overwrites the byte ranges of `.bin` that differ, and writes the `.idx` again.
 *
 * `path`: prefix of a Megatron dataset, or the common name of MindRecord files. The dataset need not be readable.
 *
 * @example
 * await repairDataset("dataset/wiki_text_document");
 *
 * @throws DataError REPAIR_IMPOSSIBLE without a manifest, or if source, tokenizer, or software changed.
 */
export async function repairDataset(path: string, options: RepairOptions = {}): Promise<Repair> {
  requirePath(path, "repairDataset, path", 'await repairDataset("dataset/wiki_text_document")');
  requireOptions(options, "repairDataset", {
    names: ["workers", "signal"],
    example: "await data.repair({ workers: 2 })",
  });
  const prefix = path.replace(/\.(bin|idx|db)$/, "");
  const { manifest, derived } = await readManifests(prefix);
  if (derived)
    throw impossible(prefix, `expected a dataset made of text, found one ${derived.made} from others`, again(derived));
  if (!manifest) throw impossible(prefix, "expected a manifest that names its source, found none");
  const damaged = await damagedFiles(prefix, manifest);
  if (damaged.length === 0) return new Repair(prefix, [], Object.keys(manifest.files).length);
  if (/^\..*\.stdin$/.test(basename(manifest.input.path)))
    throw impossible(prefix, "expected a source that can be read again, found standard input");
  const signal = options.signal ?? jupyterHost()?.signal;
  const more = {
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(signal === undefined ? {} : { signal }),
  };
  let repaired: readonly string[] = [];
  await prepareAgain(
    { prefix, manifest, options: { ...originalOptions(prefix, manifest), ...more } },
    async (tokens, job) => {
      const made = { tokens, job, manifest, damaged };
      repaired = manifest.options.format === "mindrecord" ? await repairShards(made) : await repairPair(made);
    },
  );
  const left = await damagedFiles(prefix, manifest);
  if (left.length > 0) throw impossible(prefix, `made again, but ${left.join(", ")} still differ from the manifest`);
  return new Repair(prefix, repaired, Object.keys(manifest.files).length);
}

interface MadeAgain {
  readonly tokens: MadeTokens;
  readonly job: PrepareJob;
  readonly manifest: DatasetManifest;
  readonly damaged: readonly string[];
}

/** What was put right, in words. */
async function repairPair({ tokens, job, manifest, damaged }: MadeAgain): Promise<readonly string[]> {
  const { prefix } = job.request;
  if (tokens.bin.sha256 !== manifest.files.bin?.sha256)
    throw impossible(prefix, "its rebuilt tokens differ from the manifest's");
  return repairMegatron({ prefix, damaged, tokens, store: job.store });
}

async function repairShards({ tokens, job, manifest, damaged }: MadeAgain): Promise<readonly string[]> {
  const { dtype, seqLength, signal } = job.request;
  const folder = await job.store.emptyRows();
  const sink = await MindRecordRepair.create({ ...tokenOutput(job.request, job.tokenizer), folder }, manifest, damaged);
  try {
    const { bytes } = tokens.bin;
    await feedFile(sink, job.store.file("tokens"), { bytes, dtype, length: seqLength + 1, signal });
    await sink.complete();
    await sink.publish();
  } finally {
    await sink.discard();
  }
  return sink.repaired;
}

function again({ made, sources }: DerivedManifest): string {
  const from = JSON.stringify(sources.map((source) => source.prefix));
  return made === "merged" ? `run mergeDatasets(${from}, …) again` : `run splitDataset again with ${from}`;
}

function impossible(
  prefix: string,
  found: string,
  hint = "run prepareData again with the original options",
): DataError {
  return new DataError("REPAIR_IMPOSSIBLE", `dataset ${prefix}: ${found}`, {
    hint,
    details: { prefix },
  });
}
