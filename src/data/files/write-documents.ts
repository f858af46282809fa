import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { throwIfCancelled } from "../../core/cancel.js";
import { ensureWritableFolder, writeFileAtomic } from "../../core/files.js";
import { removeAbandonedOf } from "../../core/liveness/temporary-files.js";
import { commonOrigin, type DerivedManifest, type DerivedSource } from "./derived-manifest.js";
import { type DocumentRange, encodeIndexParts, IndexParts } from "./index-parts.js";
import { manifestPath } from "./manifest.js";
import { removeStaleIndices } from "./stale-indices.js";
import { UnfinishedFile } from "./unfinished-file.js";

export interface WriteDocumentsOptions {
  readonly made: DerivedManifest["made"];
  readonly signal: AbortSignal | undefined;
}

const copyBytes = 4 * 1024 * 1024;

/**
 * Writes documents of one or several datasets to a new one, in that order. Both files get their names together at the
 * end; the manifest, which says what it was made of, comes last. What a killed call has left of the same files is
 * removed first.
 */
export async function writeDocuments(
  ranges: readonly DocumentRange[],
  prefix: string,
  { made, signal }: WriteDocumentsOptions,
): Promise<void> {
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
