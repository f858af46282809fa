import { resolve } from "node:path";
import { FileBytes } from "../../core/bytes.js";
import { DataError } from "../../core/error.js";
import { requireFile } from "../../core/files.js";
import { formatCount } from "../../core/units.js";
import { type MegatronIndex, readMegatronIndex, tokenBytes } from "../../formats/megatron.js";
import type { Manifests } from "./derived-manifest.js";
import type { MegatronFacts } from "./megatron-files.js";
import { readManifests } from "./read-manifests.js";

/** A Megatron dataset whose files fit together. */
export interface OpenedMegatron extends MegatronFacts, Manifests {
  /** Length of all sequences, if they have the same. */
  readonly uniformLength: number | undefined;
  /** `.bin` and `.idx` together. */
  readonly bytes: number;
}

/**
 * Reads the whole index and checks it: magic, version, lengths, offsets, document ends, and the size of `.bin`.
 * Constant memory.
 * @throws FormatError MEGATRON_INDEX_INVALID, MANIFEST_INVALID; DataError DATASET_SIZE_MISMATCH; LabError FILE_MISSING.
 */
export async function openMegatron(path: string): Promise<OpenedMegatron> {
  const prefix = resolve(path);
  const idx = await FileBytes.open(`${prefix}.idx`, "index");
  try {
    const index = await readMegatronIndex(idx);
    const binBytes = await requireFile(`${prefix}.bin`, "dataset");
    if (binBytes !== index.binBytes) throw sizeMismatch(prefix, index, binBytes);
    const { sequences, documents, tokens, dtype, uniformLength } = index;
    const bytes = binBytes + idx.byteLength;
    return { prefix, sequences, documents, tokens, dtype, uniformLength, bytes, ...(await readManifests(prefix)) };
  } finally {
    await idx.close();
  }
}

function sizeMismatch(prefix: string, index: MegatronIndex, found: number): DataError {
  const { tokens, dtype, binBytes } = index;
  const sum = `${formatCount(tokens)} tokens × ${tokenBytes(dtype)} bytes = ${formatCount(binBytes)} bytes`;
  return new DataError("DATASET_SIZE_MISMATCH", `dataset ${prefix}.bin: expected ${sum}, found ${formatCount(found)}`, {
    hint: "run prepareData again, or copy both files again from their source",
    details: { file: `${prefix}.bin`, expected: index.binBytes, found },
  });
}
