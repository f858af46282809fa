import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { throwIfCancelled } from "../core/cancel.js";
import { DataError, LabError } from "../core/error.js";
import { ensureWritableFolder, writeFileAtomic } from "../core/files.js";
import { removeAbandonedOf } from "../core/temporary-files.js";
import { formatCount } from "../core/units.js";
import { jupyterHost } from "../view/display-contract.js";
import { Dataset, openDataset } from "./dataset.js";
import { commonOrigin, type DerivedManifest, type DerivedSource } from "./files/derived-manifest.js";
import { encodeIndexParts, IndexParts } from "./files/index-parts.js";
import { manifestPath } from "./files/manifest.js";
import { removeStaleIndices } from "./files/stale-indices.js";
import { UnfinishedFile } from "./files/unfinished-file.js";

export interface MergeOptions {
  /** Default: the signal of the cell that runs. */
  readonly signal?: AbortSignal;
}

/**
 * One dataset of several, one after the other: byte for byte what MindFormers' `IndexedDatasetBuilder.add_index` gives for the same order.
 * `output`: the prefix of the new files, without `.bin` and `.idx`. Datasets are given as objects or as prefixes. Memory does not grow with
 * them.
 * @throws DataError DATASET_MISMATCH for tokens of different types or of different tokenizers; LabError ARGUMENT_INVALID.
 */
export async function mergeDatasets(
  datasets: readonly (Dataset | string)[],
  output: string,
  options: MergeOptions = {},
): Promise<Dataset> {
  const signal = options.signal ?? jupyterHost()?.signal;
  if (!Array.isArray(datasets) || datasets.length === 0 || typeof output !== "string" || output === "")
    throw invalid(
      `mergeDatasets: expected a list of datasets and an output prefix, found ${datasets?.length ?? 0} datasets`,
    );
  const parts: Dataset[] = [];
  for (const one of datasets)
    parts.push(typeof one === "string" ? await openDataset(one) : await openDataset(one.prefix));
  const prefix = resolve(output.replace(/\.(bin|idx)$/, ""));
  if (parts.some((part) => part.prefix === prefix))
    throw invalid(`mergeDatasets: the output ${prefix} is one of the datasets`);
  requireSame(parts);
  const ranges = parts.map((part) => ({ dataset: part, first: 0, end: part.documents }));
  const note = `merged from ${formatCount(parts.length)} datasets`;
  return writeDocuments(ranges, prefix, { made: "merged", signal, note });
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

/** Documents `first` (inclusive) to `end` (exclusive) of a dataset. */
export interface DocumentRange {
  readonly dataset: Dataset;
  readonly first: number;
  readonly end: number;
}

export interface WriteDocumentsOptions {
  readonly made: DerivedManifest["made"];
  readonly signal: AbortSignal | undefined;
  readonly note: string;
}

const copyBytes = 4 * 1024 * 1024;

/**
 * Writes documents of one or several datasets to a new one, in that order. Both files get their names together at the end; the manifest,
 * which says what it was made of, comes last. What a killed call has left of the same files is removed first.
 */
export async function writeDocuments(
  ranges: readonly DocumentRange[],
  prefix: string,
  { made, signal, note }: WriteDocumentsOptions,
): Promise<Dataset> {
  await ensureWritableFolder(dirname(prefix));
  await removeAbandonedOf([`${prefix}.bin`, `${prefix}.idx`, manifestPath(prefix)]);
  const parts = await IndexParts.open(ranges);
  const bin = await UnfinishedFile.create(`${prefix}.bin`);
  try {
    const idx = await UnfinishedFile.create(`${prefix}.idx`);
    try {
      const copied = await copyTokens(parts, bin, signal);
      let at = 0;
      for await (const block of encodeIndexParts(parts)) {
        throwIfCancelled(signal, "writing a dataset");
        await idx.write(block, at);
        at += block.byteLength;
      }
      for (const file of [bin, idx]) await file.close();
      await removeStaleIndices(prefix);
      for (const path of [manifestPath(prefix), idx.path]) await rm(path, { force: true });
      const sha256 = await idx.fingerprint();
      await bin.publish();
      await idx.publish();
      const files = { bin: await bin.record(copied.sha256), idx: await idx.record(sha256) };
      await writeManifest(prefix, { made, sources: copied.sources, ...commonOrigin(parts.datasets), files });
    } finally {
      await idx.discard();
    }
  } finally {
    await bin.discard();
    await parts.close();
  }
  return Dataset.open(prefix, [note]);
}

async function writeManifest(prefix: string, about: Omit<DerivedManifest, "layout" | "created">): Promise<void> {
  const manifest: DerivedManifest = { layout: 1, created: new Date().toISOString(), ...about };
  await writeFileAtomic(manifestPath(prefix), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Checksums of what was copied: of all, and of what came from each source. */
interface Copied {
  readonly sha256: string;
  readonly sources: readonly DerivedSource[];
}

async function copyTokens(parts: IndexParts, bin: UnfinishedFile, signal: AbortSignal | undefined): Promise<Copied> {
  let position = 0;
  const all = createHash("sha256");
  const sources: DerivedSource[] = [];
  for (const { dataset, firstDocument, endDocument, byteStart, byteEnd } of parts.ranges) {
    const own = createHash("sha256");
    const file = await open(`${dataset.prefix}.bin`, "r");
    try {
      const buffer = new Uint8Array(copyBytes);
      for (let at = byteStart; at < byteEnd; ) {
        throwIfCancelled(signal, "writing a dataset");
        const { bytesRead } = await file.read(buffer, 0, Math.min(copyBytes, byteEnd - at), at);
        if (bytesRead === 0) throw new RangeError(`${dataset.prefix}.bin ends at ${at}`);
        const data = buffer.subarray(0, bytesRead);
        await bin.write(data, position);
        for (const hash of [all, own]) hash.update(data);
        at += bytesRead;
        position += bytesRead;
      }
    } finally {
      await file.close();
    }
    const { prefix } = dataset;
    const bytes = byteEnd - byteStart;
    sources.push({ prefix, first: firstDocument, end: endDocument, bytes, sha256: own.digest("hex") });
  }
  return { sha256: all.digest("hex"), sources };
}
